//! The exporters of log records, OpenTelemetry's API for log records, and the functions of the crate that creates
//! records of `tracing`, `log` and this API.

mod exceptions;
mod log_record;
mod provider;
mod sdk_exporter;
mod sdk_record;
mod worker;

use std::panic::Location;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::logs::Severity;
use opentelemetry::{InstrumentationScope, Key, KeyValue, SpanId};
use opentelemetry_sdk::logs::SdkLogRecord;

pub(crate) use self::exceptions::ExceptionLogs;
pub use self::exceptions::note_panic;
pub use self::log_record::{Field, LogRecord, LogValue, Place, SpanIds, Stored, Target, position};
pub use self::provider::{RecorderLogger, RecorderLoggerProvider};
pub(crate) use self::sdk_exporter::StartLogs;
pub use self::worker::{LogSettings, LogWorker};
use crate::collector::Redaction;
use crate::config::LogExportConfig;
use crate::recorder::SpanRecord;

/// The functions of the crate that creates log records.
#[derive(Debug)]
pub struct LogRecords {
    /// Applies these settings to all records from now on.
    pub start: fn(LogRecordSettings),
    /// Stops the export of records, which are still written locally.
    pub stop: fn(),
    /// Exports a record of OpenTelemetry's API.
    pub emit: fn(&SdkLogRecord, &Arc<InstrumentationScope>),
    /// Whether records with this severity and target are exported now.
    pub is_enabled: fn(Option<Severity>, &str) -> bool,
    /// Writes and exports the record of a panic on this thread, without code of the program.
    pub panicked: fn(&ThreadPanic<'_>),
    /// Writes and exports the record of an exception of a finished span.
    pub exception: fn(&SpanException<'_>),
}

/// An exception of a finished span, with the attributes of its event. Nothing in it is redacted.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "not part of the public interface")]
pub struct SpanException<'a> {
    pub span: &'a SpanRecord,
    pub at: SystemTime,
    pub attributes: &'a [KeyValue],
}

/// A panic, as its hook describes it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "not part of the public interface")]
pub struct ThreadPanic<'a> {
    pub message: &'a str,
    pub location: Option<&'a Location<'a>>,
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static RECORDS: [LogRecords] = "fl_logs_0_1";
}

impl LogRecords {
    pub(crate) fn linked() -> Option<&'static Self> {
        RECORDS.iter().next()
    }
}

/// The settings that a provider applies to log records.
#[derive(Clone, Debug, Default)]
pub struct LogRecordSettings {
    /// The exporters; none if records are only written locally.
    pub exporters: Arc<[Arc<LogWorker>]>,
    /// Redacts the texts of records.
    pub redaction: Redaction,
    /// The floe identity of the resource, redacted.
    pub identity: Vec<KeyValue>,
    /// The keys of baggage whose values are added to records.
    pub baggage: Vec<Key>,
    /// Patterns for the attributes of the current span that are added to records.
    pub span_attributes: Vec<String>,
    /// Which records are exported.
    pub export: LogExportConfig,
}

impl LogRecordSettings {
    /// Passes a copy of the record to the exporters.
    pub fn export(&self, record: &LogRecord) {
        if self.exporters.is_empty() || !self.takes(record) {
            return;
        }
        let record = Arc::new(record.clone());
        for exporter in &*self.exporters {
            exporter.push(Arc::clone(&record));
        }
    }

    fn takes(&self, record: &LogRecord) -> bool {
        let LogExportConfig { trace_based, minimum_severity } = self.export;
        let severity = record.severity_number;
        let is_sampled = record
            .span
            .as_ref()
            .is_none_or(|span| span.span_id == SpanId::INVALID || span.flags.is_sampled());
        let is_kept = !trace_based || is_sampled || severity >= Some(Severity::Error);
        is_kept && (severity.is_none() || severity >= minimum_severity)
    }
}
