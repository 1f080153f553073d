//! Initialization from the environment alone.

use std::sync::OnceLock;

use super::TelemetryProvider;
use crate::config::{self, ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
use crate::parts;

/// Initializes the telemetry from the environment on the first call. All calls, from any thread, return
/// the same provider.
///
/// With `OTEL_EXPORTER_OTLP_ENDPOINT` all signals are exported to that endpoint. A variable for one signal, such as
/// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_METRICS_EXPORTER`, enables the export of that signal only. Log records
/// are exported only if the program has installed a layer of `logs`. Unless the environment or its file selects a
/// destination, nothing is recorded. An unnamed service gets the name `unknown_service:` and the name of the
/// executable.
///
/// This function does not fail. If the telemetry cannot be initialized, it logs one warning, and nothing is
/// recorded. If another provider is in use, that provider stays in use, and the returned one records
/// nothing.
///
/// The provider is never dropped, so a program must shut it down, or call `shutdown_at_exit`. It is not
/// initialized again after a shutdown.
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
            // If another provider is in use, the telemetry is already initialized.
            if !error.is_state() {
                config::warn(&format!("nothing is recorded: {error}"));
            }
            TelemetryProvider::noop()
        })
    })
}

fn start() -> Result<TelemetryProvider, Error> {
    let mut config = TelemetryConfig::from_env()?;
    let [metrics, logs] = [Signal::Metrics, Signal::Logs].map(|signal| config.selects(signal));
    let metrics = metrics && parts::has_metrics();
    let logs = logs && parts::has_logs();
    config.enabled &= config.has_span_destination() || metrics || logs;
    if !config.has_span_destination() {
        // Otherwise spans would be printed to the terminal, which is the default without an exporter.
        config.exporters.traces = Some(vec![ExporterKind::None]);
    }
    TelemetryProvider::builder(config).initialize()
}
