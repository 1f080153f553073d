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
        "telemetry configuration: line 2, column 16: otlp_protocol: expected `grpc`, `http` or `http/json`, found `carrier-pigeon`",
    ),
    (
        "otlp_protocol: grcp",
        "telemetry configuration: line 2, column 16: otlp_protocol: expected `grpc`, `http` or `http/json`, found `grcp`; did you mean `grpc`?",
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
        "telemetry configuration: line 2, column 16: otlp_protocol: expected `grpc`, `http` or `http/json`, found `<REDACTED>@c:4317`",
    ),
    (
        "\"limits\\e[2J\\0\\r\\nERROR\\x7f\\x9b\\u202e\\L\": 1",
        "telemetry configuration: line 2, column 1: limits\\u{1b}[2J\\u{0}\\r\\nERROR\\u{7f}\\u{9b}\\u{202e}\\u{2028}: unknown key; did you mean `limits`?",
    ),
    (
        "backend:",
        "telemetry configuration: line 2, column 8: backend: expected a text, found nothing",
    ),
    (
        "otlp_endpoint: [a]",
        "telemetry configuration: line 2, column 16: otlp_endpoint: expected a text, found a list",
    ),
    (
        "enabled: perhaps",
        "telemetry configuration: line 2, column 10: enabled: expected `true` or `false`, found `perhaps`",
    ),
    (
        "sampling: {prod: 1.1}",
        "telemetry configuration: line 2, column 18: sampling.prod: 1.1 is not a ratio, expected 0.0 to 1.0",
    ),
    (
        "sampling: {dev: -0.1}",
        "telemetry configuration: line 2, column 17: sampling.dev: -0.1 is not a ratio, expected 0.0 to 1.0",
    ),
    (
        "sampling: {dev: .nan}",
        "telemetry configuration: line 2, column 17: sampling.dev: NaN is not a ratio, expected 0.0 to 1.0",
    ),
    (
        "sampling: {dev: all}",
        "telemetry configuration: line 2, column 17: sampling.dev: expected a number, found `all`",
    ),
    (
        "sampling: {production: 1.0}",
        "telemetry configuration: line 2, column 12: sampling.production: unknown key; did you mean `prod`?",
    ),
    (
        "sampling: {sampler: always}",
        "telemetry configuration: line 2, column 21: sampling.sampler: expected `always_on`, `always_off`, `traceidratio`, `parentbased_always_on`, `parentbased_always_off` or `parentbased_traceidratio`, found `always`; did you mean `always_on`?",
    ),
    (
        "sampling: 0.5",
        "telemetry configuration: line 2, column 11: sampling: expected a mapping, found a text",
    ),
    (
        "batch_processor: {max_queue_size: 100}",
        "telemetry configuration: line 2, column 18: batch_processor.max_export_batch_size: expected at most max_queue_size, which is 100, found 512",
    ),
    (
        "batch_processor: {max_queue_size: 2000000}",
        "telemetry configuration: line 2, column 35: batch_processor.max_queue_size: expected at most 1000000, found 2000000",
    ),
    (
        "log_batch_processor: {max_queue_size: 100}",
        "telemetry configuration: line 2, column 22: log_batch_processor.max_export_batch_size: expected at most max_queue_size, which is 100, found 512",
    ),
    (
        "log_batch_processor: {export_timeout_millis: 0}",
        "telemetry configuration: line 2, column 46: log_batch_processor.export_timeout_millis: expected 1 or more, found 0",
    ),
    (
        "batch_processor: {schedule_delay_millis: 0}",
        "telemetry configuration: line 2, column 42: batch_processor.schedule_delay_millis: expected 1 or more, found 0",
    ),
    (
        "batch_processor: {export_timeout_millis: -5}",
        "telemetry configuration: line 2, column 42: batch_processor.export_timeout_millis: expected a whole number, 0 or more, found `-5`",
    ),
    (
        "batch_processor: {max_export_batch_size: many}",
        "telemetry configuration: line 2, column 42: batch_processor.max_export_batch_size: expected a whole number, 0 or more, found `many`",
    ),
    (
        "logging: {log_level: INFO=hyper}",
        "telemetry configuration: line 2, column 22: logging.log_level: expected directives with commas between: a level, `target=level` or a target, found `INFO=hyper`; a level is `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    (
        "logging: {log_level: warm}",
        "telemetry configuration: line 2, column 22: logging.log_level: expected directives with commas between: a level, `target=level` or a target, found `warm`; a level is `off`, `error`, `warn`, `info`, `debug` or `trace`; did you mean `warn`?",
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
        "telemetry configuration: line 2, column 29: authentication.auth_type: expected `api_key` or `bearer`, found `password`",
    ),
    (
        "authentication: hunter2",
        "telemetry configuration: line 2, column 17: authentication: expected a mapping, found a text",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: '${env:}'}",
        "telemetry configuration: line 2, column 17: authentication: the type `bearer` needs the field `bearer_token`, which begins like a reference, expected `${env:NAME}` or `${file:PATH}` without other text",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: 'abc', header_name: 'X Key'}",
        "telemetry configuration: line 2, column 71: authentication.header_name: expected letters, digits, `-`, `_` or `.`, found a name that no header can have",
    ),
    (
        "authentication: {auth_type: bearer, bearer_token: 'abc', header_name: Transfer-Encoding}",
        "telemetry configuration: line 2, column 71: authentication.header_name: expected other headers, found `Transfer-Encoding`, which the exporter sets itself",
    ),
    (
        "otlp: {traces: {headers: {content-length: '1'}}}",
        "telemetry configuration: line 2, column 26: otlp.traces.headers: expected other headers, found `content-length`, which the exporter sets itself",
    ),
    (
        "otlp: {all: {endpoint: 'http://collector:4318'}}",
        "telemetry configuration: line 2, column 24: otlp.all.endpoint: expected `otlp_endpoint`, which is the endpoint of all signals",
    ),
    (
        "otlp_endpoint: 'http://collector:4318/#v1'",
        "telemetry configuration: line 2, column 16: otlp_endpoint: `http://collector:4318/` is not an endpoint: a fragment (`#…`) is not sent to a receiver, for example `http://collector:4317`",
    ),
    (
        "otlp: {all: {headers: {'x key': hunter2}}}",
        "telemetry configuration: line 2, column 23: otlp.all.headers: expected letters, digits, `-`, `_` or `.`, found a name that no header can have",
    ),
    (
        "otlp: {traces: {client_key: /k}}",
        "telemetry configuration: line 2, column 16: otlp.traces.client_certificate: `client_certificate` and `client_key` belong together, expected both or none",
    ),
    (
        "otlp: {traces: {endpoint: nowhere, timeout_millis: 0}}",
        "telemetry configuration: 2 mistakes\n  line 2, column 27: otlp.traces.endpoint: `nowhere` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`\n  line 2, column 52: otlp.traces.timeout_millis: expected 1 or more, found 0",
    ),
    (
        "exporters: {traces: [none, otlp]}",
        "telemetry configuration: line 2, column 21: exporters.traces: `none` together with another exporter, expected `none` alone",
    ),
    (
        "metrics: {export_interval_millis: 0}",
        "telemetry configuration: line 2, column 35: metrics.export_interval_millis: expected 1 or more, found 0",
    ),
    (
        "limits: {attribute_count: 65537}",
        "telemetry configuration: line 2, column 27: limits.attribute_count: expected at most 65536, found 65537",
    ),
    (
        "propagators: [pigeon]",
        "telemetry configuration: line 2, column 15: propagators.0: expected `tracecontext`, `baggage`, `b3` or `b3multi`, found `pigeon`",
    ),
    (
        "redaction: {patterns: [ok, 'a('], level: loud}",
        "telemetry configuration: line 2, column 42: redaction.level: expected `credentials`, `credentials_and_pii` or `strict`, found `loud`",
    ),
    (
        "span_attributes: {floe.mode: loud}",
        "telemetry configuration: line 2, column 18: span_attributes: expected a key that is not set by another field, found `floe.mode`",
    ),
    (
        "span_attributes: {'': x}",
        "telemetry configuration: line 2, column 18: span_attributes: expected 1 to 255 bytes, found a key of 0 bytes",
    ),
    (
        "baggage_attributes: [tenant, 'a b']",
        "telemetry configuration: line 2, column 30: baggage_attributes.1: `a b` is not a key of baggage, expected 1 to 255 printable ASCII characters without spaces and without `(),/:;<=>?@[\\]{}\"`",
    ),
    (
        "code_attributes: never",
        "telemetry configuration: line 2, column 18: code_attributes: expected `every_span`, `once` or `off`, found `never`",
    ),
    (
        "otlp_endpiont: http://c",
        "telemetry configuration: line 2, column 1: otlp_endpiont: unknown key; did you mean `otlp_endpoint`?",
    ),
    (
        "enabled: true\nenabled: false",
        "telemetry configuration: line 3, column 1: enabled: expected the key once, found it twice",
    ),
    (
        "otlp_protocol: carrier-pigeon\nsampling: {dev: 2, prod: x}\nbatch_procesor: {}\nlogging: {log_level: LOUD}",
        "telemetry configuration: line 2, column 16: otlp_protocol: expected `grpc`, `http` or `http/json`, found `carrier-pigeon`",
    ),
    ("a: [b", "telemetry configuration: line 2, column 4: not YAML: unclosed bracket '['"),
    ("--- {}\n--- {}", "telemetry configuration: line 2, column 5: a second document begins"),
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
            "telemetry configuration: line 1, column 37: resource_attributes.service_name: expected 1 to 128 characters, found 0",
        ),
        (
            "service_name: orders, ",
            "",
            "telemetry configuration: line 1, column 22: resource_attributes.service_name: is missing",
        ),
        (
            "floe_namespace: sales",
            "floe_namespace: ''",
            "telemetry configuration: line 1, column 119: resource_attributes.floe_namespace: expected 1 to 128 characters, found 0",
        ),
        (
            "floe_mode: prod",
            "floe_mode: production",
            "telemetry configuration: line 1, column 190: resource_attributes.floe_mode: expected `dev`, `staging` or `prod`, found `production`; did you mean `prod`?",
        ),
        (
            "floe_mode: prod",
            "floe_mode: prod, owner: me",
            "telemetry configuration: line 1, column 196: resource_attributes.owner: unknown key, expected `service_name`, `service_version`, `deployment_environment`, `floe_namespace`, `floe_product_name`, `floe_product_version`, `floe_mode` or `additional`",
        ),
        (
            "floe_mode: prod",
            "floe_mode: prod, additional: {floe.mode: x}",
            "telemetry configuration: line 1, column 208: resource_attributes.additional: expected a key that is not set by another field, found `floe.mode`",
        ),
    ] {
        assert_eq!(refused(&RESOURCE.replace(from, to)), message);
    }
    let long =
        RESOURCE.replace("service_name: orders", &format!("service_name: {}", "n".repeat(129)));
    assert_eq!(
        refused(&long),
        "telemetry configuration: line 1, column 37: resource_attributes.service_name: expected 1 to 128 characters, found 129"
    );
}

