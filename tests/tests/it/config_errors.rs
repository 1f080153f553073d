//! Invalid configurations, each with the complete error message.

use std::fmt::Write as _;

use floe_telemetry::TelemetryConfig;

const RESOURCE: &str = "resource_attributes: {service_name: orders, service_version: 1.2.0-rc1, \
    deployment_environment: prod, floe_namespace: sales, floe_product_name: orders, \
    floe_product_version: '', floe_mode: prod}\n";

fn refused(yaml: &str) -> String {
    let error = TelemetryConfig::from_yaml(yaml).unwrap_err();
    assert!(error.is_config());
    error.to_string()
}

/// The lines after the resource, and the error message.
const CASES: &[(&str, &str)] = &[
    (
        "otlp_protocol: carrier-pigeon",
        "telemetry configuration: line 2, column 16: otlp_protocol: found `carrier-pigeon`, accepted are `grpc`, `http` and `http/json`",
    ),
    (
        "otlp_protocol: grcp",
        "telemetry configuration: line 2, column 16: otlp_protocol: found `grcp`, accepted are `grpc`, `http` and `http/json`, did you mean `grpc`?",
    ),
    (
        "otlp_endpoint: collector:4317",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `collector:4317` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
    ),
    (
        "otlp_endpoint: 'http://:4317'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `http://:4317` is not an endpoint: it has no host, for example `http://collector:4317`",
    ),
    (
        "otlp_endpoint: 'http://c:port'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `http://c:port` is not an endpoint: the port must be a number from 1 to 65535, for example `http://collector:4317`",
    ),
    (
        "otlp_endpoint: 'http://floe:hunter2@c:4317'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `http://<REDACTED>@c:4317` is not an endpoint: a credential belongs under `authentication`, for example `http://collector:4317`",
    ),
    (
        "otlp_endpoint: 'user:password@c:4317'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `<REDACTED>@c:4317` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
    ),
    (
        "otlp_endpoint: '//user:hunter2@c:4317'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `<REDACTED>@c:4317` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
    ),
    (
        "otlp: {logs: {endpoint: 'http:user:hunter2@c:4317'}}",
        "telemetry configuration: line 2, column 25: otlp.logs.endpoint: `<REDACTED>@c:4317` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
    ),
    (
        "otlp_protocol: 'user:hunter2@c:4317'",
        "telemetry configuration: line 2, column 16: otlp_protocol: found `<REDACTED>@c:4317`, accepted are `grpc`, `http` and `http/json`",
    ),
    (
        "\"limits\\e[2J\\0\\r\\nERROR\\x7f\\x9b\\u202e\\L\": 1",
        "telemetry configuration: line 2, column 1: limits\\u{1b}[2J\\u{0}\\r\\nERROR\\u{7f}\\u{9b}\\u{202e}\\u{2028}: unknown key: did you mean `limits`?",
    ),
    (
        "backend:",
        "telemetry configuration: line 2, column 8: backend: found nothing, accepted is a text",
    ),
    (
        "otlp_endpoint: [a]",
        "telemetry configuration: line 2, column 16: otlp_endpoint: found a list, accepted is a text",
    ),
    (
        "enabled: perhaps",
        "telemetry configuration: line 2, column 10: enabled: found `perhaps`, accepted is `true` or `false`",
    ),
    (
        "sampling: {prod: 1.1}",
        "telemetry configuration: line 2, column 18: sampling.prod: 1.1 is not a ratio, accepted is 0.0 to 1.0",
    ),
    (
        "sampling: {dev: -0.1}",
        "telemetry configuration: line 2, column 17: sampling.dev: -0.1 is not a ratio, accepted is 0.0 to 1.0",
    ),
    (
        "sampling: {dev: .nan}",
        "telemetry configuration: line 2, column 17: sampling.dev: NaN is not a ratio, accepted is 0.0 to 1.0",
    ),
    (
        "sampling: {dev: all}",
        "telemetry configuration: line 2, column 17: sampling.dev: found `all`, accepted is a number",
    ),
    (
        "sampling: {production: 1.0}",
        "telemetry configuration: line 2, column 12: sampling.production: unknown key: did you mean `prod`?",
    ),
    (
        "sampling: {sampler: always}",
        "telemetry configuration: line 2, column 21: sampling.sampler: found `always`, accepted are `always_on`, `always_off`, `traceidratio`, `parentbased_always_on`, `parentbased_always_off`, `parentbased_traceidratio`, `probability` and `parentbased_probability`, did you mean `always_on`?",
    ),
    (
        "sampling: 0.5",
        "telemetry configuration: line 2, column 11: sampling: found a text, accepted is a mapping",
    ),
    (
        "batch_processor: {max_queue_size: 100}",
        "telemetry configuration: line 2, column 18: batch_processor.max_export_batch_size: found 512, accepted is at most max_queue_size, which is 100",
    ),
    (
        "batch_processor: {max_queue_size: 2000000}",
        "telemetry configuration: line 2, column 35: batch_processor.max_queue_size: found 2000000, accepted is at most 1000000",
    ),
    (
        "log_batch_processor: {max_queue_size: 100}",
        "telemetry configuration: line 2, column 22: log_batch_processor.max_export_batch_size: found 512, accepted is at most max_queue_size, which is 100",
    ),
    (
        "log_batch_processor: {export_timeout_millis: 0}",
        "telemetry configuration: line 2, column 46: log_batch_processor.export_timeout_millis: found 0, accepted is 1 or more",
    ),
    (
        "batch_processor: {schedule_delay_millis: 0}",
        "telemetry configuration: line 2, column 42: batch_processor.schedule_delay_millis: found 0, accepted is 1 or more",
    ),
    (
        "batch_processor: {export_timeout_millis: -5}",
        "telemetry configuration: line 2, column 42: batch_processor.export_timeout_millis: found `-5`, accepted is a whole number, 0 or more",
    ),
    (
        "batch_processor: {max_export_batch_size: many}",
        "telemetry configuration: line 2, column 42: batch_processor.max_export_batch_size: found `many`, accepted is a whole number, 0 or more",
    ),
    (
        "logging: {log_level: TRACE}",
        "telemetry configuration: line 2, column 22: logging.log_level: found `TRACE`, accepted are `DEBUG`, `INFO`, `WARNING`, `ERROR` and `CRITICAL`",
    ),
    (
        "logging: {log_level: warm}",
        "telemetry configuration: line 2, column 22: logging.log_level: found `warm`, accepted are `DEBUG`, `INFO`, `WARNING`, `ERROR` and `CRITICAL`, did you mean `WARNING`?",
    ),
    (
        "authentication: {auth_type: api_key}",
        "telemetry configuration: line 2, column 17: authentication: the type `api_key` needs the field `api_key`, which is missing or empty",
    ),
    (
        "authentication: {auth_type: api_key, api_key: ''}",
        "telemetry configuration: line 2, column 17: authentication: the type `api_key` needs the field `api_key`, which is missing or empty",
    ),
    (
        "authentication: {auth_type: bearer, api_key: abc}",
        "telemetry configuration: line 2, column 17: authentication: the type `bearer` needs the field `bearer_token`, which is missing or empty",
    ),
    (
        "authentication: {api_key: hunter2}",
        "telemetry configuration: line 2, column 17: authentication.auth_type: is missing",
    ),
    (
        "authentication: {auth_type: password, api_key: hunter2}",
        "telemetry configuration: line 2, column 29: authentication.auth_type: found `password`, accepted are `api_key` and `bearer`",
    ),
    (
        "authentication: hunter2",
        "telemetry configuration: line 2, column 17: authentication: found a text, accepted is a mapping",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: '${env:}'}",
        "telemetry configuration: line 2, column 17: authentication: the type `bearer` needs the field `bearer_token`, which begins like a reference, accepted are `${env:NAME}` and `${file:PATH}` without other text",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: 'abc', header_name: 'X Key'}",
        "telemetry configuration: line 2, column 71: authentication.header_name: found a name that no header can have, accepted are letters, digits, `-`, `_` and `.`",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: 'abc', header_name: Transfer-Encoding}",
        "telemetry configuration: line 2, column 71: authentication.header_name: found `Transfer-Encoding`, which the exporter sets itself, accepted are other headers",
    ),
    (
        "otlp: {traces: {headers: {content-length: '1'}}}",
        "telemetry configuration: line 2, column 26: otlp.traces.headers: found `content-length`, which the exporter sets itself, accepted are other headers",
    ),
    (
        "otlp: {all: {max_request_bytes: 1000}}",
        "telemetry configuration: line 2, column 33: otlp.all.max_request_bytes: found 1000, accepted is 1024 to 67108864",
    ),
    (
        "otlp_endpoint: 'http://collector:4318/#v1'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `http://collector:4318/` is not an endpoint: a fragment (`#…`) is not sent to a receiver, for example `http://collector:4317`",
    ),
    (
        "otlp: {all: {headers: {'x key': hunter2}}}",
        "telemetry configuration: line 2, column 23: otlp.all.headers: found a name that no header can have, accepted are letters, digits, `-`, `_` and `.`",
    ),
    (
        "otlp: {traces: {client_key: /k}}",
        "telemetry configuration: line 2, column 16: otlp.traces.client_certificate: `client_certificate` and `client_key` belong together, accepted are both or none",
    ),
    (
        "otlp: {traces: {endpoint: nowhere, timeout_millis: 0}}",
        "telemetry configuration: 2 mistakes\n  line 2, column 27: otlp.traces.endpoint: `nowhere` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`\n  line 2, column 52: otlp.traces.timeout_millis: found 0, accepted is 1 or more",
    ),
    (
        "exporters: {traces: [none, otlp]}",
        "telemetry configuration: line 2, column 21: exporters.traces: `none` together with another exporter, accepted is `none` alone",
    ),
    (
        "metrics: {export_interval_millis: 0}",
        "telemetry configuration: line 2, column 35: metrics.export_interval_millis: found 0, accepted is 1 or more",
    ),
    (
        "metrics: {views: [{metric: '', drop: true, attributes: []}, {metric: a, boundaries: [1, 1], cardinality_limit: 0}]}",
        "telemetry configuration: 4 mistakes\n  line 2, column 28: metrics.views.0.metric: found 0 bytes, accepted is a name of 1 to 256 bytes with `*` for any characters\n  line 2, column 38: metrics.views.0.drop: a metric that is dropped cannot be changed, accepted is `drop` alone\n  line 2, column 85: metrics.views.1.boundaries: found [1.0, 1.0], accepted are finite numbers in increasing order\n  line 2, column 112: metrics.views.1.cardinality_limit: found 0, accepted is 1 or more",
    ),
    (
        "limits: {attribute_count: 129}",
        "telemetry configuration: line 2, column 27: limits.attribute_count: found 129, accepted is at most 128",
    ),
    (
        "propagators: [pigeon]",
        "telemetry configuration: line 2, column 15: propagators.0: found `pigeon`, accepted are `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger` and `xray`",
    ),
    (
        "redaction: {patterns: [ok, 'a('], level: loud}",
        "telemetry configuration: 2 mistakes\n  line 2, column 28: redaction.patterns.1: `a(` is not a regular expression: at character 2: unclosed group\n  line 2, column 42: redaction.level: found `loud`, accepted are `credentials`, `credentials_and_pii` and `strict`",
    ),
    (
        "span_attributes: {floe.mode: loud}",
        "telemetry configuration: line 2, column 18: span_attributes: found `floe.mode`, accepted is a key that has no field of its own",
    ),
    (
        "span_attributes: {'': x}",
        "telemetry configuration: line 2, column 18: span_attributes: found a key of 0 bytes, accepted are 1 to 255",
    ),
    (
        "baggage_attributes: [tenant, 'a b']",
        "telemetry configuration: line 2, column 30: baggage_attributes.1: `a b` is not a key of baggage, accepted are 1 to 255 printable ASCII characters without spaces and without `(),/:;<=>?@[\\]{}\"`",
    ),
    (
        "otlp_endpiont: http://c",
        "telemetry configuration: line 2, column 1: otlp_endpiont: unknown key: did you mean `otlp_endpoint`?",
    ),
    (
        "enabled: true\nenabled: false",
        "telemetry configuration: line 3, column 1: enabled: the key occurs twice, accepted is once",
    ),
    (
        "otlp_protocol: carrier-pigeon\nsampling: {dev: 2, prod: x}\nbatch_procesor: {}\nlogging: {log_level: LOUD}",
        "telemetry configuration: 5 mistakes\n  line 2, column 16: otlp_protocol: found `carrier-pigeon`, accepted are `grpc`, `http` and `http/json`\n  line 3, column 17: sampling.dev: 2 is not a ratio, accepted is 0.0 to 1.0\n  line 3, column 26: sampling.prod: found `x`, accepted is a number\n  line 4, column 1: batch_procesor: unknown key: did you mean `batch_processor`?\n  line 5, column 22: logging.log_level: found `LOUD`, accepted are `DEBUG`, `INFO`, `WARNING`, `ERROR` and `CRITICAL`",
    ),
    (
        "a: [b",
        "telemetry configuration: line 2, column 4: not YAML: unclosed bracket '['",
    ),
    (
        "--- {}\n--- {}",
        "telemetry configuration: line 2, column 5: a second document begins",
    ),
];

