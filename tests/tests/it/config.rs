//! The configuration: defaults, YAML, and one error for each mistake.

use floe_telemetry::config::SamplingConfig;
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider};
use opentelemetry::KeyValue;

pub(super) const RESOURCE: &str = "resource_attributes: {service_name: orders, service_version: 1.2.0-rc1, \
    deployment_environment: prod, floe_namespace: sales, floe_product_name: orders, \
    floe_product_version: '', floe_mode: prod}\n";

fn with(more: &str) -> Result<TelemetryConfig, floe_telemetry::Error> {
    TelemetryConfig::from_yaml(&format!("{RESOURCE}{more}"))
}

#[test]
fn the_defaults_match_the_requirements() {
    let config = with("").unwrap();
    assert!(config.enabled);
    assert_eq!(config.otlp_endpoint, None);
    assert_eq!(config.otlp_protocol, None);
    assert_eq!(config.backend, "console");
    assert!(config.authentication.is_none());
    let batch = config.batch_processor;
    assert_eq!((batch.max_queue_size, batch.max_export_batch_size), (2048, 512));
    assert_eq!((batch.schedule_delay_millis, batch.export_timeout_millis), (5000, 30_000));
    assert_eq!((config.logging.log_level.as_str(), config.logging.json_output), ("INFO", true));
    assert_eq!(config.sampling, SamplingConfig::default());
    assert!(config.sampling.is_parent_based());
}

#[test]
fn only_the_service_name_is_required() {
    let yaml = TelemetryConfig::from_yaml("resource_attributes: {service_name: orders}").unwrap();
    assert_eq!(yaml, TelemetryConfig::new("orders"));
    let attributes = yaml.resource_attributes.to_otel_dict();
    assert_eq!(attributes, [KeyValue::new("service.name", "orders")]);
    assert!(yaml.span_attributes.is_empty());
    assert!(yaml.baggage_attributes.is_empty());
    let written = serde_json::to_string(&yaml).unwrap();
    assert!(!written.contains("floe"), "{written}");
}

#[test]
fn both_environment_keys_are_written_with_the_floe_identity() {
    let identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
    let mut config = TelemetryConfig::new("orders").with_identity(&identity);
    config.resource_attributes.deployment_environment = Some("prod".to_owned());
    assert_eq!(
        config.resource_attributes.to_otel_dict(),
        [
            KeyValue::new("service.name", "orders"),
            KeyValue::new("deployment.environment.name", "prod"),
            KeyValue::new("deployment.environment", "prod"),
            KeyValue::new("floe.namespace", "sales"),
            KeyValue::new("floe.product.name", "customer-360"),
            KeyValue::new("floe.product.version", "1.2.0"),
            KeyValue::new("floe.mode", "prod"),
        ]
    );

    let again = config.clone().with_identity(&identity);
    assert_eq!(again, config, "a key is listed once");
}

#[test]
fn a_ratio_applies_to_the_environment_of_its_name() {
    let mut sampling = SamplingConfig::default();
    for environment in ["dev", "staging", "prod", "production", ""] {
        assert!((sampling.get_ratio(environment) - 1.0).abs() < f64::EPSILON, "{environment}");
    }

    sampling.staging = Some(0.5);
    sampling.prod = Some(0.1);
    for (environment, expected) in
        [("dev", 1.0), ("staging", 0.5), ("prod", 0.1), ("PROD", 1.0), ("production", 1.0)]
    {
        let ratio = sampling.get_ratio(environment);
        assert!((ratio - expected).abs() < f64::EPSILON, "{environment}");
    }

    let sampling = sampling.with_ratio(0.25);
    assert!((sampling.get_ratio("prod") - 0.25).abs() < f64::EPSILON);
    assert!(sampling.is_parent_based());
}

