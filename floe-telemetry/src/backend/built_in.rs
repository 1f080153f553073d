//! The backends of this crate.

use super::exporter_config::{ExporterConfig, OtlpExporterConfig};
use super::plugin::TelemetryBackendPlugin;
use crate::config::{DEFAULT_BACKEND, OtlpProtocol, TelemetryConfig};

/// The terminal.
pub(super) struct Console;

/// Jaeger's collector in the same cluster.
pub(super) struct Jaeger;

/// Any receiver of OTLP; the configuration names it.
pub(super) struct Otlp;

/// The Kubernetes service that Jaeger's Helm chart creates, on Jaeger's ports for OTLP.
const JAEGER_GRPC_ENDPOINT: &str = "http://jaeger-collector:4317";
const JAEGER_HTTP_ENDPOINT: &str = "http://jaeger-collector:4318";

impl TelemetryBackendPlugin for Console {
    fn name(&self) -> &'static str {
        DEFAULT_BACKEND
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        "prints traces on the terminal"
    }

    /// `console` is also the default, so a configured endpoint must still be used.
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        if config.otlp_endpoint.is_none() {
            return ExporterConfig::Console;
        }
        let default_endpoint = config.otlp_protocol.unwrap_or_default().default_endpoint();
        ExporterConfig::Otlp(OtlpExporterConfig::from_config(config, default_endpoint))
    }
}

impl TelemetryBackendPlugin for Jaeger {
    fn name(&self) -> &'static str {
        "jaeger"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        "sends traces to Jaeger's collector"
    }

    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let default_endpoint = match config.otlp_protocol.unwrap_or_default() {
            OtlpProtocol::Grpc => JAEGER_GRPC_ENDPOINT,
            OtlpProtocol::Http | OtlpProtocol::HttpJson => JAEGER_HTTP_ENDPOINT,
        };
        let otlp = OtlpExporterConfig::from_config(config, default_endpoint);
        ExporterConfig::Otlp(otlp.traces_only())
    }
}

impl TelemetryBackendPlugin for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        "sends telemetry to the configured endpoint"
    }

    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let default_endpoint = config.otlp_protocol.unwrap_or_default().default_endpoint();
        ExporterConfig::Otlp(OtlpExporterConfig::from_config(config, default_endpoint))
    }
}
