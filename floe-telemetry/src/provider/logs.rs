//! The log exporters of a provider, and the results of their flush and shutdown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;

use super::delivery::receive;
use super::targets::{OtlpTargets, exporter_name, signal_targets};
use crate::collector::{Counters, Policies, Redaction, Redactor, Size, WorkerSettings};
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
use crate::exporter::OtlpTarget;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_logs;
use crate::logs::{LogDestination, LogReports, LogSettings, Logs};

/// Starts the logs of a provider, with the `exporters` that were added to the builder.
pub(super) fn start(
    config: &TelemetryConfig,
    all: &OtlpTargets,
    mut exporters: Vec<LogDestination>,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Logs, Error> {
    exporters.extend(destinations(config, all)?);
    let mut redactor = Redactor::new(settings.redaction.clone());
    let mut identity = config.resource_attributes.identity();
    redactor.attributes(&mut identity);
    let settings = LogSettings::new(settings, &config.log_batch_processor);
    let baggage = &config.baggage_attributes;
    let limits = config.log_record_limits;
    Logs::start(exporters, resource, settings, identity, baggage, limits)
}

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
    start(
        &local,
        &OtlpTargets::default(),
        Vec::new(),
        &Resource::builder_empty().build(),
        &settings,
    )
    .map(drop)
}

/// Returns the configured OTLP destinations, see [`signal_targets`]. The exporter `console` is the local
/// output, which is always written.
fn destinations(config: &TelemetryConfig, all: &OtlpTargets) -> Result<Vec<LogDestination>, Error> {
    let targets = targets(config, all);
    let targets = targets.iter().enumerate();
    targets
        .map(|(index, target)| otlp(&exporter_name(index), target))
        .collect()
}

/// Returns the configured OTLP targets.
pub(super) fn targets(config: &TelemetryConfig, all: &OtlpTargets) -> Vec<OtlpTarget> {
    let chosen = config.exporters.logs.as_deref();
    signal_targets(Signal::Logs, chosen, config, all)
}

#[cfg(feature = "_otlp")]
fn otlp(name: &str, target: &OtlpTarget) -> Result<LogDestination, Error> {
    let exporter = otlp_logs(target)?;
    let failed = exporter.failed();
    Ok(LogDestination::with_failed(name, exporter, Some(failed)))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(_: &str, target: &OtlpTarget) -> Result<LogDestination, Error> {
    Err(super::targets::without_otlp(target))
}

/// Waits until every log exporter has reported its result.
pub(super) fn await_delivery(
    reports: Option<LogReports>,
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
