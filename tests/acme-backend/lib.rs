//! A telemetry backend in its own crate, and the line that registers it.

#![forbid(unsafe_code)]

use floe_telemetry::TelemetryConfig;
use floe_telemetry::backend::{ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
use floe_telemetry::config::OtlpProtocol;

/// A service that accepts OTLP over HTTP and identifies its tenants by a header.
#[derive(Debug)]
struct Acme;

floe_telemetry::backend::telemetry_backend!(Acme);

impl TelemetryBackendPlugin for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn version(&self) -> &'static str {
        "2.3.4"
    }

    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let mut otlp = OtlpExporterConfig::from_config(config, "http://ingest.acme.example:4318")
            .with_header("X-Acme-Tenant", "floe")
            .with_header("Authorization", "none");
        otlp.protocol = OtlpProtocol::Http;
        ExporterConfig::Otlp(otlp)
    }
}
