//! The configuration: defaults, YAML, and one clear error for each mistake.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{OtlpProtocol, SamplingConfig};

const RESOURCE: &str = "resource_attributes: {service_name: orders, service_version: 1.2.0-rc1, \
    deployment_environment: prod, floe_namespace: sales, floe_product_name: orders, \
    floe_product_version: '', floe_mode: prod}\n";

fn with(more: &str) -> Result<TelemetryConfig, floe_telemetry::Error> {
    TelemetryConfig::from_yaml(&format!("{RESOURCE}{more}"))
}

#[test]
fn the_defaults_are_those_of_the_requirements() {
    let config = with("").unwrap();
    assert!(config.enabled);
    assert_eq!(config.otlp_endpoint, "http://localhost:4317");
    assert_eq!(config.otlp_protocol, OtlpProtocol::Grpc);
    assert_eq!(config.backend, "console");
    assert!(config.authentication.is_none());
    let batch = config.batch_processor;
    assert_eq!(
        (batch.max_queue_size, batch.max_export_batch_size),
        (2048, 512)
    );
    assert_eq!(
        (batch.schedule_delay_millis, batch.export_timeout_millis),
        (5000, 30_000)
    );
    assert_eq!(
        (
            config.logging.log_level.as_str(),
            config.logging.json_output
        ),
        ("INFO", true)
    );
    let SamplingConfig {
        dev, staging, prod, ..
    } = config.sampling;
    assert_eq!((dev, staging, prod), (1.0, 0.5, 0.1));
    let ratios = (
        config.sampling_ratio(),
        config.sampling.get_ratio("staging").unwrap(),
    );
    assert_eq!(ratios, (0.1, 0.5));
}

#[test]
fn a_configuration_survives_json() {
    let config = with(
        "otlp_protocol: http\nsampling: {prod: 1.0}\nbatch_processor: {max_queue_size: 4096}\n",
    )
    .unwrap();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<TelemetryConfig>(&json).unwrap(),
        config
    );
    assert_eq!(TelemetryConfig::from_yaml(&json).unwrap(), config);
}

#[test]
fn a_configuration_survives_yaml() {
    let config = with(
        "backend: otlp\nauthentication: {auth_type: api_key, api_key: '${env:KEY}', header_name: DD-API-KEY}\n\
         otlp: {all: {compression: gzip, headers: {x-tenant: '${file:/run/tenant}'}}, metrics: {endpoint: 'https://m/otlp'}}\n\
         exporters: {traces: [otlp, console], logs: [none]}\nmetrics: {export_interval_millis: 1000}\n\
         limits: {attribute_value_length: 10}\npropagators: []\nsampling: {sampler: always_on}\n",
    )
    .unwrap();
    let yaml = config.to_yaml().unwrap();
    assert_eq!(TelemetryConfig::from_yaml(&yaml).unwrap(), config, "{yaml}");
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
        at = json[at..]
            .find(&format!("\"{key}\":"))
            .unwrap_or_else(|| panic!("{key} in {json}"))
            + at;
    }
    // What is not set is not written, so that artifacts are those of the contract.
    assert!(json.contains("\"authentication\":null"));
    assert!(json.ends_with("\"backend\":\"console\"}"), "{json}");
}

#[test]
fn artifacts_of_the_contract_are_read() {
    // Only what is required, and JSON rather than YAML.
    let json = r#"{"resource_attributes": {"service_name": "orders", "service_version": "1.2.0",
        "deployment_environment": "dev", "floe_namespace": "default", "floe_product_name": "orders",
        "floe_product_version": "1.2.0", "floe_mode": "dev"}}"#;
    let config = TelemetryConfig::from_yaml(json).unwrap();
    assert_eq!(config, serde_json::from_str(json).unwrap());
    assert_eq!(config.resource_attributes.service_version, "1.2.0");
}

#[test]
fn a_version_stays_as_it_is_written() {
    let yaml = RESOURCE.replace("floe_product_version: ''", "floe_product_version: 1.20");
    let config = TelemetryConfig::from_yaml(&yaml).unwrap();
    assert_eq!(config.resource_attributes.floe_product_version, "1.20");
}

#[test]
fn anchors_and_empty_sections_mean_what_yaml_says() {
    let config =
        with("otlp:\n  traces: &one {timeout_millis: 500}\n  logs: *one\nlogging:\n").unwrap();
    assert_eq!(config.otlp.logs.timeout_millis, Some(500));
    assert_eq!(config.logging.log_level, "INFO");
}

#[test]
fn a_credential_is_neither_printed_nor_written() {
    for yaml in [
        "authentication: {auth_type: bearer, bearer_token: hunter2-token}\n",
        "authentication: {auth_type: api_key, api_key: hunter2-key}\n",
        "otlp: {all: {headers: {x-key: hunter2-key}}}\n",
    ] {
        let config = with(yaml).unwrap();
        for text in [
            format!("{config:?}"),
            serde_json::to_string(&config).unwrap(),
            config.to_yaml().unwrap(),
        ] {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("**********"), "{text}");
        }
    }
}

#[test]
fn what_stands_for_a_credential_is_not_taken_for_one() {
    let yaml = "authentication: {auth_type: bearer, bearer_token: hunter2-token}\n";
    let json = serde_json::to_string(&with(yaml).unwrap()).unwrap();
    assert_eq!(
        TelemetryConfig::from_yaml(&json).unwrap_err().to_string(),
        "telemetry configuration: line 1, column 354: authentication: the type `bearer` needs the field `bearer_token`, \
         which is the mask that stands for a credential in a written configuration, accepted is a reference, \
         `${env:NAME}` or `${file:PATH}`, which is written as it is",
    );
}

#[test]
fn a_reference_survives_artifacts() {
    let yaml = "authentication: {auth_type: bearer, bearer_token: '${env:COLLECTOR_TOKEN}'}\n";
    let config = with(yaml).unwrap();
    let json = serde_json::to_string(&config).unwrap();
    assert!(json.contains("${env:COLLECTOR_TOKEN}"), "{json}");
    assert_eq!(
        serde_json::from_str::<TelemetryConfig>(&json).unwrap(),
        config
    );
}

#[test]
fn an_unknown_environment_is_an_error() {
    let error = SamplingConfig::default().get_ratio("PROD").unwrap_err();
    assert_eq!(
        error.to_string(),
        "sampling: unknown environment `PROD`: accepted are `dev`, `staging` and `prod`"
    );
}
