//! OpenTelemetry's `LoggerProvider` and `Logger` over the same exporters, so that records of code that uses
//! OpenTelemetry's logs API are redacted and exported like those of `tracing` and `log`.

use std::sync::Arc;

use opentelemetry::logs::{LogRecord as _, Logger, LoggerProvider, Severity};
use opentelemetry::{Context, InstrumentationScope};

use super::context;
use super::current;
use super::nested::redacted;
use super::record::RecorderLogRecord;
use super::thread_state::{self, ThreadState};
use super::workers::Workers;
use crate::clock::wall_now;
use crate::recorder::context_is_alive;

/// An OpenTelemetry [`LoggerProvider`] whose loggers export through the
/// [`TelemetryProvider`](crate::TelemetryProvider) in use: records are redacted, limited and batched like the records
/// of [`logs`](crate::logs), and carry the current span, unless they have their own trace context. They are not
/// written as lines. Without a provider, or without exporters of logs, loggers do nothing.
///
/// OpenTelemetry's API has no global logger provider, so a program passes this one to the bridges that it uses.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RecorderLoggerProvider;

/// An OpenTelemetry [`Logger`] whose records are exported by this crate.
#[derive(Clone, Debug)]
pub struct RecorderLogger {
    scope: Arc<InstrumentationScope>,
}

impl LoggerProvider for RecorderLoggerProvider {
    type Logger = RecorderLogger;

    fn logger_with_scope(&self, scope: InstrumentationScope) -> RecorderLogger {
        RecorderLogger {
            scope: Arc::new(scope),
        }
    }
}

impl Logger for RecorderLogger {
    type LogRecord = RecorderLogRecord;

    fn create_log_record(&self) -> RecorderLogRecord {
        RecorderLogRecord::default()
    }

    fn emit(&self, record: RecorderLogRecord) {
        if !is_enabled(record.target.as_deref().unwrap_or_default()) {
            return;
        }
        thread_state::with(true, |state, has_context| {
            if has_context && let Some(exporters) = state.setting.exporters.clone() {
                let scope = state.redacted_scope(&self.scope);
                export(record, &scope, &exporters, state);
            }
        });
    }

    fn event_enabled(&self, _: Severity, target: &str, _: Option<&str>) -> bool {
        is_enabled(target)
    }
}

/// Whether a record with this target is exported now. Records of the exporters themselves, for example about failed
/// exports, would be an endless loop.
fn is_enabled(target: &str) -> bool {
    current::exports()
        && context::is_readable(target)
        && context_is_alive()
        && !Context::is_current_telemetry_suppressed()
}

/// Redacts a record and passes it to the exporters.
fn export(
    record: RecorderLogRecord,
    scope: &Arc<InstrumentationScope>,
    exporters: &Workers,
    state: &mut ThreadState,
) {
    let ThreadState {
        setting,
        redactor,
        entry,
        ..
    } = state;
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
    let body = record
        .body
        .map(|body| redacted(body, None, entry, redactor));
    context::add(entry, redactor, setting, true);
    if record.span.is_some() {
        entry.span = record.span;
    }
    entry.retain_identity(|key| attributes.iter().all(|(own, _)| own != key));
    let mut limited = exporters.record_of(entry, setting.limits);
    for (key, value) in attributes {
        limited.add(key, value);
    }
    let out = limited.record_mut();
    if let Some(time) = record.timestamp {
        out.set_timestamp(time);
    }
    if let Some(number) = record.severity_number {
        out.set_severity_number(number);
    }
    if let Some(text) = record.severity_text {
        out.set_severity_text(redactor.log_constant(text));
    }
    if let Some(target) = record.target {
        let safe = redactor
            .log_name(&target)
            .map(|safe| safe.as_str().to_owned());
        out.set_target(safe.map_or(target, Into::into));
    }
    if let Some(body) = body {
        out.set_body(body);
    }
    exporters.emit(limited.finish(), scope);
}
