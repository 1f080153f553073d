//! Passes log records to the exporters of a provider.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter;

use super::current::{self, Setting};
use super::exceptions;
use super::google_project::google_project;
use super::limited::LimitedRecord;
use super::worker::{LogReport, LogSettings, LogWorker};
use super::workers::Workers;
use crate::collector::{ExceptionLog, StoredFailure};
use crate::config::LogRecordLimits;
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
        Self::with_failure(name, exporter, StoredFailure::default())
    }

    /// With an exporter that stores its failure before it returns an error: the error of the SDK's trait has no room
    /// for the number of records and the class.
    pub(crate) fn with_failure(
        name: &str,
        mut exporter: impl LogExporter + 'static,
        failure: StoredFailure,
    ) -> Self {
        let name = name.to_owned();
        Self(Box::new(move |resource, settings| {
            exporter.set_resource(resource);
            LogWorker::start(name, exporter, failure, settings)
        }))
    }
}

/// The log exporters of a provider.
#[derive(Debug)]
pub(crate) struct Logs {
    workers: Workers,
    /// The setting after shutdown, without export.
    setting: Arc<Setting>,
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
        limits: LogRecordLimits,
    ) -> Result<Self, Error> {
        let workers: Result<Vec<_>, _> = destinations
            .into_iter()
            .map(|LogDestination(start)| start(resource, &settings))
            .collect();
        let workers = Workers::new(workers?);
        let setting = Setting {
            redaction: settings.worker.redaction,
            identity,
            baggage: baggage
                .iter()
                .cloned()
                .map(opentelemetry::Key::from)
                .collect(),
            google_traces: google_project(resource)
                .map(|project| format!("projects/{project}/traces/"))
                .unwrap_or_default(),
            limits,
            exporters: None,
        };
        current::switch(Arc::new(Setting {
            exporters: (!workers.all.is_empty()).then(|| workers.clone()),
            ..setting.clone()
        }));
        Ok(Self {
            workers,
            setting: Arc::new(setting),
        })
    }

    /// Whether there are exporters.
    pub(crate) fn have_exporters(&self) -> bool {
        !self.workers.all.is_empty()
    }

    /// Returns what passes the exceptions of spans to the exporters. `None` if there are no exporters.
    pub(crate) fn exceptions(&self) -> Option<impl Fn(ExceptionLog) + Send + use<>> {
        let (workers, limits) = (self.workers.clone(), self.setting.limits);
        let has_exporters = self.have_exporters();
        let emit = move |exception: ExceptionLog| {
            let mut record = LimitedRecord::new(workers.blank(), limits, 0);
            let scope = Arc::clone(&exception.scope);
            exceptions::fill(&mut record, exception);
            workers.emit(record.finish(), &scope);
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
