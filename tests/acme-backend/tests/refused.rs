//! Backends that cannot be chosen: two of one name, one for another interface, one that panics, one
//! that names no endpoint. Those that can are not affected.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use floe_telemetry::plugin::{
    self, ExporterConfig, OtlpExporterConfig, PluginMetadata, PluginType, TelemetryBackendPlugin,
};
use floe_telemetry::{TelemetryConfig, TelemetryProvider};

struct Backend {
    name: &'static str,
    api: &'static str,
    endpoint: Option<&'static str>,
}

floe_telemetry::telemetry_backend!(Backend::new("twin", "1.0", Some("http://a:4317")));
floe_telemetry::telemetry_backend!(Backend::new("twin", "1.0", Some("http://b:4317")));
floe_telemetry::telemetry_backend!(Backend::new("future", "1.1", Some("http://a:4317")));
floe_telemetry::telemetry_backend!(Backend::new("panics", "1.0", None));
floe_telemetry::telemetry_backend!(Backend::new("nowhere", "1.0", Some("acme")));

impl Backend {
    const fn new(name: &'static str, api: &'static str, endpoint: Option<&'static str>) -> Self {
        Self {
            name,
            api,
            endpoint,
        }
    }
}

impl PluginMetadata for Backend {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &'static str {
        "0.1.0"
    }

    fn floe_api_version(&self) -> &str {
        self.api
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::TelemetryBackend
    }
}

impl TelemetryBackendPlugin for Backend {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let endpoint = self.endpoint.expect("an endpoint");
        ExporterConfig::Otlp(OtlpExporterConfig::new(endpoint, config.otlp_protocol))
    }
}

#[track_caller]
fn check(backend: &str, error: &str) {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    let found = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(found.is_config());
    assert_eq!(found.to_string(), error);
}

#[test]
fn each_is_one_clear_error() {
    let file = file!();
    check(
        "twin",
        &format!(
            "telemetry_backend plugins: two have the same name: twin 0.1.0 ({file}:17) and twin 0.1.0 ({file}:18): accepted is one of each name"
        ),
    );
    check(
        "future",
        &format!(
            "telemetry_backend plugin future 0.1.0 ({file}:19): it is written for version `1.1` of the plugin interface, which this program does not have; this program has `1.0`"
        ),
    );
    check("panics", "backend: `panics` panicked");
    check(
        "nowhere",
        "backend `nowhere`: endpoint: `acme` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
    );
    let all = plugin::discover().unwrap_err().to_string();
    assert!(all.contains("future 0.1.0"), "{all}");
    assert!(TelemetryConfig::new("orders").validate().is_ok());
}
