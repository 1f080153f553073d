//! The state of a call or a future while its body runs.

use std::mem::{self, ManuallyDrop};

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};

use super::recording::Recording;
use super::span::RecordedSpan;

/// A span that has been opened and is current; its body has not run yet.
#[derive(Debug)]
pub struct OpenSpan {
    pub(super) state: State,
    pub(super) attached: Option<ContextGuard>,
}

/// An [`OpenSpan`] that the function that runs the body ends explicitly. It has no destructor, so the
/// compiler reserves no stack for moving it and for whether it has been moved.
pub type Opened = ManuallyDrop<OpenSpan>;

#[derive(Debug)]
pub(super) enum State {
    /// No span and no context: the body runs unchanged.
    Off,
    /// No span, but a context that is current while the body runs: that of a span that is not sampled,
    /// or an explicit parent. The [`OpenSpan`] has attached it, and a body that runs once needs nothing
    /// else.
    Attached,
    /// Such a context, to be attached again. It is boxed so that a state fits into two registers; in
    /// memory, one load right after two stores would stall.
    NotSampled(Box<Context>),
    /// The body runs in a span.
    Recording(Box<Recording>),
}

impl OpenSpan {
    pub(super) const OFF: Self = Self {
        state: State::Off,
        attached: None,
    };

    #[inline]
    pub(super) fn not_sampled(cx: Context) -> Self {
        Self {
            attached: Some(cx.attach()),
            state: State::Attached,
        }
    }

    /// A span that is not recorded, in its own place.
    pub(super) const OPENED_OFF: Opened = ManuallyDrop::new(Self::OFF);

    /// Whether there is neither a span nor a context. The caller does not dereference, for which an
    /// unoptimized build would reserve stack.
    #[inline]
    pub(super) fn is_off(opened: &Opened) -> bool {
        matches!(opened.state, State::Off)
    }

    /// Detaches the span and returns the recording, which the caller ends.
    #[inline]
    pub(super) fn recording(&mut self) -> Option<Box<Recording>> {
        // Dropped in place: moving the guard would load it right after it was stored in two parts, which
        // stalls.
        self.attached = None;
        mem::replace(&mut self.state, State::Off).recording()
    }

    /// Detaches the span and stores its context, so that it can be attached again.
    pub(super) fn detach(&mut self) -> State {
        self.state.store_context();
        self.attached = None;
        mem::replace(&mut self.state, State::Off)
    }
}

impl State {
    /// Makes the context current until the guard is dropped.
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        match self {
            Self::Off | Self::Attached => None,
            Self::NotSampled(cx) => Some(Context::clone(cx).attach()),
            Self::Recording(recording) => recording.context.clone().map(Context::attach),
        }
    }

    /// Stores the context that will be attached again. It is current, unless the user's code has attached
    /// another one and not detached it: a span that is recorded is then added to that context. That of a
    /// measured call is already stored.
    #[inline]
    pub(super) fn store_context(&mut self) {
        if matches!(self, Self::Attached) {
            *self = Self::NotSampled(Box::new(Context::current()));
        } else if let Self::Recording(recording) = self
            && recording.context.is_none()
            && !recording.record.is_measured()
        {
            let span_id = recording.record.head.span_id;
            let context = Context::map_current(|cx| {
                if cx.span().span_context().span_id() == span_id {
                    cx.clone()
                } else {
                    cx.with_span(RecordedSpan::of_call(recording))
                }
            });
            recording.context = Some(context);
        }
    }

    /// Whether there is a context to attach.
    #[inline]
    pub(super) const fn has_context(&self) -> bool {
        match self {
            Self::Off | Self::Attached => false,
            Self::NotSampled(_) => true,
            Self::Recording(recording) => recording.context.is_some(),
        }
    }

    /// The recording, which the caller ends.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::Attached | Self::NotSampled(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}
