//! The built-in backends, and the endpoint of each.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::backend::{self, ExporterConfig, OtlpExporterConfig};
use floe_telemetry::config::OtlpProtocol::{self, Grpc, Http};

fn config(backend: &str, endpoint: Option<&str>, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    config.otlp_protocol = Some(protocol);
    if let Some(endpoint) = endpoint {
        config.otlp_endpoint = Some(endpoint.to_owned());
    }
    config
}

#[test]
fn a_configured_endpoint_overrides_that_of_the_backend() {
    const OWN: &str = "http://collector:4317";
    // The endpoint of a Jaeger on this machine, which is not the default of the backend.
    const HERE: &str = "http://localhost:4317";
    for (name, endpoint, protocol, expected) in [
        ("console", None, Grpc, None),
        ("console", Some(OWN), Grpc, Some(OWN)),
        ("console", Some(HERE), Grpc, Some(HERE)),
        ("jaeger", None, Grpc, Some("http://jaeger-collector:4317")),
        ("jaeger", None, Http, Some("http://jaeger-collector:4318")),
        ("jaeger", Some(OWN), Http, Some(OWN)),
        ("jaeger", Some(HERE), Grpc, Some(HERE)),
        ("otlp", None, Grpc, Some("http://localhost:4317")),
        ("otlp", Some(OWN), Grpc, Some(OWN)),
    ] {
        let config = config(name, endpoint, protocol);
        let exporter = backend::find(name).unwrap().otlp_exporter_config(&config);
        let found = match exporter {
            ExporterConfig::Console => None,
            ExporterConfig::Otlp(otlp) => {
                assert_eq!(otlp.protocol, protocol);
                assert!(otlp.headers.is_empty());
                Some(otlp.endpoint)
            }
            other => panic!("{other:?}"),
        };
        assert!(backend::find(name).unwrap().description().contains(" t"), "{name}");

        assert_eq!(found.as_deref(), expected, "{name} {endpoint:?}");
    }
}

#[test]
fn the_console_always_accepts_telemetry() {
    let report = backend::validate_connection(&config("console", None, Grpc)).unwrap();
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.probe, "the terminal");
}

#[test]
fn a_destination_is_printed_without_credentials() {
    for (endpoint, shown) in [
        ("http://collector:4317/otlp", "http://collector:4317/otlp"),
        ("https://collector/?token=hunter2&team=a", "https://collector/?<REDACTED>"),
        (
            "https://user:hunter2@collector/otlp?token=hunter2",
            "https://<REDACTED>@collector/otlp?<REDACTED>",
        ),
        ("https://user:a?hunter2@b@collector:4317", "https://<REDACTED>@collector:4317"),
        ("user:a?hunter2@collector", "<REDACTED>@collector"),
    ] {
        let exporter = OtlpExporterConfig::new(endpoint, Http).with_header("x-key", "hunter2");
        for printed in
            [format!("{exporter:?}"), format!("{:?}", ExporterConfig::Otlp(exporter.clone()))]
        {
            assert!(printed.contains(&format!("endpoint: {shown:?}")), "{printed}");
            assert!(printed.contains("x-key"), "{printed}");
            assert!(!printed.contains("hunter2"), "{printed}");
        }
    }
}
