//! Telemetry for programs that are configured by the environment alone.

use std::sync::OnceLock;

use super::TelemetryProvider;
use crate::config::{self, TelemetryConfig};
use crate::error::Error;

/// Starts the telemetry from the environment, the first time it is called; afterwards, and from
/// any other thread, it gives the same provider.
///
/// With `OTEL_EXPORTER_OTLP_ENDPOINT` (or one for traces, or `OTEL_TRACES_EXPORTER`), spans go
/// there; `service.name` is `floe-platform` unless a variable says otherwise. Without, nothing is
/// recorded. It never fails: what is wrong with the environment is one warning, and nothing is
/// recorded then. Neither is anything when another provider is in use, which is left alone.
///
/// The provider is never dropped: a program flushes or shuts it down before it ends. Once it is
/// shut down, it stays so.
///
/// ```
/// use std::time::Duration;
///
/// let telemetry = floe_telemetry::ensure_telemetry_initialized();
/// assert!(telemetry.is_noop());
/// telemetry.shutdown(Duration::from_secs(5))?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn ensure_telemetry_initialized() -> &'static TelemetryProvider {
    static ENSURED: OnceLock<TelemetryProvider> = OnceLock::new();
    ENSURED.get_or_init(|| {
        start().unwrap_or_else(|error| {
            // Another provider is what was asked for.
            if !error.is_state() {
                config::warn(&format!("nothing is recorded: {error}"));
            }
            TelemetryProvider::noop()
        })
    })
}

fn start() -> Result<TelemetryProvider, Error> {
    let mut config = TelemetryConfig::from_env()?;
    let has_endpoint = config.otlp_endpoint != config::DEFAULT_OTLP_ENDPOINT
        || config.backend != config::DEFAULT_BACKEND
        || config.otlp.traces.endpoint.is_some();
    config.enabled &= has_endpoint || config.exporters.traces.is_some();
    TelemetryProvider::builder(config).initialize()
}
