//! Opening a span: decide, let its attributes be filled in, put it into a `Context`.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope};

use super::alive::context_is_alive;
use super::buffer;
use super::opening::{Fill, Opening, fill_in};
use super::parent::{self, Parent};
use super::record::{Origin, SpanRecord};
use super::sampling::{self, Decision, Start};
use super::span::RecordedSpan;
use crate::callsite::CallSite;
use crate::clock::Moment;

/// A span that is about to be run.
#[derive(Debug)]
pub struct OpenSpan(pub(super) State);

#[derive(Debug)]
pub(super) enum State {
    /// No span: the body runs as it was written.
    Off,
    /// A root that sampling left out. The body runs with a context that says so.
    LeftOut(Context),
    /// The body runs with the span in its context.
    Recording(Context),
}

/// Opens the span of a call site with what `fill` writes to it, which runs only if the span is
/// recorded. It is a trait object so that there is one copy of this code, and not one for each
/// annotated function.
#[inline]
pub fn enter(callsite: &'static CallSite, fill: Fill<'_>) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent::current(), Some(fill))
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
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent(), Some(fill))
}

/// Opens the span of a call site that has nothing to say.
#[inline]
pub fn enter_plain(callsite: &'static CallSite) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent::current(), None)
}

/// Opens a span that has no call site.
pub(super) fn enter_here(
    name: Cow<'static, str>,
    location: &'static Location<'static>,
) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    let mut name = Some(name);
    open(
        Origin::Here(location),
        &parent::current(),
        Some(&mut |opening| opening.0.name = name.take()),
    )
}

/// Opens a span in an instrumentation scope.
pub(super) fn enter_in(scope: &Arc<InstrumentationScope>, fill: Fill<'_>) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    open(
        Origin::Scope(Arc::clone(scope)),
        &parent::current(),
        Some(fill),
    )
}

#[inline(never)]
pub(super) fn open(origin: Origin, parent: &Parent, fill: Option<Fill<'_>>) -> OpenSpan {
    if !context_is_alive() {
        return OpenSpan(State::Off);
    }
    match parent.map(sampling::decide) {
        Decision::Skip => OpenSpan(parent.given().map_or(State::Off, State::LeftOut)),
        Decision::LeaveOut(context) => OpenSpan(State::LeftOut(
            parent.map(|cx| cx.with_remote_span_context(context)),
        )),
        Decision::Record(from) => {
            let mut opening = Opening(blank(&from, origin, Moment::now()));
            if let Some(fill) = fill {
                fill_in(&mut opening, fill);
            }
            let span = RecordedSpan::recording(opening.0, from.context);
            OpenSpan(State::Recording(parent.map(|cx| cx.with_span(span))))
        }
    }
}

/// A record that knows where it comes from and what is above it.
pub(super) fn blank(from: &Start, origin: Origin, start: Moment) -> Box<SpanRecord> {
    let mut record = buffer::blank();
    record.kind = match &origin {
        Origin::CallSite(callsite) => callsite.kind().clone(),
        Origin::Nowhere | Origin::Here(_) | Origin::Scope(_) => SpanKind::Internal,
    };
    record.context = from.context.clone();
    record.parent = from.parent;
    record.parent_is_remote = from.parent_is_remote;
    record.identity.clone_from(&from.identity);
    record.origin = origin;
    #[cfg(feature = "testing")]
    {
        record.capture = from.capture;
    }
    record.start = start;
    record
}
