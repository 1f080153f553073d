//! The interface that a backend implements.

use std::fmt;

use super::connection::{self, ConnectionReport};
use super::exporter_config::ExporterConfig;
use crate::config::TelemetryConfig;

/// A named destination for telemetry.
///
/// A backend that needs no more than an endpoint, a protocol and headers does not need an
/// implementation: the built-in backend `otlp` takes all three from the configuration.
///
/// ```standalone_crate
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::backend::{self, ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
///
/// struct Tempo;
///
/// impl TelemetryBackendPlugin for Tempo {
///     fn name(&self) -> &str { "tempo" }
///     fn version(&self) -> &str { env!("CARGO_PKG_VERSION") }
///
///     fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
///         let otlp = OtlpExporterConfig::from_config(config, "http://tempo:4317");
///         ExporterConfig::Otlp(otlp.with_header("X-Scope-OrgID", "floe"))
///     }
/// }
///
/// floe_telemetry::backend::telemetry_backend!(Tempo);
///
/// assert_eq!(backend::names(), ["console", "jaeger", "otlp", "tempo"]);
/// ```
pub trait TelemetryBackendPlugin: Send + Sync {
    /// Returns the name by which a configuration chooses the backend, for example `jaeger`. It must be unique among the
    /// backends of a program.
    fn name(&self) -> &str;

    /// Returns the version of the backend, for example `1.4.0`.
    fn version(&self) -> &str;

    /// Returns one sentence that describes the backend. Default: empty.
    #[expect(clippy::unnecessary_literal_bound, reason = "an implementation may own its text")]
    fn description(&self) -> &str {
        ""
    }

    /// Returns the destination of telemetry. `config` is the user's configuration, already validated.
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig;

    /// Checks whether the backend accepts telemetry. Default: sends an OTLP request without spans, as the provider
    /// would. For [`ExporterConfig::Console`], the check succeeds without a request.
    ///
    /// [`validate_connection`](super::validate_connection) calls this method and gives up after
    /// [`CONNECTION_TIMEOUT`](super::CONNECTION_TIMEOUT).
    fn validate_connection(&self, config: &TelemetryConfig) -> ConnectionReport {
        connection::send_empty_request(&self.otlp_exporter_config(config), config)
    }
}

impl fmt::Debug for dyn TelemetryBackendPlugin + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBackendPlugin")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
