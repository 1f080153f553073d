//! The backend that a configuration chooses.

use super::connection::{CONNECTION_TIMEOUT, ConnectionReport, within};
use super::exporter_config::ExporterConfig;
use super::registry::find;
use crate::caught::caught;
use crate::clock::monotonic_now;
use crate::config::{TelemetryConfig, check_endpoint};
use crate::error::Error;
use crate::exporter::OtlpTarget;

/// Checks whether the backend that `config` chooses accepts telemetry.
///
/// Returns within [`CONNECTION_TIMEOUT`], whatever the endpoint and the backend do.
///
/// # Errors
///
/// The configuration is not valid, its backend's name is unknown or ambiguous, or no thread can be started. A backend
/// that does not answer is not an error: the report describes the problem.
pub fn validate_connection(config: &TelemetryConfig) -> Result<ConnectionReport, Error> {
    config.validate()?;
    let backend = find(&config.backend)?;
    let config = config.copied();
    let started = monotonic_now();
    let name = config.backend.clone();
    let report = within(CONNECTION_TIMEOUT, move || backend.validate_connection(&config))?;
    Ok(report.unwrap_or_else(|problem| {
        ConnectionReport::new(format!("the backend `{name}`"), started.elapsed(), Err(problem))
    }))
}

/// Returns the OTLP target of the backend; `None` if the backend prints on the terminal.
pub(crate) fn target(config: &TelemetryConfig) -> Result<Option<OtlpTarget>, Error> {
    let backend = find(&config.backend)?;
    let exporter = caught(|| backend.otlp_exporter_config(config))
        .map_err(|_| Error::config(format!("backend: `{}` panicked", config.backend)))?;
    let ExporterConfig::Otlp(otlp) = exporter else {
        return Ok(None);
    };
    check_endpoint(&otlp.endpoint).map_err(|message| {
        Error::config(format!("backend `{}`: endpoint: {message}", config.backend))
    })?;
    Ok(Some(otlp.target(config)))
}
