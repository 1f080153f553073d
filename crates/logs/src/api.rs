//! The records of OpenTelemetry's logs API, redacted and exported like those of `tracing` and `log`.

use std::sync::Arc;

use opentelemetry::{Context, InstrumentationScope};

use super::context;
use super::current;
use super::described;
use super::nested::redacted;
use super::thread_state::{self, ThreadState};
use super::workers::record_of;
use crate::clock::wall_now;
use crate::recorder::context_is_alive;
use floe_telemetry_sdk::__parts::logs::ApiRecord;

/// Exports a record.
pub(super) fn emit(record: ApiRecord, scope: &Arc<InstrumentationScope>) {
    if !current::exports() {
        current::count_late();
    }
    if !is_enabled(record.target.as_deref().unwrap_or_default()) {
        return;
    }
    thread_state::with(true, |state, has_context| process(record, scope, state, has_context));
}

/// Whether a record with this target is exported now. Records of the exporters themselves, for example about failed
/// exports, would be an endless loop.
pub(super) fn is_enabled(target: &str) -> bool {
    current::exports()
        && context::is_readable(target)
        && !(context_is_alive() && Context::is_current_telemetry_suppressed())
}

/// Redacts a record and passes it to the exporters.
fn process(
    record: ApiRecord,
    scope: &Arc<InstrumentationScope>,
    state: &mut ThreadState,
    has_context: bool,
) {
    let scope = state.redacted_scope(scope);
    let ThreadState { setting, redactor, entry, .. } = state;
    let Some(exporters) = &setting.exporters else {
        return;
    };
    entry.begin(record.observed_timestamp.unwrap_or_else(wall_now));
    entry.dropped_fields = record.dropped_attributes;
    entry.event_name = record.event_name.map(|name| redactor.log_constant(name));
    let mut attributes = Vec::with_capacity(record.attributes.len());
    for (key, value) in record.attributes {
        if entry.take_room() {
            let value = redacted(value, Some(key.as_str()), entry, redactor);
            let safe = redactor.log_name(key.as_str()).cloned();
            attributes.push((safe.unwrap_or(key), value));
        }
    }
    let body = record.body.map(|body| redacted(body, None, entry, redactor));
    context::add(entry, redactor, setting, has_context);
    if record.span.is_some() {
        entry.span = record.span;
    }
    let is_own = |key: &str| attributes.iter().any(|(own, _)| own.as_str() == key);
    described::add(entry, redactor, &setting.span_attributes, is_own);
    entry.retain_identity(|key| !is_own(key.as_str()));
    let mut limited = record_of(entry, &scope, setting.limits);
    for (key, value) in attributes {
        limited.add(key, value);
    }
    limited.add_fields(entry);
    let mut out = limited.finish();
    out.timestamp = record.timestamp;
    out.severity_number = record.severity_number;
    out.severity_text = record.severity_text.map(|text| redactor.log_constant(text));
    out.target = record.target.map(|target| {
        let safe = redactor.log_name(&target);
        let safe = safe.map(|safe| safe.as_str().to_owned());
        safe.map_or(target, Into::into)
    });
    out.body = body;
    exporters.emit(out);
}