#[test]
fn the_order_of_the_keys_is_that_of_the_contract() {
    let json = serde_json::to_string(&with("").unwrap()).unwrap();
    let mut at = 0;
    for key in [
        "enabled",
        "otlp_endpoint",
        "otlp_protocol",
        "sampling",
        "resource_attributes",
        "authentication",
        "batch_processor",
        "logging",
        "backend",
    ] {
        at = json[at..].find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} in {json}"))
            + at;
    }

    // Settings with their default are not written, so that artifacts keep the documented format.
    assert!(json.contains("\"authentication\":null"));
    assert!(json.ends_with("\"backend\":\"console\"}"), "{json}");
}

/// The credential contains `hunter2`, or is recognizable only by its place.
#[test]
fn a_credential_is_neither_printed_nor_written() {
    for (yaml, mask) in [
        ("authentication: {auth_type: bearer, bearer_token: hunter2-token}", "**********"),
        ("authentication: {auth_type: api_key, api_key: hunter2-key}", "**********"),
        ("otlp: {all: {headers: {x-key: hunter2-key}}}", "**********"),
        ("otlp_endpoint: 'http://collector/?sig=hunter2'", "<REDACTED>"),
        ("otlp: {logs: {endpoint: 'http://collector/?hunter2'}}", "<REDACTED>"),
        ("span_attributes: {password: hunter2, team: blue}", "<REDACTED>"),
        ("span_attributes: {db.password: 'hunter2 horse, \"hunter2'}", "<REDACTED>"),
    ] {
        let config = with(yaml).unwrap();
        let written = serde_json::to_string(&config).unwrap();
        for text in [format!("{config:?}"), format!("{config:#?}"), written] {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains(mask), "{text}");
            assert_eq!(text.contains("blue"), yaml.contains("blue"));
        }
    }

    let mut config = TelemetryConfig::new("orders");
    let resource = &mut config.resource_attributes.additional;
    resource.insert("api_key".to_owned(), "opaque".to_owned());
    for text in [format!("{config:?}"), serde_json::to_string(&config).unwrap()] {
        assert!(!text.contains("opaque"), "{text}");
    }
}

#[test]
fn an_endpoint_is_printed_without_credentials() {
    for (endpoint, shown) in [
        ("http://collector:4317/otlp", "http://collector:4317/otlp"),
        ("https://collector/?token=hunter2&team=a", "https://collector/?<REDACTED>"),
        (
            "https://user:hunter2@collector/otlp?token=hunter2",
            "https://<REDACTED>@collector/otlp?<REDACTED>",
        ),
        ("https://user:a?hunter2@b@collector:4317", "https://<REDACTED>@collector:4317"),
    ] {
        let mut config = TelemetryConfig::new("orders");
        config.otlp_endpoint = Some(endpoint.to_owned());
        let printed = format!("{config:?}");
        assert!(printed.contains(shown), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn only_a_known_backend_starts_a_provider() {
    let mut config = TelemetryConfig::new("orders");
    config.backend = "otpl".to_owned();
    config.validate().unwrap();
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert_eq!(
        error.to_string(),
        "backend: expected `console` or `otlp`, found `otpl`; did you mean `otlp`?"
    );
}

/// A reference to a credential stays in artifacts. A credential becomes a mask, which is not a reference.
#[test]
fn a_written_configuration_can_be_read_again_with_its_references() {
    let with_token = |token: &str| {
        let yaml = format!(
            "authentication: {{auth_type: bearer, bearer_token: '{token}'}}\npropagators: [b3]\n\
             exporters: {{logs: [none]}}\notlp: {{traces: {{certificate: ca.pem}}}}\n"
        );
        let config = with(&yaml).unwrap();
        let json = serde_json::to_string(&config).unwrap();
        (config, TelemetryConfig::from_yaml(&json))
    };

    let (config, read) = with_token("${env:COLLECTOR_TOKEN}");
    assert_eq!(read.unwrap(), config);
    let (_, read) = with_token("hunter2-token");
    assert_eq!(
        read.unwrap_err().to_string(),
        "telemetry configuration: line 1, column 299: authentication: the type `bearer` needs the field `bearer_token`, \
         which holds only the mask that replaces a credential when a configuration is serialized: expected a \
         credential or `${env:NAME}`",
    );
}
