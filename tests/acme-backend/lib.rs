//! A telemetry backend as somebody else would write it, and the one line that adds it.

#![forbid(unsafe_code)]

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::plugin::{
    ExporterConfig, OtlpExporterConfig, PluginMetadata, PluginType, TelemetryBackendPlugin,
};

/// A service that takes OTLP over HTTP and wants to know whose it is.
#[derive(Debug)]
struct Acme;

floe_telemetry::telemetry_backend!(Acme);

impl PluginMetadata for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn version(&self) -> &'static str {
        "2.3.4"
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::TelemetryBackend
    }
}

impl TelemetryBackendPlugin for Acme {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let mut otlp = OtlpExporterConfig::from_config(config, "http://ingest.acme.example:4318")
            .with_header("X-Acme-Tenant", "floe")
            .with_header("Authorization", "none");
        otlp.protocol = OtlpProtocol::Http;
        ExporterConfig::Otlp(otlp)
    }
}
