//! Opens spans of OpenTelemetry's global tracer provider, which a program may use instead of a provider of this crate.
//! Such a span has the ids that the global provider creates. The recording of the span only collects data until the
//! data is passed on to the global provider.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanContext, TraceContextExt};

use super::global_span::start;
use super::opening::{Fill, Parent, fill_in};
use super::pending::{PendingUpdates, State};
use super::record::Code;
use super::recorded_span::RecordedSpan;
use super::recording::{Methods, Recording, Update};
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
    pass_on(&mut recording);
    let cx = recording.context.clone()?;
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
    pass_on(&mut recording);
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
    let mut recording = Recording::new(&METHODS, updates());
    recording.record.head.callsite = callsite;
    let mut recording = fill(recording);
    let span = start(&mut recording.record, above)?;
    let context = span.span_context().clone();
    if !span.is_recording() {
        return Some((context, None));
    }
    let head = &mut recording.record.head;
    head.trace_id = context.trace_id();
    head.span_id = context.span_id();
    head.flags = context.trace_flags();
    recording.context = Some(above.with_span(span.clone()));
    recording.foreign = Some(span);
    Some((context, Some(recording)))
}

static METHODS: Methods = Methods { adopt: |_| None, update, finish, drop: end };

/// Stands for the updates of all these spans: other code updates the span in the context instead.
fn updates() -> &'static PendingUpdates {
    static UPDATES: OnceLock<PendingUpdates> = OnceLock::new();
    UPDATES.get_or_init(|| {
        let updates = PendingUpdates::new();
        updates.set_state(State::NoSpan);
        updates.touch();
        updates
    })
}

fn update(recording: &mut Recording, act: Update<'_>) {
    act(&mut recording.record);
    pass_on(recording);
}

fn finish(mut recording: Box<Recording>, _: Ticks, code: Code) {
    recording.record.head.code = code;
    end(&mut recording);
}

/// Ends a span that has not ended.
#[cold]
fn end(recording: &mut Recording) {
    pass_on(recording);
    recording.listed.close();
    drop(recording.context.take());
    if let Some(span) = recording.foreign.take() {
        span.end_as(&recording.record);
    }
}

fn pass_on(recording: &mut Recording) {
    if let Some(span) = &recording.foreign {
        span.take_from(&mut recording.record);
    }
}
