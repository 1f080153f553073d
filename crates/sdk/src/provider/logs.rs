//! The log exporters of a provider, and the results of their flush and shutdown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;

use super::delivery::receive;
use super::targets::{OtlpTargets, exporter_name, signal_targets};
use crate::collector::{Counters, Exceptions, Policies, Redaction, Redactor, Size, WorkerSettings};
use crate::config::{
    ExceptionSignal, ExporterKind, LogKeys, LogOutput, LoggingConfig, Signal, TelemetryConfig, warn,
};
use crate::error::Error;
use crate::exporter::OtlpTarget;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_logs;
use crate::logs::{LogDestination, LogReports, LogSettings, Logs, google_project};

/// The exporters that were added to the builder.
pub(super) type Added = Vec<LogDestination>;

/// The logs of a provider. There are none before it is started.
#[derive(Debug, Default)]
pub(super) struct ProviderLogs {
    logs: Option<Logs>,
    /// Whether the collector emits log records, which are then exported after the spans.
    pub(super) follow_spans: bool,
}

impl ProviderLogs {
    /// Starts them, with the exporters that were added to the builder.
    pub(super) fn start(
        config: &TelemetryConfig,
        all: &OtlpTargets,
        mut exporters: Added,
        resource: &Resource,
        settings: &WorkerSettings,
    ) -> Result<Self, Error> {
        exporters.extend(destinations(config, all, &settings.counters)?);
        check_project(&config.logging, resource);
        let mut redactor = Redactor::new(settings.redaction.clone());
        let mut identity = config.resource_attributes.identity();
        redactor.attributes(&mut identity);
        let settings = LogSettings::new(settings, &config.log_batch_processor);
        let baggage = &config.baggage_attributes;
        let limits = config.log_record_limits;
        let logs = Logs::start(exporters, resource, settings, identity, baggage, limits)?;
        Ok(Self {
            logs: Some(logs),
            follow_spans: false,
        })
    }

    /// Whether there are exporters.
    pub(super) fn are_exported(&self) -> bool {
        self.logs.as_ref().is_some_and(Logs::have_exporters)
    }

    /// Returns what emits exceptions as log records, if that is configured and log records are exported.
    pub(super) fn exceptions(&mut self, config: &TelemetryConfig) -> Option<Exceptions> {
        let signal = config.errors.exception_signal;
        if signal == ExceptionSignal::Spans {
            return None;
        }
        let emit = self.logs.as_ref()?.exceptions()?;
        self.follow_spans = true;
        let keeps_events = signal == ExceptionSignal::LogsAndSpans;
        Some(Exceptions::new(emit, keeps_events))
    }

    /// Flushes the exporters in the background.
    pub(super) fn flush(&self) -> Reports {
        self.logs.as_ref().map(Logs::flush)
    }

    /// Exports a last time and shuts the exporters down in the background.
    pub(super) fn shut_down(&self, timeout: Duration) -> Reports {
        self.logs.as_ref().map(|logs| logs.shut_down(timeout))
    }
}

/// The results of a flush or a shutdown.
pub(super) type Reports = Option<LogReports>;

/// Applies the configured redaction and identity to log records that are written locally. Nothing is
/// exported.
pub(super) fn start_local(config: &TelemetryConfig, counters: Arc<Counters>) -> Result<(), Error> {
    let settings = WorkerSettings {
        capacity: Size::default(),
        export_timeout: config.log_batch_processor.export_timeout(),
        redaction: Redaction::new(Policies::compile(&config.redaction)?, Arc::clone(&counters)),
        counters,
    };
    let mut local = config.clone();
    local.exporters.logs = Some(vec![ExporterKind::None]);
    // There are no traces whose project could be missing.
    local.logging = LoggingConfig::default();
    let resource = Resource::builder_empty().build();
    let (all, added) = (OtlpTargets::default(), Added::new());
    ProviderLogs::start(&local, &all, added, &resource, &settings).map(drop)
}

/// Warns if log lines for Google Cloud cannot name the traces that they belong to.
fn check_project(config: &LoggingConfig, resource: &Resource) {
    let is_written = config.json_output && config.output != LogOutput::None;
    if is_written && config.keys == LogKeys::Gcp && google_project(resource).is_none() {
        warn(
            "logging.keys: expected a project for `gcp`, as `gcp.project_id` or `cloud.account.id` of the resource or \
             in `GOOGLE_CLOUD_PROJECT`, found none: lines have the id of their trace, which Google Cloud does not \
             link to it",
        );
    }
}

/// Returns the number of exporters, with those that were added to the builder.
pub(super) fn count(config: &TelemetryConfig, all: &OtlpTargets, added: &Added) -> usize {
    added.len() + targets(config, all).len()
}

/// Returns the configured OTLP destinations, see [`signal_targets`]. The exporter `console` is the local
/// output, which is always written.
fn destinations(
    config: &TelemetryConfig,
    all: &OtlpTargets,
    counters: &Counters,
) -> Result<Vec<LogDestination>, Error> {
    let targets = targets(config, all);
    let targets = targets.iter().enumerate();
    targets
        .map(|(index, target)| otlp(&exporter_name(index), target, counters))
        .collect()
}

/// Returns the configured OTLP targets.
fn targets(config: &TelemetryConfig, all: &OtlpTargets) -> Vec<OtlpTarget> {
    let chosen = config.exporters.logs.as_deref();
    signal_targets(Signal::Logs, chosen, config, all)
}

#[cfg(feature = "_otlp")]
fn otlp(name: &str, target: &OtlpTarget, counters: &Counters) -> Result<LogDestination, Error> {
    let exporter = otlp_logs(target, counters)?;
    let failure = exporter.failure();
    Ok(LogDestination::with_failure(name, exporter, failure))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(_: &str, target: &OtlpTarget, _: &Counters) -> Result<LogDestination, Error> {
    Err(super::targets::without_otlp(target, Signal::Logs))
}

/// Waits until every log exporter has reported its result.
pub(super) fn await_delivery(
    reports: Reports,
    operation: &'static str,
    timeout: Duration,
    deadline: Option<Instant>,
) -> Result<(), Error> {
    let Some((expected, reports)) = reports else {
        return Ok(());
    };
    let mut outcome = Ok(());
    for _ in 0..expected {
        let (name, result) = receive(&reports, deadline)
            .map_err(|error| error.into_error(operation, timeout, "log records are pending"))?;
        let result =
            result.map_err(|failure| Error::export(format!("logs: exporter `{name}`: {failure}")));
        outcome = outcome.and(result);
    }
    outcome
}
