//! What there is of a span while a body runs.

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};

use super::recording::Recording;
use super::span::RecordedSpan;

/// A span that is about to be run, and current already.
#[derive(Debug)]
pub struct OpenSpan {
    pub(super) state: State,
    pub(super) attached: Option<ContextGuard>,
}

#[derive(Debug)]
pub(super) enum State {
    /// No span: the body runs as it was written.
    Off,
    /// A root that sampling left out. The body runs with a context that says so, in a box, so that a
    /// state is two registers: in memory it would be read in one piece right after it was written in
    /// two, which waits.
    NotSampled(Box<Context>),
    /// The body runs with the span in its context.
    Recording(Box<Recording>),
}

impl OpenSpan {
    pub(super) const OFF: Self = Self {
        state: State::Off,
        attached: None,
    };

    pub(super) fn not_sampled(cx: Context) -> Self {
        Self {
            attached: Some(cx.clone().attach()),
            state: State::NotSampled(Box::new(cx)),
        }
    }

    /// What is to be ended, not current any more.
    #[inline]
    pub(super) fn recording(mut self) -> Option<Box<Recording>> {
        // In its place: to move the guard would read in one piece what was written in two.
        self.attached = None;
        self.state.recording()
    }

    /// The span, not current any more, which will be current again.
    pub(super) fn for_later(mut self) -> State {
        self.state.keep();
        self.state
    }
}

impl State {
    /// Makes the span current for a while.
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        match self {
            Self::Off => None,
            Self::NotSampled(cx) => Some(Context::clone(cx).attach()),
            Self::Recording(recording) => recording.context.clone().map(Context::attach),
        }
    }

    /// Keeps the context of a span that is to be current again later. It is still current now, unless
    /// the user's code has left one of its own in front. A call that is measured has kept its own.
    #[inline]
    pub(super) fn keep(&mut self) {
        if let Self::Recording(recording) = self
            && recording.context.is_none()
            && !recording.record.is_measured()
        {
            let own = recording.record.head.span_id;
            let context = Context::map_current(|cx| {
                if cx.span().span_context().span_id() == own {
                    cx.clone()
                } else {
                    cx.with_span(RecordedSpan::of_call(recording))
                }
            });
            recording.context = Some(context);
        }
    }

    /// Whether there is anything to make current.
    #[inline]
    pub(super) const fn has_context(&self) -> bool {
        match self {
            Self::Off => false,
            Self::NotSampled(_) => true,
            Self::Recording(recording) => recording.context.is_some(),
        }
    }

    /// What is to be ended.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::NotSampled(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}
