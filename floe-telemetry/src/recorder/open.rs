//! Opening a span: decide, let its attributes be filled in, put it into a `Context`.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, InstrumentationScope};

use super::local::{self, context_is_alive};
use super::opening::{Fill, fill_in};
use super::parent::{self, Parent};
use super::record::Origin;
use super::recording::Recording;
use super::sampling::{self, Decision};
use super::span::RecordedSpan;
use crate::callsite::CallSite;

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
    /// A root that sampling left out. The body runs with a context that says so.
    LeftOut(Context),
    /// The body runs with the span in its context.
    Recording(Box<Recording>),
}

impl OpenSpan {
    const OFF: Self = Self {
        state: State::Off,
        attached: None,
    };

    fn left_out(cx: Context) -> Self {
        Self {
            attached: Some(cx.clone().attach()),
            state: State::LeftOut(cx),
        }
    }

    /// What is to be ended, not current any more.
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        drop(self.attached);
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
            Self::LeftOut(cx) => Some(cx.clone().attach()),
            Self::Recording(recording) => recording.context.clone().map(Context::attach),
        }
    }

    /// Keeps the context of a span that is to be current again later. It is still current now, unless
    /// the user's code has left one of its own in front.
    #[inline]
    pub(super) fn keep(&mut self) {
        if let Self::Recording(recording) = self
            && recording.context.is_none()
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

    /// What is to be ended.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::LeftOut(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}

/// Opens the span of a call site with what `fill` writes to it, which runs only if the span is
/// recorded. It is a trait object so that there is one copy of this code, and not one for each
/// annotated function.
#[inline]
pub fn enter(callsite: &'static CallSite, fill: Fill<'_>) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan::OFF;
    }
    open(Some(callsite), Some(fill))
}

/// The same below `parent`, which runs only if someone listens.
#[inline]
pub fn enter_below(
    callsite: &'static CallSite,
    parent: impl FnOnce() -> Parent,
    fill: Fill<'_>,
) -> OpenSpan {
    // What the parent is made from may be the current context.
    if sampling::is_off() || !context_is_alive() {
        return OpenSpan::OFF;
    }
    open_below(&parent(), Some(callsite), Some(fill))
}

/// Opens the span of a call site that has nothing to say.
#[inline]
pub fn enter_plain(callsite: &'static CallSite) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan::OFF;
    }
    open(Some(callsite), None)
}

/// Opens a span that has no call site.
pub(super) fn enter_here(
    name: Cow<'static, str>,
    location: &'static Location<'static>,
) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan::OFF;
    }
    let mut name = Some(name);
    open(
        None,
        Some(&mut |opening| {
            let more = opening.0.record.more_mut();
            more.name = name.take();
            more.origin = Origin::Here(location);
        }),
    )
}

/// Opens a span in an instrumentation scope.
pub(super) fn enter_in(scope: &Arc<InstrumentationScope>, fill: Fill<'_>) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan::OFF;
    }
    open(
        None,
        Some(&mut |opening| {
            opening.0.record.more_mut().origin = Origin::Scope(Arc::clone(scope));
            fill(opening);
        }),
    )
}

/// Out of line, so that a function whose span nobody wants is short.
#[inline(never)]
fn open(callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> OpenSpan {
    open_below(&parent::current(), callsite, fill)
}

pub(super) fn open_below(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    let mut left_out = None;
    let decided =
        local::with(|local| parent.map(|cx| sampling::decide(cx, callsite, local, &mut left_out)));
    match (decided, left_out) {
        (Some(Decision::Record(recording)), _) => begin(recording, parent, callsite, fill),
        (Some(Decision::AskByName(recording)), _) => begin_by_name(recording, parent, fill),
        (Some(Decision::LeaveOut), Some(context)) => {
            OpenSpan::left_out(parent.map(|cx| cx.with_remote_span_context(context)))
        }
        (Some(_), _) => parent.given().map_or(OpenSpan::OFF, OpenSpan::left_out),
        // The thread is ending, and its context may be gone.
        (None, _) => OpenSpan::OFF,
    }
}

/// The name is among what is filled in, and decides.
#[cold]
fn begin_by_name(
    mut recording: Box<Recording>,
    parent: &Parent,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    if let Some(fill) = fill {
        recording = fill_in(recording, fill);
    }
    match local::with(|local| sampling::accepts(&mut recording.record, local)) {
        Some(Err(context)) => {
            recording.forget();
            OpenSpan::left_out(parent.map(|cx| cx.with_remote_span_context(context)))
        }
        _ => begin(recording, parent, None, None),
    }
}

#[inline]
fn begin(
    mut recording: Box<Recording>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    recording.record.head.callsite = callsite;
    if let Some(fill) = fill {
        recording = fill_in(recording, fill);
    }
    let cx = parent.map(|cx| cx.with_span(RecordedSpan::of_call(&recording)));
    OpenSpan {
        attached: Some(cx.attach()),
        state: State::Recording(recording),
    }
}
