//! Invalid configurations, each with the complete error message.

use std::fmt::Write as _;

use floe_telemetry::TelemetryConfig;

const RESOURCE: &str = "resource_attributes: {service_name: orders, service_version: 1.2.0-rc1, \
    deployment_environment: prod, floe_namespace: sales, floe_product_name: orders, \
    floe_product_version: '', floe_mode: prod}\n";

fn mistake_of(yaml: &str) -> String {
    let error = TelemetryConfig::from_yaml(yaml).unwrap_err();
    assert!(error.is_config());
    error.to_string().strip_prefix("telemetry configuration: ").unwrap().to_owned()
}

/// Each line has a document, which leaves out the resource unless the mistake is there, and the message.
const CASES: &str = include_str!("../../config-errors.jsonl");

#[test]
fn each_mistake_has_one_clear_error() {
    for row in CASES.lines() {
        let (yaml, mistake): (String, String) = serde_json::from_str(row).unwrap();
        let resource = if yaml.starts_with("resource_attributes") { "" } else { RESOURCE };
        assert_eq!(mistake_of(&format!("{resource}{yaml}")), mistake);
    }
}

#[test]
fn an_unknown_key_without_a_similar_one_lists_all_keys() {
    let error = mistake_of(&format!("{RESOURCE}owner: me"));
    let (place, keys) = error.split_once(", expected ").unwrap();
    assert_eq!(place, "line 2, column 1: owner: unknown key");
    for key in ["enabled", "otlp_endpoint", "sampling", "metrics", "propagators"] {
        assert!(keys.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn a_long_value_is_quoted_by_its_beginning() {
    let long = "x".repeat(100_000);
    assert_eq!(
        mistake_of(&format!("{RESOURCE}enabled: {long}")),
        format!(
            "line 2, column 10: enabled: expected `true` or `false`, found `{}…`",
            "x".repeat(200)
        )
    );
    let key = "y".repeat(1000);
    let error = mistake_of(&format!("{RESOURCE}{key}: 1"));
    let shown = format!("line 2, column 1: {}…: unknown key", "y".repeat(200));
    assert!(error.contains(&shown), "{error}");
    let error = mistake_of(&format!("{RESOURCE}user:hunter2@c:4317: 1"));
    assert!(error.contains("line 2, column 1: <REDACTED>@c:4317: unknown key"), "{error}");
}

#[test]
fn a_document_that_is_not_a_mapping_is_one_mistake() {
    assert_eq!(mistake_of(""), "line 1, column 1: resource_attributes: is missing");
    assert_eq!(mistake_of("[]"), "line 1, column 1: expected a mapping, found a list");
}

#[test]
fn a_value_set_in_code_is_validated() {
    let config = TelemetryConfig::new("");
    assert_eq!(
        config.validate().unwrap_err().to_string(),
        "resource_attributes.service_name: expected 1 to 128 characters, found 0"
    );
}

#[test]
fn an_exponentially_expanding_document_is_rejected() {
    let mut yaml = String::from("a0: &a0 [x, x]\n");
    for n in 1..20 {
        let _ = writeln!(yaml, "a{n}: &a{n} [*a{m}, *a{m}]", m = n - 1);
    }
    assert!(mistake_of(&yaml).ends_with("including aliases, found more"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(mistake_of(&deep).ends_with("including aliases, found more"));
    assert!(mistake_of(&"[".repeat(100_000)).starts_with("line 1"));
}

#[test]
fn attributes_of_every_span_are_bounded() {
    let keys = |n| (0..n).map(|n| format!("key{n}"));
    let mut config = TelemetryConfig::new("orders");
    config.baggage_attributes = keys(64).collect();
    config.validate().unwrap();
    config.baggage_attributes = keys(65).collect();
    assert_eq!(
        config.validate().unwrap_err().to_string(),
        "baggage_attributes: expected at most 64, found 65"
    );
}

#[test]
fn patterns_and_keys_of_redaction_are_bounded() {
    let mut config = TelemetryConfig::new("orders");
    let mut error = |patterns: Vec<String>, keys: Vec<String>| {
        config.redaction.patterns = patterns;
        config.redaction.allowed_keys = keys;
        config.validate().unwrap_err().to_string()
    };
    let many = |count| vec!["ab".to_owned(); count];
    let long = error(vec!["a".repeat(1025)], Vec::new());
    assert!(long.ends_with("` is too long: expected at most 1024 bytes, found 1025"), "{long}");
    let expected = "redaction.patterns: expected at most 64, found 65";
    assert_eq!(error(many(65), Vec::new()), expected);
    let expected = "redaction.allowed_keys: expected at most 256, found 257";
    assert_eq!(error(Vec::new(), many(257)), expected);
}

#[test]
fn lists_are_bounded() {
    let document = |headers| {
        let headers: Vec<_> = (0..headers).map(|n| format!("h{n}: v")).collect();
        format!(
            "resource_attributes: {{service_name: orders}}\notlp:\n  all: {{headers: {{{}}}}}",
            headers.join(", ")
        )
    };
    TelemetryConfig::from_yaml(&document(1024)).unwrap();
    assert_eq!(
        mistake_of(&document(1025)),
        "line 3, column 18: otlp.all.headers: expected at most 1024, found 1025"
    );
    let rules = "{span: a, ratio: 1},".repeat(257);
    let many = mistake_of(&format!("{RESOURCE}sampling: {{rules: [{rules}]}}"));
    assert!(many.ends_with("sampling.rules: expected at most 256, found 257"), "{many}");
}
