//! Opens spans of OpenTelemetry's global tracer provider, which a program may use instead of a provider of this crate.
//! Such a span has the ids that the global provider creates. The recording of the span only collects data until the
//! data is passed on to the global provider.

use std::sync::OnceLock;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope};

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
    // Before code of the program runs, which may be called by an exporter.
    if above.is_telemetry_suppressed() {
        return None;
    }
    let is_function = callsite.is_some_and(CallSite::is_function);
    // Unless the span is a function's, `fill` also sets the name, the kind and the scope.
    let (before, after) = if is_function { (None, fill) } else { (fill, None) };
    let filled = fill_in(blank(callsite), before);
    let scope = filled.record.declared_scope();
    match begin(filled, scope, &above)? {
        Ok(started) => {
            let mut recording = fill_in(started, after);
            pass_on(&mut recording);
            let cx = recording.context.clone()?;
            Some((cx, Some(recording)))
        }
        Err(ids) => ids.is_valid().then(|| (above.with_remote_span_context(ids), None)),
    }
}

/// Opens a span for a tracer of this crate. `fill` sets the name and the kind.
pub(super) fn open_of_tracer(
    parent: &Context,
    scope: InstrumentationScope,
    fill: impl FnOnce(&mut Recording),
) -> Option<RecordedSpan> {
    if parent.is_telemetry_suppressed() {
        return None;
    }
    let mut filled = blank(None);
    fill(&mut filled);
    Some(match begin(filled, scope, parent)? {
        Ok(mut recording) => {
            pass_on(&mut recording);
            let context = recording.context.as_ref()?.span().span_context().clone();
            RecordedSpan::owned(context, recording)
        }
        Err(ids) => RecordedSpan::non_recording(ids),
    })
}

fn blank(callsite: Option<&'static CallSite>) -> Box<Recording> {
    let mut recording = Recording::new(&METHODS, updates());
    recording.record.head.callsite = callsite;
    recording
}

/// Starts the span, and returns its recording, or only its ids if the provider does not record it.
fn begin(
    mut recording: Box<Recording>,
    scope: InstrumentationScope,
    above: &Context,
) -> Option<Result<Box<Recording>, SpanContext>> {
    let (context, span) = start(&mut recording.record, scope, above)?;
    let Some(span) = span else { return Some(Err(context)) };
    let head = &mut recording.record.head;
    head.trace_id = context.trace_id();
    head.span_id = context.span_id();
    head.flags = context.trace_flags();
    recording.context = Some(above.with_span(RecordedSpan::foreign(context, span.clone())));
    recording.foreign = Some(span);
    Some(Ok(recording))
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
