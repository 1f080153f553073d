//! The log exporters of a provider, and the results of their flush and shutdown.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Key;
use opentelemetry_sdk::Resource;

use super::targets::{OtlpTargets, not_linked, unless_of_environment};
use crate::channel::{Receiver, channel};
use crate::collector::{Redaction, Redactor, Report, WorkerSettings};
use crate::config::{Decisive, Signal, TelemetryConfig};
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
        if LogRecords::linked().is_none() {
            let made = Err(not_linked("log records", "logs"));
            return match added[..] {
                [] if !config.selects(Signal::Logs) => Ok(Self::default()),
                [] => Ok(unless_of_environment(config, Signal::Logs, made)?.unwrap_or_default()),
                _ => made,
            };
        }
        // Without the setting, more records than asked for would be exported.
        if let Some(reason) = config.refusal(Signal::Logs, &[Decisive::Records]) {
            if !added.is_empty() || targets.of(Signal::Logs).next().is_some() {
                targets.leave_out(Signal::Logs, reason);
            }
            return Ok(Self::default());
        }
        let settings = LogSettings::new(settings, &config.log_batch_processor);
        let mut workers = Vec::new();
        for start in added {
            workers.push(start(resource, &settings)?);
        }
        workers.extend(targets.start(Signal::Logs, |otlp, id, target| {
            (otlp.logs)(&id, target, resource, &settings)
        })?);
        Ok(Self { workers: workers.into() })
    }

    /// Begins to send the log records of the process to the exporters. Without one, they are redacted and have the
    /// identity where they are written.
    pub(super) fn publish(&self, config: &TelemetryConfig, redaction: &Redaction) {
        let Some(records) = LogRecords::linked() else {
            return;
        };
        let mut identity = config.resource_attributes.identity();
        Redactor::new(redaction.clone()).attributes(&mut identity);
        (records.start)(LogRecordSettings {
            exporters: Arc::clone(&self.workers),
            redaction: redaction.clone(),
            identity,
            baggage: (config.baggage_attributes.iter().cloned()).map(Key::from).collect(),
            span_attributes: config.logging.span_attributes.clone(),
            export: config.logging.export,
        });
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
