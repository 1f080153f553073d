//! Opens spans of OpenTelemetry's global tracer provider, which a program may use instead of a provider of this crate.
//! Such a span has ids of that provider.

use opentelemetry::Context;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span as _, TraceContextExt};

use super::global_span::start;
use super::listeners;
use super::opening::{Fill, Parent, fill_in};
use super::pending::State;
use super::recorded_span::RecordedSpan;
use super::recording::{Recording, context_is_alive};
use crate::callsite::CallSite;
use crate::clock::Ticks;

/// Opens a span of the global provider below `parent`, and returns its context; `None` if there is no such provider, or
/// it is not used.
pub(super) fn open(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Option<(Context, Option<Box<Recording>>)> {
    if !listeners::is_foreign() || !context_is_alive() {
        return None;
    }
    let above = parent.map(Context::clone);
    if above.is_telemetry_suppressed() {
        return None;
    }
    let mut recording = Recording::new();
    recording.open_as(State::NoSpan);
    recording.record.head.callsite = callsite;
    let is_function = callsite.is_some_and(CallSite::is_function);
    let fill_now = |recording| match fill {
        Some(fill) => fill_in(recording, fill),
        None => recording,
    };
    if !is_function {
        // Sets the name, the kind and the scope, too.
        recording = fill_now(recording);
    }
    let Some(span) = start(&mut recording.record, &above) else {
        recording.discard();
        return None;
    };
    let context = span.span_context().clone();
    if !span.is_recording() {
        recording.discard();
        let is_span = context.is_valid();
        return is_span.then(|| (above.with_remote_span_context(context), None));
    }
    record_into(&mut recording, span);
    if is_function {
        recording = fill_now(recording);
    }
    let cx = above.with_span(RecordedSpan::fixed(context, recording.handle()));
    recording.context = Some(cx.clone());
    Some((cx, Some(recording)))
}

/// Opens a span of the global provider for a tracer of this crate, below `parent`. `None` if there is no such
/// provider, or it is not used. `fill` sets the name, the kind and the scope.
pub(super) fn open_of_tracer(
    parent: &Context,
    fill: impl FnOnce(&mut Recording),
) -> Option<RecordedSpan> {
    if !listeners::is_foreign() || !context_is_alive() || parent.is_telemetry_suppressed() {
        return None;
    }
    let mut recording = Recording::new();
    recording.open_as(State::NoSpan);
    fill(&mut recording);
    let Some(span) = start(&mut recording.record, parent) else {
        recording.discard();
        return None;
    };
    let context = span.span_context().clone();
    if !span.is_recording() {
        recording.discard();
        return Some(RecordedSpan::non_recording(context));
    }
    record_into(&mut recording, span);
    recording.context = Some(parent.clone());
    Some(RecordedSpan::owned(context, recording))
}

/// Gives the recording the ids of the span, which gets its data at the end.
fn record_into(recording: &mut Recording, span: BoxedSpan) {
    let context = span.span_context();
    let head = &mut recording.record.head;
    head.trace_id = context.trace_id();
    head.span_id = context.span_id();
    head.flags = context.trace_flags();
    head.start = Ticks::now();
    recording.foreign = Some(Box::new(span));
}
