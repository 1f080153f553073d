//! Where the log records of a provider go, and how their delivery is awaited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;

use super::finish::receive;
use super::targets::targets;
use crate::collector::{Counters, Policies, Redaction, Redactor, WorkerSettings};
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
use crate::exporter::OtlpTarget;
#[cfg(feature = "_otlp")]
use crate::exporter::otlp_logs;
use crate::logs::{LogDestination, LogReports, LogSettings, Logs};

/// Starts the logs of a provider, with the exporters that the user gave.
pub(super) fn start(
    config: &TelemetryConfig,
    of_spans: &[OtlpTarget],
    mut given: Vec<LogDestination>,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Logs, Error> {
    given.extend(destinations(config, of_spans)?);
    let mut redactor = Redactor::new(settings.redaction.clone());
    let mut identity = config.resource_attributes.identity();
    for attribute in &mut identity {
        redactor.attribute(attribute);
    }
    let settings = LogSettings::new(settings, &config.log_batch_processor);
    let baggage = &config.baggage_attributes;
    Logs::start(given, resource, settings, identity, baggage)
}

/// Lets the configuration say how the local output is redacted and whose it is, though nothing is
/// sent.
pub(super) fn adopt(config: &TelemetryConfig, counters: Arc<Counters>) -> Result<(), Error> {
    let settings = WorkerSettings {
        capacity: 0,
        redaction: Redaction::new(Policies::compile(&config.redaction)?, Arc::clone(&counters)),
        counters,
    };
    let mut quiet = config.clone();
    quiet.exporters.logs = Some(vec![ExporterKind::None]);
    start(
        &quiet,
        &[],
        Vec::new(),
        &Resource::builder_empty().build(),
        &settings,
    )
    .map(drop)
}

/// The destinations that the configuration asks for: over OTLP to where the spans go, if log records
/// are taken there, unless it says otherwise. `of_spans` are the targets of the spans. The exporter
/// `console` is the local output, which is there in any case.
fn destinations(
    config: &TelemetryConfig,
    of_spans: &[OtlpTarget],
) -> Result<Vec<LogDestination>, Error> {
    let chosen = config.exporters.logs.as_deref();
    targets(Signal::Logs, chosen, config, of_spans)
        .iter()
        .map(otlp)
        .collect()
}

#[cfg(feature = "_otlp")]
fn otlp(target: &OtlpTarget) -> Result<LogDestination, Error> {
    Ok(LogDestination::new("otlp", otlp_logs(target)?))
}

#[cfg(not(feature = "_otlp"))]
fn otlp(target: &OtlpTarget) -> Result<LogDestination, Error> {
    Err(super::targets::without_otlp(target))
}

/// Waits until every exporter of log records has said how it went.
pub(super) fn finish(
    reports: Option<LogReports>,
    what: &'static str,
    timeout: Duration,
    deadline: Option<Instant>,
) -> Result<(), Error> {
    let Some((expected, reports)) = reports else {
        return Ok(());
    };
    let mut outcome = Ok(());
    for _ in 0..expected {
        let (name, result) =
            receive(&reports, deadline).map_err(|error| error.explain(what, timeout))?;
        let result =
            result.map_err(|failure| Error::export(format!("logs: exporter `{name}`: {failure}")));
        outcome = outcome.and(result);
    }
    outcome
}