#[test]
fn each_mistake_has_one_clear_error() {
    for (yaml, message) in CASES {
        assert_eq!(refused(&format!("{RESOURCE}{yaml}")), *message);
    }
}

#[test]
fn the_resource_is_checked() {
    for (from, to, message) in [
        (
            "service_name: orders",
            "service_name: ''",
            "telemetry configuration: line 1, column 37: resource_attributes.service_name: found 0 characters, accepted are 1 to 128",
        ),
        (
            "service_name: orders, ",
            "",
            "telemetry configuration: line 1, column 22: resource_attributes.service_name: is missing",
        ),
        (
            "floe_namespace: sales",
            "floe_namespace: ''",
            "telemetry configuration: line 1, column 119: resource_attributes.floe_namespace: found 0 characters, accepted are 1 to 128",
        ),
        (
            "floe_mode: prod",
            "floe_mode: production",
            "telemetry configuration: line 1, column 190: resource_attributes.floe_mode: found `production`, accepted are `dev`, `staging` and `prod`, did you mean `prod`?",
        ),
        (
            "floe_mode: prod",
            "floe_mode: prod, owner: me",
            "telemetry configuration: line 1, column 196: resource_attributes.owner: unknown key, accepted are `service_name`, `service_version`, `deployment_environment`, `floe_namespace`, `floe_product_name`, `floe_product_version`, `floe_mode`, `additional`, `typed` and `schema_url`",
        ),
        (
            "floe_mode: prod",
            "floe_mode: prod, additional: {floe.mode: x}",
            "telemetry configuration: line 1, column 208: resource_attributes.additional: found `floe.mode`, accepted is a key that has no field of its own",
        ),
    ] {
        assert_eq!(refused(&RESOURCE.replace(from, to)), message);
    }
    let long = RESOURCE.replace(
        "service_name: orders",
        &format!("service_name: {}", "n".repeat(129)),
    );
    assert_eq!(
        refused(&long),
        "telemetry configuration: line 1, column 37: resource_attributes.service_name: found 129 characters, accepted are 1 to 128"
    );
}

