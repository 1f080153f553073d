//! Redacts and exports the records of OpenTelemetry's logs API like those of `tracing` and `log`.

use std::sync::Arc;

use opentelemetry::{Context, InstrumentationScope, Key, TraceId};

use super::context;
use super::current;
use super::described;
use super::nested;
use super::thread_state::{self, ThreadState};
use crate::clock::wall_now;
use crate::recorder::context_is_alive;
use floe_telemetry_sdk::__parts::logs::SpanIds;
use opentelemetry_sdk::logs::SdkLogRecord;

pub(super) fn emit(record: &SdkLogRecord, scope: &Arc<InstrumentationScope>) {
    if !is_enabled(record.target().map_or("", |target| target)) {
        return;
    }
    thread_state::with(true, |state, has_context| process(record, scope, state, has_context));
}

/// Whether a record with this target is exported. Records of the exporters are not, because the records about failed
/// exports would otherwise cause new exports without end.
pub(super) fn is_enabled(target: &str) -> bool {
    current::exports()
        && context::is_readable(target)
        && !(context_is_alive() && Context::is_current_telemetry_suppressed())
}

fn process(
    raw: &SdkLogRecord,
    scope: &Arc<InstrumentationScope>,
    state: &mut ThreadState,
    has_context: bool,
) {
    let scope = state.redacted_scope(scope);
    let ThreadState { settings, redactor, record, .. } = state;
    record.begin(raw.observed_timestamp().unwrap_or_else(wall_now));
    record.scope = Some(scope);
    record.timestamp = raw.timestamp();
    record.severity_number = raw.severity_number();
    record.severity_text = raw.severity_text().map(|text| redactor.log_constant(text));
    record.event_name = raw.event_name().map(|name| redactor.log_constant(name));
    if let Some(target) = raw.target() {
        record.set_target(redactor.log_name(target).map_or(target, Key::as_str));
    }
    for (key, value) in raw.attributes_iter() {
        if record.take_room() {
            let safe = redactor.log_name(key.as_str()).cloned().unwrap_or_else(|| key.clone());
            nested::add(record, redactor, key.as_str(), safe, value);
        }
    }
    let body = raw.body().map(|body| nested::redacted(body, None, record, redactor));
    record.body = body.map(Box::new);
    context::add(record, redactor, settings, has_context);
    if let Some(span) = raw.trace_context() {
        record.span = (span.trace_id != TraceId::INVALID).then(|| SpanIds {
            trace_id: span.trace_id,
            span_id: span.span_id,
            flags: span.trace_flags.unwrap_or_default(),
        });
    }
    described::add(record, redactor, &settings.span_attributes);
    settings.export(record);
}
