//! The Helm values of a backend, which are computed from the telemetry configuration.

use floe::cli::helm;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::backend::{self, ExporterConfig};
use floe_telemetry::config::OtlpProtocol::{self, Grpc, Http};
use floe_telemetry::config::TelemetryAuth;
use serde_json::{Value, json};

fn config(backend: &str, endpoint: Option<&str>, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    backend.clone_into(&mut config.backend);
    config.otlp_protocol = Some(protocol);
    if let Some(endpoint) = endpoint {
        config.otlp_endpoint = Some(endpoint.to_owned());
    }
    config
}

/// Each chart with its values, parsed.
fn charts(config: &TelemetryConfig) -> Vec<(&'static str, Value)> {
    let backend = backend::find(&config.backend).unwrap();
    let charts = helm::charts(backend, config).into_iter();
    charts
        .map(|chart| {
            assert!(!chart.values.contains("hunter2"), "{}", chart.values);
            (chart.chart, floe_telemetry::config::yaml::read(&chart.values).unwrap())
        })
        .collect()
}

/// The values of the collector's chart.
fn collector(config: &TelemetryConfig) -> Value {
    let charts = charts(config);
    let (_, values) = charts
        .into_iter()
        .find(|(chart, _)| *chart == "open-telemetry/opentelemetry-collector")
        .unwrap();
    values
}

#[test]
fn each_backend_names_its_charts() {
    const COLLECTOR: &str = "open-telemetry/opentelemetry-collector";
    for (backend, expected) in [
        ("console", &[][..]),
        ("jaeger", &["jaegertracing/jaeger", COLLECTOR]),
        ("otlp", &[COLLECTOR]),
    ] {
        let charts = charts(&config(backend, None, Grpc));
        let names: Vec<_> = charts.iter().map(|(chart, _)| *chart).collect();
        assert_eq!(names, expected, "{backend}");
    }
}

#[test]
fn the_collector_forwards_to_the_endpoint_of_the_backend() {
    for (backend, endpoint, protocol, exporter, expected) in [
        (
            "jaeger",
            None,
            Grpc,
            "otlp/backend",
            json!({ "endpoint": "jaeger-collector:4317", "tls": { "insecure": true } }),
        ),
        (
            "jaeger",
            None,
            Http,
            "otlphttp/backend",
            json!({ "endpoint": "http://jaeger-collector:4318" }),
        ),
        (
            "otlp",
            Some("https://otlp.example/"),
            Grpc,
            "otlp/backend",
            json!({ "endpoint": "otlp.example", "tls": { "insecure": false } }),
        ),
        (
            "otlp",
            Some("http://phoenix:6006/v1/traces"),
            Http,
            "otlphttp/backend",
            json!({ "traces_endpoint": "http://phoenix:6006/v1/traces" }),
        ),
    ] {
        let values = collector(&config(backend, endpoint, protocol));
        let exporters = &values["config"]["exporters"];
        assert_eq!(exporters[exporter], expected, "{backend} {endpoint:?}");
        // The pipeline uses exactly the configured exporter.
        assert_eq!(exporters.as_object().unwrap().len(), 1);
        assert_eq!(
            values["config"]["service"]["pipelines"]["traces"]["exporters"],
            json!([exporter])
        );
        assert!(values.get("extraEnvs").is_none(), "{values}");
    }
}

/// A Kubernetes quantity in its base unit.
fn quantity(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[number.len()..] {
        "m" => 1,
        "Mi" => 1024 * 1024,
        unit => unreachable!("the unit `{unit}`"),
    };
    number.parse::<u64>().unwrap() * factor
}

#[test]
fn no_component_of_jaeger_requests_more_than_its_limit() {
    let charts = charts(&config("jaeger", None, Grpc));
    let (_, jaeger) = &charts[0];
    for component in ["collector", "query"] {
        let resources = &jaeger[component]["resources"];
        for resource in ["cpu", "memory"] {
            let request = quantity(&resources["requests"][resource]);
            let limit = quantity(&resources["limits"][resource]);
            assert!(
                0 < request && request <= limit,
                "{component} {resource}: {request} of {limit}"
            );
        }
    }
    // The service that the chart creates for this component is the default endpoint of the backend.
    let config = config("jaeger", None, Grpc);
    let ExporterConfig::Otlp(otlp) = backend::find("jaeger").unwrap().otlp_exporter_config(&config)
    else {
        panic!("Jaeger receives OTLP");
    };
    assert!(otlp.endpoint.contains("://jaeger-collector:"));
}

#[test]
fn a_credential_is_read_from_a_secret() {
    let mut config = config("otlp", Some("http://phoenix:6006"), Http);
    config.authentication = Some(TelemetryAuth::bearer("hunter2"));
    let values = collector(&config);
    let variable = values["extraEnvs"][0]["name"].as_str().unwrap().to_owned();
    let headers = &values["config"]["exporters"]["otlphttp/backend"]["headers"];
    assert_eq!(headers, &json!({ "Authorization": format!("Bearer ${{env:{variable}}}") }));
    let secret = &values["extraEnvs"][0]["valueFrom"]["secretKeyRef"];
    assert!(!secret["name"].as_str().unwrap().is_empty());
    assert!(!secret["key"].as_str().unwrap().is_empty());

    config.authentication = Some(TelemetryAuth::api_key("X-Api-Key", "hunter2"));
    let headers = &collector(&config)["config"]["exporters"]["otlphttp/backend"]["headers"];
    assert_eq!(headers, &json!({ "X-Api-Key": format!("${{env:{variable}}}") }));
}
