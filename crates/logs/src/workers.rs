//! All exporters of a provider, and the records that they receive.

use std::sync::Arc;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use tracing::Level;
use tracing::dispatcher::{Dispatch, has_been_set, with_default};

use super::SCOPE;
use super::entry::{Entry, Value};
use super::limited::LimitedRecord;
use crate::config::{LogRecordLimits, LoggerConfig};
use crate::keys;
use floe_telemetry_sdk::__parts::logs::LogWorker;

/// Queues each record for every exporter. The records are already redacted.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    pub(super) all: Arc<[LogWorker]>,
    /// What new records are cloned from.
    blank: Arc<SdkLogRecord>,
    /// The scope of records of `tracing` and `log`, whose target replaces its name.
    scope: Arc<InstrumentationScope>,
    loggers: Arc<[LoggerConfig]>,
}

impl Workers {
    pub(super) fn new(all: Vec<LogWorker>, loggers: Arc<[LoggerConfig]>) -> Self {
        Self {
            all: all.into(),
            blank: blank().into(),
            scope: InstrumentationScope::builder(SCOPE).build().into(),
            loggers,
        }
    }

    /// An empty record.
    pub(super) fn blank(&self) -> SdkLogRecord {
        (*self.blank).clone()
    }

    /// Whether the configuration of its logger accepts a record.
    fn accept(&self, record: &SdkLogRecord, scope: &InstrumentationScope) -> bool {
        let logger = record.target().map_or(scope.name(), |target| target);
        let severity = record.severity_number().map_or(0, |number| number as u8);
        let flags = record.trace_context().and_then(|span| span.trace_flags);
        let is_unsampled = flags.is_some_and(|flags| !flags.is_sampled());
        LoggerConfig::accept(&self.loggers, logger, severity, is_unsampled)
    }

    /// Queues a record, unless its logger does not accept it.
    pub(super) fn emit(&self, record: SdkLogRecord, scope: &Arc<InstrumentationScope>) {
        let Some((last, others)) = self.all.split_last() else {
            return;
        };
        if !self.loggers.is_empty() && !self.accept(&record, scope) {
            return;
        }
        for worker in others {
            worker.push(record.clone(), Arc::clone(scope));
        }
        last.push(record, Arc::clone(scope));
    }

    /// Queues a record of `tracing` or `log`.
    pub(super) fn emit_entry(&self, entry: &Entry, limits: LogRecordLimits) {
        let mut limited = self.record_of(entry, limits);
        let record = limited.record_mut();
        record.set_timestamp(entry.time);
        let (severity, text) = severity(entry.level);
        record.set_severity_number(severity);
        record.set_severity_text(text);
        // The exporter uses the target as the name of the scope.
        record.set_target(entry.target().to_owned());
        if entry.has_message {
            record.set_body(entry.message().to_owned().into());
        }
        if let Some(error) = entry.error() {
            let error = AnyValue::String(error.to_owned().into());
            limited.add(Key::from_static_str(keys::EXCEPTION_MESSAGE), error);
        }
        self.emit(limited.finish(), &self.scope);
    }

    /// A record with the name, the span and the attributes of an entry, which was observed at its time.
    pub(super) fn record_of(&self, entry: &Entry, limits: LogRecordLimits) -> LimitedRecord {
        let mut record = self.blank();
        record.set_observed_timestamp(entry.time);
        if let Some(name) = entry.event_name {
            record.set_event_name(name);
        }
        if let Some(span) = entry.span {
            record.set_trace_context(span.trace_id, span.span_id, Some(span.flags));
        }
        for (key, value) in entry.identity() {
            record.add_attribute(key.clone(), any_value(value));
        }
        let mut limited = LimitedRecord::new(record, limits, entry.dropped_fields);
        for (key, value) in entry.fields() {
            limited.add(key.clone(), any_value(value));
        }
        limited
    }
}

fn any_value(value: Value<'_>) -> AnyValue {
    match value {
        Value::Bool(value) => AnyValue::Boolean(value),
        Value::F64(value) => AnyValue::Double(value),
        Value::I64(value) => AnyValue::Int(value),
        Value::Text(value) => AnyValue::String(value.to_owned().into()),
    }
}

/// The severity by OpenTelemetry's
/// [mapping](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber).
fn severity(level: Level) -> (Severity, &'static str) {
    match level {
        Level::ERROR => (Severity::Error, "ERROR"),
        Level::WARN => (Severity::Warn, "WARN"),
        Level::INFO => (Severity::Info, "INFO"),
        Level::DEBUG => (Severity::Debug, "DEBUG"),
        Level::TRACE => (Severity::Trace, "TRACE"),
    }
}

/// An empty record. The SDK creates records only through a logger, so this one comes from a temporary
/// provider, whose own log messages are suppressed.
fn blank() -> SdkLogRecord {
    let create = || {
        let factory = SdkLoggerProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .build();
        let blank = factory.logger(SCOPE).create_log_record();
        let _ = factory.shutdown();
        blank
    };
    // Another dispatcher would count as a subscriber of the program from then on.
    if has_been_set() {
        with_default(&Dispatch::none(), create)
    } else {
        create()
    }
}
