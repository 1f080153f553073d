//! The exporters over OTLP, linked by another crate.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;

use super::OtlpTarget;
use crate::collector::{Counters, Destination, ExporterId, WorkerSettings};
use crate::config::{Signal, TelemetryConfig, needed, without_credentials};
use crate::error::Error;
use crate::logs::{LogSettings, LogWorker};
use crate::metrics::MetricDestination;
use crate::recorder::context::suppress;

/// The exporters over OTLP. Each function fails if the settings of the target cannot be used.
#[derive(Debug)]
pub struct OtlpExporters {
    /// Starts the exporter of spans under a name.
    pub spans: StartSpans,
    /// Creates the exporter of metrics under a name.
    pub metrics: fn(ExporterId, &OtlpTarget, &Counters) -> Started<MetricDestination>,
    /// Starts the exporter of log records under a name.
    pub logs: fn(&ExporterId, &OtlpTarget, &Resource, &LogSettings) -> Started<Arc<LogWorker>>,
    /// Sends one request without spans within a timeout. The error is the reason why it failed.
    pub try_connection: fn(&OtlpTarget, Duration) -> Result<(), String>,
}

type StartSpans =
    fn(&ExporterId, &OtlpTarget, &Resource, &WorkerSettings) -> Started<Box<dyn Destination>>;

type Started<T> = Result<T, Error>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static OTLP: [OtlpExporters] = "fl_otlp_0_1";
}

impl OtlpExporters {
    /// Functions that return an error, for signals whose features are not enabled.
    pub const WITHOUT: Self = Self {
        spans: |_, _, _, _| Err(without("traces")),
        metrics: |_, _, _| Err(without("metrics")),
        logs: |_, _, _, _| Err(without("logs")),
        try_connection: |_, _| Err("no exporter over OTLP is linked".to_owned()),
    };

    pub(crate) fn linked() -> Option<&'static Self> {
        OTLP.iter().next()
    }

    /// Returns the exporters. Fails if they are not linked, although a signal goes to `target`.
    pub(crate) fn of(target: &OtlpTarget, signal: Signal) -> Result<&'static Self, Error> {
        Self::linked().ok_or_else(|| {
            let (protocol, endpoint) = target.config.otlp_route(signal);
            let needed = protocol.check_feature(&without_credentials(endpoint)).err();
            let message = format!("otlp: {}", needed.unwrap_or_default());
            Error::config(message).of_setting("PROTOCOL")
        })
    }
}

/// Sends one request of traces without spans over OTLP, to the receiver that a configuration selects, and returns when it
/// is accepted. This checks the address, the certificate and the credential.
///
/// # Errors
///
/// The configuration is not valid, the program is built without OTLP, or the request is not accepted within `timeout`
/// ([`Error::is_export`]).
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::exporter::try_connection;
///
/// let config = TelemetryConfig::from_env()?;
/// if let Err(error) = try_connection(&config, Duration::from_secs(5)) {
///     eprintln!("no telemetry will arrive: {error}");
/// }
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn try_connection(config: &TelemetryConfig, timeout: Duration) -> Result<(), Error> {
    config.validate()?;
    let target = config.copied().into();
    let exporters = OtlpExporters::of(&target, Signal::Traces)?;
    let _suppressed = suppress();
    (exporters.try_connection)(&target, timeout).map_err(Error::export)
}

fn without(signal: &str) -> Error {
    Error::config(format!("otlp: {}", needed(&format!("an exporter of {signal}"), signal)))
}
