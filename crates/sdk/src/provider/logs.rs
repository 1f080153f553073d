//! The log exporters of a provider, and the results of their flush and shutdown.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Key;
use opentelemetry_sdk::Resource;

use super::targets::{OtlpTargets, signal_targets, unless_of_environment};
use crate::channel::{Receiver, channel};
use crate::collector::{Counters, Policies, Redaction, Redactor, Report, Size, WorkerSettings};
use crate::config::{ExporterKind, Signal, TelemetryConfig, needed};
use crate::error::Error;
use crate::exporter::{OtlpExporters, OtlpTarget};
use crate::logs::{LogRecordSettings, LogRecords, LogSettings, LogWorker, StartLogs};

#[derive(Debug, Default)]
pub(super) struct ProviderLogs {
    workers: Arc<[LogWorker]>,
}

impl ProviderLogs {
    pub(super) fn start(
        config: &TelemetryConfig,
        all: &OtlpTargets,
        added: Vec<StartLogs>,
        resource: &Resource,
        settings: &WorkerSettings,
    ) -> Result<Self, Error> {
        let Some(records) = LogRecords::linked() else {
            return without_records(&added);
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
        for (index, target) in targets(config, all).iter().enumerate() {
            let id = target.exporter(index, Signal::Logs);
            let otlp = OtlpExporters::of(target, Signal::Logs);
            let made = otlp.and_then(|otlp| (otlp.logs)(&id, target, resource, &settings));
            workers.extend(unless_of_environment(&target.config, Signal::Logs, made)?);
        }
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

    /// Flushes in the background.
    pub(super) fn flush(&self) -> Reports {
        let (report, reports) = channel();
        self.workers.iter().for_each(|worker| worker.flush(&report));
        (self.workers.len(), reports)
    }

    /// Exports the remaining records and shuts down in the background.
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

/// Fails if exporters were added to a program without log records.
fn without_records(added: &[StartLogs]) -> Result<ProviderLogs, Error> {
    if added.is_empty() {
        return Ok(ProviderLogs::default());
    }
    let needed = needed("an exporter of log records", "logs");
    Err(Error::config(format!("logs: {needed}")))
}

/// Starts log records that are written locally: they are redacted and have the identity, but are not exported.
pub(super) fn start_local(config: &TelemetryConfig, counters: Arc<Counters>) -> Result<(), Error> {
    let settings = WorkerSettings {
        signal: Signal::Logs,
        capacity: Size::default(),
        export_timeout: config.log_batch_processor.export_timeout(),
        redaction: Redaction::new(Policies::compile(&config.redaction)?),
        counters,
    };
    let mut local = config.copied();
    local.exporters.logs = Some(vec![ExporterKind::None]);
    let resource = Resource::builder_empty().build();
    let (all, added) = (OtlpTargets::default(), Vec::new());
    ProviderLogs::start(&local, &all, added, &resource, &settings).map(drop)
}

/// Counts the exporters, including the exporters added to the builder.
pub(super) fn count_exporters(
    config: &TelemetryConfig,
    all: &OtlpTargets,
    added: &[StartLogs],
) -> usize {
    if LogRecords::linked().is_none() {
        return 0;
    }
    added.len() + targets(config, all).len()
}

/// Returns the configured OTLP targets, see [`signal_targets`]. The exporter `console` is the local output, which is
/// always on.
fn targets(config: &TelemetryConfig, all: &OtlpTargets) -> Vec<OtlpTarget> {
    let chosen = config.exporters.logs.as_deref();
    signal_targets(Signal::Logs, chosen, config, all)
}
