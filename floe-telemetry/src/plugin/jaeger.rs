//! The backend `jaeger`: Jaeger's collector in the same cluster.

use super::{ExporterConfig, HelmValues, OtlpExporterConfig, TelemetryBackendPlugin, helm};
use crate::config::{OtlpProtocol, TelemetryConfig};

/// The service that Jaeger's chart makes, with Jaeger's ports for OTLP.
const GRPC_ENDPOINT: &str = "http://jaeger-collector:4317";
const HTTP_ENDPOINT: &str = "http://jaeger-collector:4318";

built_in!(Jaeger, "jaeger", "sends traces to Jaeger's collector");

impl TelemetryBackendPlugin for Jaeger {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        ExporterConfig::Otlp(exporter(config))
    }

    /// Jaeger, and a collector in front of it.
    fn helm_values(&self, config: &TelemetryConfig) -> Vec<HelmValues> {
        vec![helm::jaeger(), helm::collector(&exporter(config), config)]
    }
}

fn exporter(config: &TelemetryConfig) -> OtlpExporterConfig {
    let own = match config.otlp_protocol {
        OtlpProtocol::Grpc => GRPC_ENDPOINT,
        OtlpProtocol::Http => HTTP_ENDPOINT,
    };
    OtlpExporterConfig::from_config(config, own).traces_only()
}
