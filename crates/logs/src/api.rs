//! Redacts and exports the records of OpenTelemetry's logs API like those of `tracing` and `log`.

use std::sync::Arc;

use opentelemetry::logs::Severity;
use opentelemetry::{InstrumentationScope, TraceId};

use super::context;
use super::current;
use super::described;
use super::thread_state::{self, ThreadState};
use crate::clock::wall_now;
use crate::recorder::context::is_suppressed;
use floe_telemetry_sdk::__parts::logs::SpanIds;
use opentelemetry_sdk::logs::SdkLogRecord;

pub(super) fn emit(record: &SdkLogRecord, scope: &Arc<InstrumentationScope>) {
    if !is_enabled(record.severity_number(), record.target().map_or("", |target| target)) {
        return;
    }
    thread_state::with(|state| process(record, scope, state));
}

/// Whether a record with this severity and target is exported. Records of the exporters are not, because the records about failed
/// exports would otherwise cause new exports without end.
pub(super) fn is_enabled(severity: Option<Severity>, target: &str) -> bool {
    current::exports(severity) && context::is_readable(target) && !is_suppressed()
}

fn process(raw: &SdkLogRecord, scope: &Arc<InstrumentationScope>, state: &mut ThreadState) {
    let scope = state.redacted_scope(scope);
    let ThreadState { settings, draft, .. } = state;
    draft.record.begin(raw.observed_timestamp().unwrap_or_else(wall_now));
    draft.record.scope = Some(scope);
    draft.record.timestamp = raw.timestamp();
    draft.record.severity_number = raw.severity_number();
    draft.record.severity_text = raw.severity_text().map(|text| draft.constant(text));
    draft.record.event_name = raw.event_name().map(|name| draft.constant(name));
    if let Some(target) = raw.target() {
        draft.set_target(target);
    }
    for (key, value) in raw.attributes_iter() {
        if draft.take_room() {
            let safe = draft.key(key);
            draft.add(key.as_str(), safe, value);
        }
    }
    if let Some(body) = raw.body() {
        draft.set_body(body);
    }
    context::add(draft, settings, true);
    if let Some(span) = raw.trace_context() {
        draft.record.span = (span.trace_id != TraceId::INVALID).then(|| SpanIds {
            trace_id: span.trace_id,
            span_id: span.span_id,
            flags: span.trace_flags.unwrap_or_default(),
        });
    }
    described::add(draft, &settings.span_attributes);
    settings.export(&draft.record);
}
