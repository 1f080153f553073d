//! Opening a span: decide, let its attributes be filled in, put it into a `Context`.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::opening::{Fill, fill_in};
use super::parent::Parent;
use super::record::Head;
use super::recording::{self, Recording, context_is_alive};
use super::sampling::{self, Decision};
use super::span::RecordedSpan;
use super::state::{OpenSpan, State};
use crate::callsite::{CallSite, Scope};

/// Out of line, so that a function whose span nobody wants is short.
#[inline(never)]
pub(super) fn open(callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> OpenSpan {
    open_at(&Parent::CURRENT, callsite, fill)
}

#[inline(never)]
pub(super) fn open_below(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    open_at(parent, callsite, fill)
}

/// Opens a span that a builder describes, unless the filter excludes it.
pub(super) fn open_built(
    parent: &Parent,
    scope: Option<&'static Scope>,
    fill: Fill<'_>,
) -> OpenSpan {
    if !context_is_alive() {
        return OpenSpan::OFF;
    }
    if parent.map(|cx| sampling::is_filtered(cx, scope)) {
        return left_alone(parent);
    }
    open_at(parent, None, Some(fill))
}

#[expect(
    clippy::inline_always,
    reason = "most spans are below the current one, and there is nothing to look at then"
)]
#[inline(always)]
fn open_at(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    let mut not_sampled = None;
    // What nearly all calls come to is here, and the rest out of line.
    match decide(parent, callsite, &mut not_sampled) {
        Some(Decision::Record(recording)) => begin(recording, parent, callsite, fill),
        Some(Decision::Skip) => left_alone(parent),
        decided => open_decided(decided, not_sampled, parent, callsite, fill),
    }
}

/// The body runs below what is there already, which says that nothing is recorded.
#[inline]
fn left_alone(parent: &Parent) -> OpenSpan {
    parent.given().map_or(OpenSpan::OFF, OpenSpan::not_sampled)
}

/// The same for a span that will be current later, and is not now.
#[cfg(feature = "tracing")]
pub(super) fn open_for_later(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> State {
    let mut not_sampled = None;
    match decide(parent, callsite, &mut not_sampled) {
        Some(Decision::Record(recording)) => {
            let mut recording = filled(recording, callsite, fill);
            recording.context = below(parent, &recording);
            State::Recording(recording)
        }
        decided => open_decided(decided, not_sampled, parent, callsite, fill).for_later(),
    }
}

#[inline]
fn decide(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    not_sampled: &mut Option<Head>,
) -> Option<Decision> {
    if !context_is_alive() {
        return None;
    }
    parent.map(|cx| sampling::decide(cx, callsite, not_sampled))
}

#[inline(never)]
fn open_decided(
    decided: Option<Decision>,
    not_sampled: Option<Head>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    let not_sampled = not_sampled.map(|head| parent.map(|cx| sampling::not_sampled(&head, cx)));
    match (decided, not_sampled) {
        (Some(Decision::Record(recording)), _) => begin(recording, parent, callsite, fill),
        (Some(Decision::AskByName(recording)), _) => begin_by_name(recording, parent, fill),
        (Some(Decision::Measure(recording)), not_sampled) => {
            begin_measured(recording, parent, not_sampled, fill)
        }
        (Some(Decision::NotSampled), Some(context)) => {
            OpenSpan::not_sampled(parent.map(|cx| cx.with_remote_span_context(context)))
        }
        (Some(_), _) => left_alone(parent),
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
    match recording::with(|local| sampling::accepts(&mut recording.record, local)) {
        Some(Err(context)) if sampling::becomes_measured(&mut recording.record) => {
            begin_measured(recording, parent, Some(context), None)
        }
        Some(Err(context)) => {
            recording.forget();
            OpenSpan::not_sampled(parent.map(|cx| cx.with_remote_span_context(context)))
        }
        _ => {
            let callsite = recording.record.head.callsite;
            begin(recording, parent, callsite, None)
        }
    }
}

/// Runs a call that is measured where it would run without a span. What is no function is spoken to
/// by hand, also when it fails, so it is in the context without being a parent.
#[inline(never)]
fn begin_measured(
    mut recording: Box<Recording>,
    parent: &Parent,
    not_sampled: Option<SpanContext>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    let mut cx = match not_sampled {
        Some(context) => Some(parent.map(|cx| cx.with_remote_span_context(context))),
        None => parent.given(),
    };
    let callsite = recording.record.head.callsite;
    if !callsite.is_some_and(CallSite::is_function) {
        if let Some(fill) = fill {
            recording = fill_in(recording, fill);
        }
        let around = cx.unwrap_or_else(Context::current);
        let passed_on = around.span().span_context().clone();
        cx = Some(around.with_span(RecordedSpan::measured(passed_on, &recording)));
    }
    recording.context.clone_from(&cx);
    OpenSpan {
        attached: cx.map(Context::attach),
        state: State::Recording(recording),
    }
}

#[inline]
fn begin(
    recording: Box<Recording>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    let recording = filled(recording, callsite, fill);
    OpenSpan {
        attached: below(parent, &recording).map(Context::attach),
        state: State::Recording(recording),
    }
}

/// The span with what `fill` says.
#[inline]
fn filled(
    mut recording: Box<Recording>,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Box<Recording> {
    recording.record.head.callsite = callsite;
    match fill {
        Some(fill) => fill_in(recording, fill),
        None => recording,
    }
}

/// The context in which the span is current. It is written to where it stays: a context that was just
/// made and is moved is read in wider pieces than it was written in, which waits for the memory.
#[inline]
fn below(parent: &Parent, recording: &Recording) -> Option<Context> {
    let mut below = None;
    parent.map(|cx| below = Some(cx.with_span(RecordedSpan::of_call(recording))));
    below
}
