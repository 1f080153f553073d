//! Telemetry for programs that are configured by the environment alone.

use std::sync::OnceLock;

use super::TelemetryProvider;
use crate::config::{self, ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;

/// Starts the telemetry from the environment, the first time it is called; afterwards, and from
/// any other thread, it gives the same provider.
///
/// With `OTEL_EXPORTER_OTLP_ENDPOINT`, all signals go there; with an endpoint of one signal, or its
/// `OTEL_…_EXPORTER`, that signal goes where these say, and spans go nowhere unless they are the one.
/// (Log records are what [`logs`](crate::logs) was set up for, which is the program's to do.)
/// Without a variable that names the service, it is `unknown_service:` and the name of the executable.
/// Without any of these variables, nothing is recorded. It never fails: what is wrong with the environment is one warning, and nothing is
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
    let is_for_all = config.otlp_endpoint != config::DEFAULT_OTLP_ENDPOINT
        || config.backend != config::DEFAULT_BACKEND;
    let [traces, metrics, logs] =
        [Signal::Traces, Signal::Metrics, Signal::Logs].map(|signal| is_asked(&config, signal));
    let logs = logs && cfg!(feature = "logs");
    config.enabled &= is_for_all || traces || metrics || logs;
    if !is_for_all && !traces {
        // Nobody asked for the terminal, which is where spans go if nothing else is said.
        config.exporters.traces = Some(vec![ExporterKind::None]);
    }
    TelemetryProvider::builder(config).initialize()
}

/// Whether something is said of this signal alone that makes it go somewhere.
fn is_asked(config: &TelemetryConfig, signal: Signal) -> bool {
    let exporters = match signal {
        Signal::Traces => &config.exporters.traces,
        Signal::Metrics => &config.exporters.metrics,
        Signal::Logs => &config.exporters.logs,
    };
    match exporters {
        Some(chosen) => chosen.iter().any(|kind| *kind != ExporterKind::None),
        None => config.otlp.signal(signal).endpoint.is_some(),
    }
}
