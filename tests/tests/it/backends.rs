//! The backends that are always there: where they send, and the charts that they need.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::OtlpProtocol::{self, Grpc, Http};
use floe_telemetry::config::{AuthType, TelemetryAuth};
use floe_telemetry::plugin::{self, ExporterConfig, HelmValues};
use serde_json::{Value, json};

fn config(backend: &str, endpoint: Option<&str>, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    config.otlp_protocol = protocol;
    if let Some(endpoint) = endpoint {
        endpoint.clone_into(&mut config.otlp_endpoint);
    }
    config
}

#[test]
fn each_backend_has_its_endpoint_and_a_configured_one_wins() {
    const OWN: &str = "http://collector:4317";
    // The way out for a Jaeger of this machine.
    const HERE: &str = "http://127.0.0.1:4317";
    for (backend, endpoint, protocol, expected) in [
        ("console", None, Grpc, None),
        ("console", Some(OWN), Grpc, Some(OWN)),
        ("jaeger", None, Grpc, Some("http://jaeger-collector:4317")),
        ("jaeger", None, Http, Some("http://jaeger-collector:4318")),
        ("jaeger", Some(OWN), Http, Some(OWN)),
        ("jaeger", Some(HERE), Grpc, Some(HERE)),
        ("otlp", None, Grpc, Some("http://localhost:4317")),
        ("otlp", Some(OWN), Grpc, Some(OWN)),
    ] {
        let config = config(backend, endpoint, protocol);
        let exporter = plugin::backend(backend)
            .unwrap()
            .otlp_exporter_config(&config);
        let found = match exporter {
            ExporterConfig::Console => None,
            ExporterConfig::Otlp(otlp) => {
                assert_eq!(otlp.protocol, protocol);
                assert!(otlp.headers.is_empty());
                Some(otlp.endpoint)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found.as_deref(), expected, "{backend} {endpoint:?}");
    }
}

#[test]
fn the_terminal_is_always_there() {
    let report = plugin::validate_connection(&config("console", None, Grpc)).unwrap();
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.tried, "the terminal");
}

fn values(config: &TelemetryConfig) -> Vec<(String, Value)> {
    let all = plugin::backend(&config.backend)
        .unwrap()
        .helm_values(config);
    let parsed = |HelmValues { chart, values, .. }| {
        assert!(!values.contains("hunter2"), "{values}");
        (chart, serde_saphyr::from_str(&values).unwrap())
    };
    all.into_iter().map(parsed).collect()
}

#[test]
fn the_terminal_needs_no_chart() {
    assert_eq!(values(&config("console", None, Grpc)), []);
}

#[test]
fn jaeger_is_its_chart_and_a_collector_that_sends_to_it() {
    let [jaeger, collector] = &values(&config("jaeger", None, Grpc))[..] else {
        panic!("two charts");
    };
    assert_eq!(jaeger.0, "jaegertracing/jaeger");
    assert_eq!(
        jaeger.1,
        json!({
            "collector": { "resources": {
                "limits": { "cpu": "500m", "memory": "512Mi" },
                "requests": { "cpu": "100m", "memory": "128Mi" },
            } },
            "query": { "resources": {
                "limits": { "cpu": "250m", "memory": "256Mi" },
                "requests": { "cpu": "50m", "memory": "64Mi" },
            } },
            "storage": { "type": "memory" },
        })
    );
    assert_eq!(collector.0, "open-telemetry/opentelemetry-collector");
    assert_eq!(
        collector.1,
        json!({
            "mode": "deployment",
            "image": { "repository": "otel/opentelemetry-collector-k8s" },
            "config": {
                "exporters": { "otlp/backend": {
                    "endpoint": "jaeger-collector:4317",
                    "tls": { "insecure": true },
                } },
                "service": { "pipelines": { "traces": { "exporters": ["otlp/backend"] } } },
            },
        })
    );
}

#[test]
fn a_credential_is_the_name_of_a_secret() {
    let mut config = config("otlp", Some("http://phoenix:6006/v1/traces"), Http);
    config.authentication = Some(TelemetryAuth {
        auth_type: AuthType::Bearer,
        api_key: None,
        bearer_token: Some("hunter2".into()),
        header_name: "Authorization".to_owned(),
    });
    let values = &values(&config)[0].1;
    assert_eq!(
        values["config"]["exporters"]["otlphttp/backend"],
        json!({
            "traces_endpoint": "http://phoenix:6006/v1/traces",
            "headers": { "Authorization": "Bearer ${env:FLOE_TELEMETRY_CREDENTIAL}" },
        })
    );
    assert_eq!(
        values["extraEnvs"][0],
        json!({
            "name": "FLOE_TELEMETRY_CREDENTIAL",
            "valueFrom": { "secretKeyRef": { "name": "floe-telemetry", "key": "credential" } },
        })
    );
}
