//! Opens spans of OpenTelemetry's global tracer provider, which a program may use instead of a provider of this crate.
//! Such a span has the ids that the global provider creates.

use opentelemetry::Context;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span as _, SpanContext, TraceContextExt};

use super::global_span::{self, start};
use super::opening::{Fill, Parent, fill_in};
use super::pending::State;
use super::record::Code;
use super::recorded_span::RecordedSpan;
use super::recording::{Methods, Recording};
use crate::callsite::CallSite;
use crate::clock::Ticks;

/// Opens a span of OpenTelemetry's global provider below `parent`, and returns its context. Returns `None` if
/// the provider starts no span.
pub(super) fn open(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Option<(Context, Option<Box<Recording>>)> {
    let above = parent.map(Context::clone);
    let is_function = callsite.is_some_and(CallSite::is_function);
    // Unless the span is a function's, `fill` also sets the name, the kind and the scope.
    let (before, after) = if is_function { (None, fill) } else { (fill, None) };
    let (context, recording) = begin(&above, callsite, |recording| fill_in(recording, before))?;
    let Some(recording) = recording else {
        let is_span = context.is_valid();
        return is_span.then(|| (above.with_remote_span_context(context), None));
    };
    let mut recording = fill_in(recording, after);
    let cx = above.with_span(RecordedSpan::fixed(context, recording.handle()));
    recording.context = Some(cx.clone());
    Some((cx, Some(recording)))
}

/// Opens a span for a tracer of this crate. `fill` sets the name, the kind and the scope.
pub(super) fn open_of_tracer(
    parent: &Context,
    fill: impl FnOnce(&mut Recording),
) -> Option<RecordedSpan> {
    let fill = |mut recording: Box<Recording>| {
        fill(&mut recording);
        recording
    };
    let (context, recording) = begin(parent, None, fill)?;
    let Some(mut recording) = recording else {
        return Some(RecordedSpan::non_recording(context));
    };
    recording.context = Some(parent.clone());
    Some(RecordedSpan::owned(context, recording))
}

/// Starts a span, and returns its ids, and its recording if the provider records it.
fn begin(
    above: &Context,
    callsite: Option<&'static CallSite>,
    fill: impl FnOnce(Box<Recording>) -> Box<Recording>,
) -> Option<(SpanContext, Option<Box<Recording>>)> {
    if above.is_telemetry_suppressed() {
        return None;
    }
    let mut recording = Recording::new(&METHODS);
    recording.open_as(State::NoSpan);
    recording.record.head.callsite = callsite;
    let mut recording = fill(recording);
    let Some(span) = start(&mut recording.record, above) else {
        recording.clear();
        return None;
    };
    let context = span.span_context().clone();
    if !span.is_recording() {
        recording.clear();
        return Some((context, None));
    }
    record_into(&mut recording, span);
    Some((context, Some(recording)))
}

/// Gives the recording the ids of the span. The span gets the recorded data when it ends.
fn record_into(recording: &mut Recording, span: BoxedSpan) {
    let context = span.span_context();
    let head = &mut recording.record.head;
    head.trace_id = context.trace_id();
    head.span_id = context.span_id();
    head.flags = context.trace_flags();
    head.start = Ticks::now();
    recording.foreign = Some(Box::new(span));
}

static METHODS: Methods = Methods { finish, drop: pass_on };

fn finish(mut recording: Box<Recording>, end: Ticks, code: Code) {
    recording.leave();
    pass_on(&mut recording, end, code);
}

fn pass_on(recording: &mut Recording, end: Ticks, code: Code) {
    if let Some(span) = recording.foreign.take() {
        global_span::end(*span, &mut recording.record, end, code);
    }
}
