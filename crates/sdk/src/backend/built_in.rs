//! The backends of this crate.

use super::exporter_config::{ExporterConfig, OtlpExporterConfig};
use super::plugin::TelemetryBackendPlugin;
use crate::config::{DEFAULT_BACKEND, OtlpProtocol, TelemetryConfig};

pub(super) enum BuiltIn {
    Console,
    Jaeger,
    /// Any receiver of OTLP, whose endpoint the configuration names.
    Otlp,
}

/// The Kubernetes service of Jaeger's Helm chart, on Jaeger's ports for OTLP.
const JAEGER_GRPC_ENDPOINT: &str = "http://jaeger-collector:4317";
const JAEGER_HTTP_ENDPOINT: &str = "http://jaeger-collector:4318";

impl TelemetryBackendPlugin for BuiltIn {
    fn name(&self) -> &'static str {
        match self {
            Self::Console => DEFAULT_BACKEND,
            Self::Jaeger => "jaeger",
            Self::Otlp => "otlp",
        }
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Console => "prints traces on the terminal, unless an endpoint is configured",
            Self::Jaeger => "sends traces to Jaeger's collector",
            Self::Otlp => "sends telemetry to the configured endpoint",
        }
    }

    /// Returns OTLP for `console`, too, if an endpoint is configured, so that the default backend need not be replaced.
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let protocol = config.otlp_protocol.unwrap_or_default();
        let default_endpoint = match (self, protocol) {
            (Self::Console, _) if config.otlp_endpoint.is_none() => return ExporterConfig::Console,
            (Self::Jaeger, OtlpProtocol::Grpc) => JAEGER_GRPC_ENDPOINT,
            (Self::Jaeger, OtlpProtocol::Http) => JAEGER_HTTP_ENDPOINT,
            (Self::Console | Self::Otlp, _) => protocol.default_endpoint(),
        };
        let mut otlp = OtlpExporterConfig::from_config(config, default_endpoint);
        otlp.is_traces_only = matches!(self, Self::Jaeger);
        ExporterConfig::Otlp(otlp)
    }
}
