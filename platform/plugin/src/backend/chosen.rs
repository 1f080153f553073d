//! The backend that a configuration chooses.

use std::fmt::Display;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use floe_telemetry::config::DEFAULT_BACKEND;
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider};

use super::connection::{CONNECTION_TIMEOUT, ConnectionReport, within};
use super::registry::find;

/// Returns the builder of a provider whose telemetry goes to the backend that `config` chooses.
///
/// # Errors
///
/// No backend, or several backends, have the name; or the backend panics, fails, or makes the configuration invalid.
pub fn builder(mut config: TelemetryConfig) -> Result<TelemetryProviderBuilder, Error> {
    let backend = find(&config.backend)?;
    let name = mem::replace(&mut config.backend, DEFAULT_BACKEND.to_owned());
    let refused = |reason: &dyn Display| Error::config(format!("backend `{name}`: {reason}"));
    let provider = TelemetryProvider::builder(config);
    let configured = catch_unwind(AssertUnwindSafe(|| backend.configure(provider)));
    let configured = configured.map_err(|_| refused(&"it panicked"))?;
    let provider = configured.map_err(|error| refused(&error))?;
    provider.config().validate().map_err(|error| refused(&error))?;
    Ok(provider)
}

/// Checks whether the backend that `config` chooses accepts telemetry.
///
/// Returns within [`CONNECTION_TIMEOUT`], whatever the endpoint and the backend do.
///
/// # Errors
///
/// The configuration is not valid, its backend's name is unknown or ambiguous, the backend cannot be used, or no thread
/// can be started. A backend that does not answer is not an error: the report describes the problem.
pub fn validate_connection(config: &TelemetryConfig) -> Result<ConnectionReport, Error> {
    config.validate()?;
    let backend = find(&config.backend)?;
    let provider = builder(config.clone())?;
    let name = config.backend.clone();
    let check = move || backend.validate_connection(provider.config());
    within(CONNECTION_TIMEOUT, &format!("the backend `{name}`"), check)
}
