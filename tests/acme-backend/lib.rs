//! A telemetry backend and an exporter in a crate of their own, and the macro calls that register them.

#![forbid(unsafe_code)]

use std::sync::LazyLock;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::backend::{ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
use floe_telemetry::config::{OtlpProtocol, Signal};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};

/// A backend that accepts OTLP over HTTP and identifies its tenants by a header.
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

/// Keeps the spans that `acme_archive` has exported.
pub static ARCHIVE: LazyLock<MemoryExporter> = LazyLock::new(MemoryExporter::new);

telemetry_exporter!(ExporterFactory::new("acme_archive", &[Signal::Traces], |_, provider| {
    if provider.config().resource_attributes.service_name == "refused" {
        return Err("no archive at token=abcdefgh12345".into());
    }

    Ok(provider.with_span_exporter(ARCHIVE.clone()))
}));
