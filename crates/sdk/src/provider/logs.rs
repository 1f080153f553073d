//! The log exporters of a provider, and the results of their flush and shutdown.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Key;
use opentelemetry_sdk::Resource;

use super::targets::{OtlpTargets, not_linked, unless_of_environment};
use crate::channel::{Receiver, channel};
use crate::collector::{
    Counters, Policies, Redaction, Redactor, Report, START_TIMEOUT, Size, WorkerSettings,
};
use crate::config::{Signal, TelemetryConfig};
use crate::error::Error;
use crate::logs::{LogRecordSettings, LogRecords, LogSettings, LogWorker, StartLogs};

#[derive(Debug, Default)]
pub(super) struct ProviderLogs {
    workers: Arc<[Arc<LogWorker>]>,
}

impl ProviderLogs {
    pub(super) fn start(
        config: &TelemetryConfig,
        targets: &OtlpTargets,
        added: Vec<StartLogs>,
        resource: &Resource,
        settings: &WorkerSettings,
    ) -> Result<Self, Error> {
        let Some(records) = LogRecords::linked() else {
            let made = Err(not_linked("log records", "logs"));
            return match added[..] {
                [] if !config.selects(Signal::Logs) => Ok(Self::default()),
                [] => Ok(unless_of_environment(config, Signal::Logs, made)?.unwrap_or_default()),
                _ => made,
            };
        };
        let mut redactor = Redactor::new(settings.redaction.clone());
        let mut identity = config.resource_attributes.identity();
        redactor.attributes(&mut identity);
        let redaction = settings.redaction.clone();
        let settings = LogSettings::new(settings, &config.log_batch_processor);
        let mut workers = Vec::new();
        for start in added {
            workers.push(start(resource, &settings)?);
        }
        workers.extend(targets.start(Signal::Logs, |otlp, id, target| {
            (otlp.logs)(&id, target, resource, &settings)
        })?);
        let workers = Arc::<[_]>::from(workers);
        (records.start)(LogRecordSettings {
            exporters: Arc::clone(&workers),
            redaction,
            identity,
            baggage: (config.baggage_attributes.iter().cloned()).map(Key::from).collect(),
            span_attributes: config.logging.span_attributes.clone(),
        });
        Ok(Self { workers })
    }

    pub(super) fn are_exported(&self) -> bool {
        !self.workers.is_empty()
    }

    /// Starts a flush in the background.
    pub(super) fn flush(&self) -> Reports {
        let (report, reports) = channel();
        self.workers.iter().for_each(|worker| worker.flush(&report));
        (self.workers.len(), reports)
    }

    /// Starts to export the remaining records and to shut down, in the background.
    pub(super) fn shut_down(&self, timeout: Duration) -> Reports {
        if let Some(records) = LogRecords::linked() {
            (records.stop)();
        }
        let (report, reports) = channel();
        self.workers.iter().for_each(|worker| worker.shut_down(timeout, &report));
        (self.workers.len(), reports)
    }
}

/// The number of exporters, and the receiver of their results.
pub(super) type Reports = (usize, Receiver<Report>);

/// Starts log records that are only written locally: they are redacted and have the identity.
pub(super) fn start_local(config: &TelemetryConfig, counters: Arc<Counters>) -> Result<(), Error> {
    let settings = WorkerSettings {
        signal: Signal::Logs,
        capacity: Size::default(),
        export_timeout: Duration::from_millis(config.log_batch_processor.export_timeout_millis),
        start_timeout: START_TIMEOUT,
        redaction: Redaction::new(Policies::compile(&config.redaction)?),
        counters,
    };
    let resource = Resource::builder_empty().build();
    let targets = OtlpTargets::default();
    let added = Vec::new();
    ProviderLogs::start(config, &targets, added, &resource, &settings).map(drop)
}
