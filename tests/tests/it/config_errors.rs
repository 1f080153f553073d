//! Invalid configurations, each with the complete error message.

use std::fmt::Write as _;

use floe_telemetry::TelemetryConfig;

use super::config::RESOURCE;

fn mistake_of(yaml: &str) -> String {
    let read = if yaml.starts_with("file_format") {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, yaml).unwrap();
        TelemetryConfig::from_config_file(&file)
    } else {
        TelemetryConfig::from_yaml(yaml)
    };

    let error = read.unwrap_err();
    assert!(error.is_config());
    error.to_string().split_once("telemetry configuration: ").unwrap().1.to_owned()
}

/// Each line has a document and its error message. A document of ours leaves out the resource unless the mistake is
/// there; a document of OpenTelemetry is complete.
const CASES: &str = include_str!("../../config-errors.jsonl");

#[test]
fn each_mistake_has_one_clear_error() {
    for row in CASES.lines() {
        let (yaml, mistake): (String, String) = serde_json::from_str(row).unwrap();
        let is_whole = ["resource_attributes", "file_format"].iter().any(|it| yaml.starts_with(it));
        let resource = if is_whole { "" } else { RESOURCE };
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
    let missing = "resource_attributes.service_name: expected 1 to 128 characters, found 0";
    assert_eq!(mistake_of(""), format!("line 1, column 1: {missing}"));
    assert_eq!(mistake_of("[]"), "line 1, column 1: expected a mapping, found a list");
}

#[test]
fn an_exponentially_expanding_document_is_rejected() {
    let mut yaml = String::from("a0: &a0 [x, x]\n");
    for n in 1..20 {
        let _ = writeln!(yaml, "a{n}: &a{n} [*a{m}, *a{m}]", m = n - 1);
    }

    assert!(mistake_of(&yaml).ends_with("including aliases, found more"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let many = format!("[{}]", "1,".repeat(100_001));
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), "*a,".repeat(5_000));
    for text in [deep, many, long] {
        let mistake = mistake_of(&text);
        assert!(mistake.contains("expected at most 2097152 bytes, 100000 values"), "{mistake}");
    }

    let key = format!("? {}\n: 1", "x".repeat(2_000));
    assert!(mistake_of(&key).ends_with("expected a key of at most 1024 bytes, found 2000"));
    assert!(mistake_of(&"[".repeat(100_000)).starts_with("line 1"));
}

#[test]
fn lists_are_bounded() {
    for (path, most, section, item) in [
        ("baggage_attributes", 64, "baggage_attributes: [#]", "k#"),
        ("redaction.patterns", 64, "redaction: {patterns: [#]}", "k#"),
        ("redaction.allowed_keys", 256, "redaction: {allowed_keys: [#]}", "ab"),
        ("sampling.rules", 256, "sampling: {rules: [#]}", "{span: k#, ratio: 1}"),
        ("otlp.all.headers", 1024, "otlp: {all: {headers: {#}}}", "k#: v"),
    ] {
        let document = |items: usize| {
            let items: Vec<_> = (0..items).map(|n| item.replace('#', &n.to_string())).collect();
            format!("{RESOURCE}{}", section.replace('#', &items.join(", ")))
        };

        TelemetryConfig::from_yaml(&document(most)).and_then(|it| it.validate()).unwrap();
        let mistake = mistake_of(&document(most + 1));
        let expected = format!("{path}: expected at most {most}, found {}", most + 1);
        assert!(mistake.ends_with(&expected), "{mistake}");
    }

    let long = mistake_of(&format!("{RESOURCE}redaction: {{patterns: [{}]}}", "a".repeat(1025)));
    assert!(long.ends_with("` is too long: expected at most 1024 bytes, found 1025"), "{long}");
}
