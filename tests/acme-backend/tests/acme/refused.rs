//! Backends that cannot be used: two of the same name, one that panics, and one without a valid endpoint. Each is an
//! error only for a configuration that selects it.

use floe_telemetry::backend::{self, ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
use floe_telemetry::{TelemetryConfig, TelemetryProvider};

struct Backend {
    name: &'static str,
    endpoint: Option<&'static str>,
}

floe_telemetry::backend::telemetry_backend!(Backend::new("twin", Some("http://a:4317")));
floe_telemetry::backend::telemetry_backend!(Backend::new("twin", Some("http://b:4317")));
floe_telemetry::backend::telemetry_backend!(Backend::new("panics", None));
floe_telemetry::backend::telemetry_backend!(Backend::new("nowhere", Some("acme")));

impl Backend {
    const fn new(name: &'static str, endpoint: Option<&'static str>) -> Self {
        Self { name, endpoint }
    }
}

impl TelemetryBackendPlugin for Backend {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &'static str {
        "0.1.0"
    }

    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        let endpoint = self.endpoint.expect("an endpoint");
        ExporterConfig::Otlp(OtlpExporterConfig::new(
            endpoint,
            config.otlp_protocol.unwrap_or_default(),
        ))
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
fn each_unusable_backend_is_one_clear_error() {
    floe_tests::alone!();
    let file = file!();
    check(
        "twin",
        &format!(
            "backend: several backends have the same name: twin 0.1.0 ({file}:12) and twin 0.1.0 ({file}:13), expected different names"
        ),
    );

    check("panics", "backend: `panics` panicked");
    check(
        "nowhere",
        "backend `nowhere`: endpoint: `acme` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4318`",
    );

    check(
        "acne",
        "backend: unknown backend `acne`, expected `acme`, `console`, `jaeger`, `nowhere`, `otlp`, `panics` or `twin`; did you mean `acme`?",
    );

    assert_eq!(
        backend::names(),
        ["acme", "console", "jaeger", "nowhere", "otlp", "panics", "twin"]
    );

    let other = TelemetryProvider::builder(TelemetryConfig::new("orders")).initialize();
    assert!(!other.unwrap().is_noop());
}