#[test]
fn an_unknown_key_without_a_similar_one_lists_all_keys() {
    let error = refused(&format!("{RESOURCE}owner: me"));
    let (place, keys) = error.split_once(", expected ").unwrap();
    assert_eq!(place, "telemetry configuration: line 2, column 1: owner: unknown key");
    for key in ["enabled", "otlp_endpoint", "sampling", "metrics", "propagators"] {
        assert!(keys.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn a_long_value_is_quoted_by_its_beginning() {
    let long = "x".repeat(100_000);
    assert_eq!(
        refused(&format!("{RESOURCE}enabled: {long}")),
        format!(
            "telemetry configuration: line 2, column 10: enabled: expected `true` or `false`, found `{}…`",
            "x".repeat(200)
        )
    );
    let key = "y".repeat(1000);
    let error = refused(&format!("{RESOURCE}{key}: 1"));
    let shown = format!("line 2, column 1: {}…: unknown key", "y".repeat(200));
    assert!(error.contains(&shown), "{error}");
    let error = refused(&format!("{RESOURCE}user:hunter2@c:4317: 1"));
    assert!(error.contains("line 2, column 1: <REDACTED>@c:4317: unknown key"), "{error}");
}

#[test]
fn a_document_that_is_not_a_mapping_is_one_mistake() {
    assert_eq!(
        refused(""),
        "telemetry configuration: line 1, column 1: resource_attributes: is missing"
    );
    assert_eq!(
        refused("[]"),
        "telemetry configuration: line 1, column 1: expected a mapping, found a list"
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
         resource_attributes.service_name: expected 1 to 128 characters, found 0\n  \
         batch_processor.max_queue_size: expected 1 or more, found 0\n  \
         batch_processor.max_export_batch_size: expected 1 or more, found 0"
    );
}

#[test]
fn an_exponentially_expanding_document_is_rejected() {
    let mut yaml = String::from("a0: &a0 [x, x]\n");
    for n in 1..20 {
        let _ = writeln!(yaml, "a{n}: &a{n} [*a{m}, *a{m}]", m = n - 1);
    }
    assert!(refused(&yaml).ends_with("including aliases, found more"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(refused(&deep).ends_with("including aliases, found more"));
    assert!(refused(&"[".repeat(100_000)).starts_with("telemetry configuration: line 1"));
}

#[test]
fn attributes_of_every_span_are_bounded() {
    let keys = |n| (0..n).map(|n| format!("key{n}"));
    let mut config = TelemetryConfig::new("orders");
    config.baggage_attributes = keys(64).collect();
    config.validate().unwrap();
    config.baggage_attributes = keys(65).collect();
    config.span_attributes = keys(65).map(|key| (key, String::new())).collect();
    assert_eq!(
        config.validate().unwrap_err().to_string(),
        "telemetry configuration: 2 mistakes\n  \
         span_attributes: expected at most 64, found 65\n  \
         baggage_attributes: expected at most 64, found 65"
    );
}

#[test]
fn headers_are_bounded() {
    let document = |headers| {
        let headers: Vec<_> = (0..headers).map(|n| format!("h{n}: v")).collect();
        format!(
            "resource_attributes: {{service_name: orders}}\notlp:\n  all: {{headers: {{{}}}}}",
            headers.join(", ")
        )
    };
    TelemetryConfig::from_yaml(&document(1024)).unwrap();
    assert_eq!(
        refused(&document(1025)),
        "telemetry configuration: line 3, column 18: otlp.all.headers: expected at most 1024, found 1025"
    );
}
