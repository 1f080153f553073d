//! The backend `otlp`: whatever takes OTLP, all of it from the configuration.

use super::{ExporterConfig, HelmValues, OtlpExporterConfig, TelemetryBackendPlugin, helm};
use crate::config::{DEFAULT_OTLP_ENDPOINT, TelemetryConfig};

built_in!(Otlp, "otlp", "sends traces to the configured endpoint");

impl TelemetryBackendPlugin for Otlp {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        ExporterConfig::Otlp(exporter(config))
    }

    /// A collector in front of the endpoint.
    fn helm_values(&self, config: &TelemetryConfig) -> Vec<HelmValues> {
        vec![helm::collector(&exporter(config), config)]
    }
}

fn exporter(config: &TelemetryConfig) -> OtlpExporterConfig {
    OtlpExporterConfig::from_config(config, DEFAULT_OTLP_ENDPOINT)
}
