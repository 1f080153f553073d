//! Passes log records to the exporters of a provider.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    LogExporter, LogProcessor, SdkLogRecord, SdkLogger, SdkLoggerProvider,
};
use tracing::Level;

use super::SCOPE;
use super::current::{self, Setting};
use super::entry::{Entry, Value};
use super::exceptions;
use super::worker::{LogReport, LogSettings, LogWorker};
use crate::collector::ExceptionLog;
use crate::error::Error;

/// Starts an exporter.
type Start = Box<dyn FnOnce(&Resource, &LogSettings) -> Result<LogWorker, Error> + Send>;

/// An exporter whose thread starts with the provider.
pub(crate) struct LogDestination(Start);

impl fmt::Debug for LogDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogDestination")
    }
}

impl LogDestination {
    pub(crate) fn new(name: &str, exporter: impl LogExporter + 'static) -> Self {
        Self::with_failed(name, exporter, None)
    }

    /// With an exporter that stores, before it returns an error, how many records of the batch were not
    /// exported. Otherwise the complete batch has failed.
    pub(crate) fn with_failed(
        name: &str,
        mut exporter: impl LogExporter + 'static,
        failed: Option<Arc<AtomicU64>>,
    ) -> Self {
        let name = name.to_owned();
        Self(Box::new(move |resource, settings| {
            exporter.set_resource(resource);
            LogWorker::start(name, exporter, failed, settings)
        }))
    }
}

/// The log exporters of a provider.
#[derive(Debug)]
pub(crate) struct Logs {
    workers: Workers,
    provider: SdkLoggerProvider,
    /// The setting after shutdown, without export.
    setting: Arc<Setting>,
}

/// An empty record. The SDK creates records only through a logger, so this one comes from a temporary
/// provider, whose own log messages are suppressed.
fn blank() -> SdkLogRecord {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    let factory = SdkLoggerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .build();
    let blank = factory.logger(SCOPE).create_log_record();
    let _ = factory.shutdown();
    drop(factory);
    blank
}

/// The number of exporters and the receiver of their reports.
pub(crate) type LogReports = (usize, Receiver<LogReport>);

impl Logs {
    /// Starts the exporters and applies the provider's redaction and identity to all records.
    pub(crate) fn start(
        destinations: Vec<LogDestination>,
        resource: &Resource,
        settings: LogSettings,
        identity: Vec<KeyValue>,
        baggage: &[String],
    ) -> Result<Self, Error> {
        let workers: Result<Vec<_>, _> = destinations
            .into_iter()
            .map(|LogDestination(start)| start(resource, &settings))
            .collect();
        let workers = Workers {
            all: workers?.into(),
            blank: blank().into(),
        };
        // Shut down explicitly in `Drop`: the SDK logs a message if it shuts down on its own.
        let provider = SdkLoggerProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .with_log_processor(workers.clone())
            .build();
        let setting = Setting {
            redaction: settings.worker.redaction,
            identity,
            baggage: baggage
                .iter()
                .cloned()
                .map(opentelemetry::Key::from)
                .collect(),
            logger: None,
        };
        current::switch(Arc::new(Setting {
            logger: (!workers.all.is_empty()).then(|| provider.logger(SCOPE)),
            ..setting.clone()
        }));
        Ok(Self {
            workers,
            provider,
            setting: Arc::new(setting),
        })
    }

    /// Returns what passes the exceptions of spans to the exporters. `None` if there are no exporters.
    pub(crate) fn exceptions(&self) -> Option<impl Fn(ExceptionLog) + Send + use<>> {
        let workers = self.workers.clone();
        let has_exporters = !workers.all.is_empty();
        // Not through a logger, which does nothing on the collector's thread, where telemetry is suppressed.
        let emit = move |exception: ExceptionLog| {
            let mut record = (*workers.blank).clone();
            let scope = Arc::clone(&exception.scope);
            exceptions::fill(&mut record, exception);
            workers.emit(&mut record, &scope);
        };
        has_exporters.then_some(emit)
    }

    /// Starts to flush all exporters.
    pub(crate) fn flush(&self) -> LogReports {
        let (report, reports) = channel();
        for worker in &*self.workers.all {
            worker.flush(&report);
        }
        (self.workers.all.len(), reports)
    }

    /// Starts to shut down all exporters. Records are still written locally.
    pub(crate) fn shut_down(&self, timeout: Duration) -> LogReports {
        current::switch(Arc::clone(&self.setting));
        let (report, reports) = channel();
        for worker in &*self.workers.all {
            worker.shut_down(timeout, &report);
        }
        (self.workers.all.len(), reports)
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let _ = self.provider.shutdown();
    }
}

/// Queues each record for every exporter. The records are already redacted, because the same text is
/// written locally.
#[derive(Clone, Debug)]
struct Workers {
    all: Arc<[LogWorker]>,
    /// Replaces a record that was moved to the last exporter.
    blank: Arc<SdkLogRecord>,
}

impl LogProcessor for Workers {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        let Some((last, others)) = self.all.split_last() else {
            return;
        };
        for worker in others {
            worker.push(record.clone());
        }
        last.push(std::mem::replace(record, (*self.blank).clone()));
    }

    /// [`Logs`] flushes, because it can wait for the reports.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Emits a record through the SDK logger.
pub(super) fn emit(logger: &SdkLogger, entry: &Entry) {
    let mut record = logger.create_log_record();
    record.set_timestamp(entry.time);
    record.set_observed_timestamp(entry.time);
    let (severity, text) = severity(entry.level);
    record.set_severity_number(severity);
    record.set_severity_text(text);
    // The exporter uses the target as the scope.
    record.set_target(entry.target().to_owned());
    record.set_body(entry.message().to_owned().into());
    if let Some(span) = entry.span {
        record.set_trace_context(span.trace_id, span.span_id, Some(span.flags));
    }
    for (key, value) in entry.identity().chain(entry.fields()) {
        let value = match value {
            Value::Bool(value) => AnyValue::Boolean(value),
            Value::F64(value) => AnyValue::Double(value),
            Value::I64(value) => AnyValue::Int(value),
            Value::Text(value) => AnyValue::String(value.to_owned().into()),
        };
        record.add_attribute(key.clone(), value);
    }
    logger.emit(record);
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