#[test]
fn an_unknown_key_without_a_similar_one_lists_all_keys() {
    let error = refused(&format!("{RESOURCE}owner: me"));
    let (place, keys) = error.split_once(", accepted are ").unwrap();
    assert_eq!(
        place,
        "telemetry configuration: line 2, column 1: owner: unknown key"
    );
    for key in [
        "enabled",
        "otlp_endpoint",
        "sampling",
        "metrics",
        "propagators",
    ] {
        assert!(keys.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn a_long_value_is_quoted_by_its_beginning() {
    let long = "x".repeat(100_000);
    assert_eq!(
        refused(&format!("{RESOURCE}enabled: {long}")),
        format!(
            "telemetry configuration: line 2, column 10: enabled: found `{}…`, accepted is `true` or `false`",
            "x".repeat(200)
        )
    );
    let key = "y".repeat(1000);
    let error = refused(&format!("{RESOURCE}{key}: 1\nuser:hunter2@c:4317: 1"));
    let shown = format!("line 2, column 1: {}…: unknown key", "y".repeat(200));
    assert!(error.contains(&shown), "{error}");
    assert!(
        error.contains("line 3, column 1: <REDACTED>@c:4317: unknown key"),
        "{error}"
    );
}

#[test]
fn a_document_that_is_not_a_mapping_is_one_mistake() {
    assert_eq!(
        refused(""),
        "telemetry configuration: line 1, column 1: resource_attributes: is missing"
    );
    assert_eq!(
        refused("[]"),
        "telemetry configuration: line 1, column 1: found a list, accepted is a mapping"
    );
}

#[test]
fn all_values_set_in_code_are_validated() {
    let mut config = TelemetryConfig::new("");
    config.batch_processor.max_queue_size = 0;
    config.batch_processor.max_export_batch_size = 0;
    assert_eq!(
        config.validate().unwrap_err().to_string(),
        "telemetry configuration: 3 mistakes\n  \
         resource_attributes.service_name: found 0 characters, accepted are 1 to 128\n  \
         batch_processor.max_queue_size: found 0, accepted is 1 or more\n  \
         batch_processor.max_export_batch_size: found 0, accepted is 1 or more"
    );
}

#[test]
fn an_exponentially_expanding_document_is_rejected() {
    let mut yaml = String::from("a0: &a0 [x, x]\n");
    for n in 1..20 {
        let _ = writeln!(yaml, "a{n}: &a{n} [*a{m}, *a{m}]", m = n - 1);
    }
    assert!(refused(&yaml).ends_with("values, with those of aliases, found more"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(refused(&deep).ends_with("deeper than a configuration can be"));
    assert!(refused(&"[".repeat(100_000)).starts_with("telemetry configuration: line 1"));
}

#[test]
fn attributes_of_every_span_are_bounded() {
    let keys = |n| (0..n).map(|n| format!("key{n}"));
    let config = TelemetryConfig::new("orders").with_baggage_attributes(keys(64));
    config.validate().unwrap();
    let config = config
        .with_baggage_attributes(keys(65))
        .with_span_attributes(keys(65).map(|key| (key, String::new())));
    assert_eq!(
        config.validate().unwrap_err().to_string(),
        "telemetry configuration: 2 mistakes\n  \
         span_attributes: found 65, accepted are at most 64\n  \
         baggage_attributes: found 65, accepted are at most 64"
    );
}
