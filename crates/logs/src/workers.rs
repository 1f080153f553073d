//! All exporters of a provider, and the records that they receive.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key};
use tracing::Level;

use super::entry::{Entry, Value};
use super::limited::LimitedRecord;
use crate::collector::Counters;
use crate::config::LogRecordLimits;
use crate::keys;
use floe_telemetry_sdk::__parts::logs::{ExportRecord, LogRecordSettings, LogWorker};

/// The scope of records of `tracing` and `log`, whose name their target replaces.
const SCOPE: &str = "floe.telemetry";

/// Queues each record for every exporter. The records are already redacted.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    pub(super) all: Arc<[LogWorker]>,
    /// The scope of records of `tracing` and `log`, whose target replaces its name.
    scope: Arc<InstrumentationScope>,
    counters: Arc<Counters>,
}

impl Workers {
    pub(super) fn new(all: Vec<LogWorker>, settings: &LogRecordSettings) -> Self {
        Self {
            all: all.into(),
            scope: InstrumentationScope::builder(SCOPE).build().into(),
            counters: Arc::clone(&settings.counters),
        }
    }

    /// Queues a record.
    pub(super) fn emit(&self, record: ExportRecord) {
        self.counters.logs_created.fetch_add(1, Ordering::Relaxed);
        let record = Arc::new(record);
        for worker in &*self.all {
            worker.push(Arc::clone(&record));
        }
    }

    /// Counts a record that comes after the shutdown.
    pub(super) fn count_late(&self) {
        for worker in &*self.all {
            worker.count_late();
        }
    }

    /// Queues a record of `tracing` or `log`.
    pub(super) fn emit_entry(&self, entry: &Entry, limits: LogRecordLimits) {
        let mut limited = record_of(entry, &self.scope, limits);
        limited.add_fields(entry);
        if let Some(error) = entry.error() {
            let error = AnyValue::String(error.to_owned().into());
            limited.add(Key::from_static_str(keys::EXCEPTION_MESSAGE), error);
        }
        let mut record = limited.finish();
        record.timestamp = Some(entry.time);
        let (severity, text) = severity(entry.level);
        record.severity_number = Some(severity);
        record.severity_text = Some(text);
        record.target = Some(entry.target_name());
        record.body = (entry.has_message).then(|| entry.message().to_owned().into());
        self.emit(record);
    }
}

/// A record with the name, the span and the identity of an entry, which was observed at its time.
pub(super) fn record_of(
    entry: &Entry,
    scope: &Arc<InstrumentationScope>,
    limits: LogRecordLimits,
) -> LimitedRecord {
    let mut record = ExportRecord::new(Arc::clone(scope), entry.time);
    record.event_name = entry.event_name;
    record.span = entry.span;
    let identity = entry.identity();
    record.attributes = Vec::with_capacity(entry.field_count());
    record.attributes.extend(identity.map(attribute));
    LimitedRecord::new(record, limits, entry.dropped_fields)
}

impl LimitedRecord {
    /// Adds the fields of an entry.
    pub(super) fn add_fields(&mut self, entry: &Entry) {
        for (key, value) in entry.fields().map(attribute) {
            self.add(key, value);
        }
    }
}

fn attribute((key, value): (&Key, Value<'_>)) -> (Key, AnyValue) {
    (key.clone(), any_value(value))
}

fn any_value(value: Value<'_>) -> AnyValue {
    match value {
        Value::Bool(value) => AnyValue::Boolean(value),
        Value::F64(value) => AnyValue::Double(value),
        Value::I64(value) => AnyValue::Int(value),
        Value::Text(value) => AnyValue::String(value.to_owned().into()),
        Value::List(items) => AnyValue::ListAny(Box::new(items.to_vec())),
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
