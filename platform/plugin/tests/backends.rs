//! The built-in backends, and the endpoint of each.

#![allow(clippy::unwrap_used, reason = "tests")]

use floe_plugin::backend;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::ExporterKind;
use floe_telemetry::config::OtlpProtocol::{self, Grpc, Http};

fn config(backend: &str, endpoint: Option<&str>, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    config.otlp_protocol = Some(protocol);
    config.otlp_endpoint = endpoint.map(str::to_owned);
    config
}

#[test]
fn a_configured_endpoint_overrides_that_of_the_backend() {
    const OWN: &str = "http://collector:4317";
    // The endpoint of a Jaeger on this machine, which is not the default of the backend.
    const HERE: &str = "http://localhost:4317";
    for (name, endpoint, protocol, expected) in [
        ("console", None, Grpc, ("console", None)),
        ("console", Some(OWN), Grpc, ("console", Some(OWN))),
        ("console", Some(HERE), Grpc, ("console", Some(HERE))),
        ("jaeger", None, Grpc, ("console", Some("http://jaeger-collector:4317"))),
        ("jaeger", None, Http, ("console", Some("http://jaeger-collector:4318"))),
        ("jaeger", Some(OWN), Http, ("console", Some(OWN))),
        ("jaeger", Some(HERE), Grpc, ("console", Some(HERE))),
        ("otlp", None, Grpc, ("otlp", None)),
        ("otlp", Some(OWN), Grpc, ("otlp", Some(OWN))),
    ] {
        let provider = backend::builder(config(name, endpoint, protocol)).unwrap();
        let found = provider.config();
        assert_eq!((&*found.backend, found.otlp_endpoint.as_deref()), expected, "{name}");
        assert_eq!(found.otlp_protocol, Some(protocol));
        assert!(backend::find(name).unwrap().description().contains(" t"), "{name}");
    }
}

/// Jaeger accepts only traces, but a signal that names its exporters or its endpoint is sent there.
#[test]
fn jaeger_gets_traces() {
    let none = || Some(vec![ExporterKind::None]);
    let mut config = config("jaeger", None, Grpc);
    let provider = backend::builder(config.clone()).unwrap();
    let exporters = &provider.config().exporters;
    assert_eq!(exporters.traces, None);
    assert_eq!((&exporters.metrics, &exporters.logs), (&none(), &none()));
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.otlp.logs.endpoint = Some("http://logs:4317".to_owned());
    let provider = backend::builder(config).unwrap();
    let exporters = &provider.config().exporters;
    assert_eq!(exporters.metrics, Some(vec![ExporterKind::Otlp]));
    assert_eq!(exporters.logs, None);
}

#[test]
fn the_console_always_accepts_telemetry() {
    let report = backend::validate_connection(&config("console", None, Grpc)).unwrap();
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.probe, "the terminal");
}
