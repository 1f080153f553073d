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
    let SamplingConfig { dev, staging, prod } = config.sampling;
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
fn a_credential_is_neither_printed_nor_written() {
    let yaml = "authentication: {auth_type: bearer, bearer_token: hunter2-token}\n";
    let config = with(yaml).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let json = serde_json::to_string(&config).unwrap();
    assert!(!json.contains("hunter2"), "{json}");
    // What stands in its place is not taken for a credential.
    assert_eq!(
        TelemetryConfig::from_yaml(&json).unwrap_err().to_string(),
        "authentication: the type `bearer` needs the field `bearer_token`, which is the mask that stands for a credential in a written configuration",
    );
}

#[test]
fn each_mistake_has_one_clear_error() {
    for (yaml, message) in [
        (
            "otlp_protocol: carrier-pigeon\n",
            "telemetry configuration: unknown variant `carrier-pigeon`, expected one of grpc, http at line 2, column 16",
        ),
        (
            "otlp_endpoint: collector:4317\n",
            "otlp_endpoint: `collector:4317` is not an endpoint: it must begin with `http://`, for example `http://collector:4317`",
        ),
        (
            "otlp_endpoint: 'http://:4317'\n",
            "otlp_endpoint: `http://:4317` is not an endpoint: it has no host, for example `http://collector:4317`",
        ),
        (
            "otlp_endpoint: 'http://c:port'\n",
            "otlp_endpoint: `http://c:port` is not an endpoint: the port must be a number from 1 to 65535, for example `http://collector:4317`",
        ),
        (
            "backend: zipkin\n",
            "backend: unknown backend `zipkin`: accepted are `console`, `jaeger`, `otlp`",
        ),
        (
            "sampling: {prod: 1.1}\n",
            "sampling.prod: 1.1 is not a ratio: accepted is 0.0 to 1.0",
        ),
        (
            "sampling: {dev: -0.1}\n",
            "sampling.dev: -0.1 is not a ratio: accepted is 0.0 to 1.0",
        ),
        (
            "sampling: {dev: .nan}\n",
            "sampling.dev: NaN is not a ratio: accepted is 0.0 to 1.0",
        ),
        (
            "batch_processor: {max_queue_size: 100}\n",
            "batch_processor.max_export_batch_size: found 512: accepted is at most max_queue_size, which is 100",
        ),
        (
            "batch_processor: {schedule_delay_millis: 0}\n",
            "batch_processor.schedule_delay_millis: found 0: accepted is 1 or more",
        ),
        (
            "logging: {log_level: TRACE}\n",
            "logging.log_level: unknown level `TRACE`: accepted are `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`",
        ),
        (
            "authentication: {auth_type: api_key}\n",
            "authentication: the type `api_key` needs the field `api_key`, which is missing or empty",
        ),
        (
            "authentication: {auth_type: bearer, api_key: abc}\n",
            "authentication: the type `bearer` needs the field `bearer_token`, which is missing or empty",
        ),
    ] {
        let error = with(yaml).unwrap_err();
        assert!(error.is_config());
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_resource_is_checked() {
    for (from, to, message) in [
        (
            "service_name: orders",
            "service_name: ''",
            "resource_attributes.service_name: found 0 characters: accepted are 1 to 128",
        ),
        (
            "service_version: 1.2.0-rc1",
            "service_version: v1",
            "resource_attributes.service_version: `v1` is not a version: accepted is for example `1.4.0`",
        ),
        (
            "floe_namespace: sales, ",
            "",
            "telemetry configuration: missing field `floe_namespace` at line 1, column 156",
        ),
        (
            "floe_mode: prod",
            "floe_mode: production",
            "telemetry configuration: unknown variant `production`, expected one of dev, staging, prod at line 1, column 190",
        ),
        (
            "floe_mode: prod",
            "floe_mode: prod, owner: me",
            "telemetry configuration: unknown field `owner`",
        ),
    ] {
        let error = TelemetryConfig::from_yaml(&RESOURCE.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let long = RESOURCE.replace(
        "service_name: orders",
        &format!("service_name: {}", "n".repeat(129)),
    );
    assert!(
        TelemetryConfig::from_yaml(&long)
            .unwrap_err()
            .to_string()
            .contains("found 129 characters")
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
