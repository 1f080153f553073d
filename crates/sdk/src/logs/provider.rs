//! Implements OpenTelemetry's `LoggerProvider` and `Logger` over the provider's exporters, so that records of code that
//! uses OpenTelemetry's logs API are redacted and exported like records of `tracing` and `log`.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{Logger, LoggerProvider, Severity};
use opentelemetry_sdk::logs::SdkLogRecord;

use super::LogRecords;
use super::sdk_record::BLANK;

/// An OpenTelemetry [`LoggerProvider`] whose loggers export through the [`TelemetryProvider`](crate::TelemetryProvider)
/// in use: records are redacted, limited and batched like the records of the module `logs`, and have the ids of the
/// current span unless they have their own trace context. They are not written as lines. Without a provider, without
/// exporters of logs, or without the feature `logs`, loggers do nothing.
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
        RecorderLogger { scope: Arc::new(scope) }
    }
}

impl Logger for RecorderLogger {
    type LogRecord = SdkLogRecord;

    fn create_log_record(&self) -> SdkLogRecord {
        BLANK.clone()
    }

    fn emit(&self, record: SdkLogRecord) {
        if let Some(records) = LogRecords::linked() {
            (records.emit)(&record, &self.scope);
        }
    }

    fn event_enabled(&self, severity: Severity, target: &str, _: Option<&str>) -> bool {
        LogRecords::linked().is_some_and(|records| (records.is_enabled)(Some(severity), target))
    }
}
