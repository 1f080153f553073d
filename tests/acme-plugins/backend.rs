//! A telemetry backend that accepts OTLP over HTTP, and identifies its tenants by a header.

use floe_plugin::backend::{Configured, TelemetryBackendPlugin, telemetry_backend};
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::trace::TelemetryProviderBuilder;

#[derive(Debug)]
struct Acme;

telemetry_backend!(Acme);

impl TelemetryBackendPlugin for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    fn version(&self) -> &'static str {
        "2.3.4"
    }

    fn configure(&self, provider: TelemetryProviderBuilder) -> Configured {
        Ok(provider.configure(|config| {
            config.otlp_protocol = Some(OtlpProtocol::Http);
            let endpoint = || "http://ingest.acme.example:4318".to_owned();
            config.otlp_endpoint.get_or_insert_with(endpoint);
            let headers = &mut config.otlp.all.headers;
            headers.entry("x-acme-tenant".to_owned()).or_insert_with(|| "floe".into());
        }))
    }
}
