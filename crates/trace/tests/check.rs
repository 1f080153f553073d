//! Telemetry against OpenTelemetry's semantic conventions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use floe_trace::read::Checker;
use serde_json::{Value, json};

/// What is printed for a file on standard input.
struct Output {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn check(input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .arg("check")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn attribute(key: &str, kind: &str, value: &Value) -> Value {
    json!({ "key": key, "value": { kind: value } })
}

fn spans(name: &str, kind: u8, attributes: &[Value]) -> String {
    let span = json!({ "name": name, "kind": kind, "attributes": attributes });
    json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] }).to_string() + "\n"
}

#[test]
fn what_differs_is_printed_once_with_its_first_place() {
    let right = spans(
        "GET",
        3,
        &[
            attribute("http.request.method", "stringValue", &json!("GET")),
            attribute("url.full", "stringValue", &json!("https://example.com/")),
            attribute("server.address", "stringValue", &json!("example.com")),
            attribute("server.port", "intValue", &json!("443")),
            attribute("acme.anything", "boolValue", &json!(true)),
        ],
    );
    let wrong = spans(
        "load",
        3,
        &[
            attribute("db.system", "stringValue", &json!("sqlite")),
            attribute("http.response.status_code", "stringValue", &json!("200")),
            attribute("url.fully", "stringValue", &json!("/")),
        ],
    );
    let output = check(right.as_bytes());
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);

    let output = check(format!("{right}\n{wrong}{wrong}").as_bytes());
    assert_eq!(output.code, Some(1));
    let missing = ["http.request.method", "server.address", "server.port", "url.full"].map(|key| {
        format!("standard input:3: span `load`: a client span with attributes of `http` has `{key}`, which this one lacks (2 times)")
    });
    let mut lines = vec![
        "standard input:3: span `load`: `http.response.status_code` is an integer, found text (2 times)".to_owned(),
        "standard input:3: span `load`: `url.fully` is not in the semantic conventions 1.44.0; did you mean `url.full`? (2 times)".to_owned(),
        "standard input:3: span `load`: a client span with attributes of `db` has `db.system.name`, which this one lacks (2 times)".to_owned(),
    ];
    lines.extend(missing);
    lines.push("standard input:3: span `load`: the semantic conventions renamed `db.system` to `db.system.name` (2 times)".to_owned());
    assert_eq!(output.stdout.lines().collect::<Vec<_>>(), lines);
    assert_eq!(output.stderr, "8 differences from the semantic conventions 1.44.0\n");
}

#[test]
fn metrics_have_their_units_and_instruments() {
    let metric = |name, unit, data: Value| {
        let mut metric = json!({ "name": name, "unit": unit });
        metric.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        metric
    };
    let metrics = [
        metric("http.server.request.duration", "ms", json!({ "histogram": {} })),
        metric("http.server.active_requests", "{request}", json!({ "gauge": {} })),
        metric("acme.rows", "1", json!({ "sum": {} })),
    ];
    let request = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] });
    let output = check(request.to_string().as_bytes());
    assert_eq!(
        output.stdout,
        "standard input:1: metric `http.server.active_requests`: `http.server.active_requests` is recorded by a \
         UpDownCounter, found a Gauge\n\
         standard input:1: metric `http.server.request.duration`: `http.server.request.duration` has the unit `s`, \
         found `ms`\n"
    );
    assert_eq!(output.code, Some(1));
}

#[test]
fn protobuf_is_checked() {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message as _;

    let wrong = spans("load", 1, &[attribute("db.system", "stringValue", &json!("sqlite"))]);
    let request: ExportTraceServiceRequest = serde_json::from_str(&wrong).unwrap();
    let output = check(&request.encode_to_vec());
    assert_eq!(
        output.stdout,
        "standard input, byte 0: span `load`: the semantic conventions renamed `db.system` to `db.system.name`\n"
    );
}

#[test]
fn what_is_no_telemetry_is_one_error_with_its_place() {
    for (text, message) in [
        (
            "no json\n",
            "error: standard input: expected OTLP, as JSON or protobuf, found something else\n",
        ),
        (
            "{}",
            "note: standard input:1: expected `resourceSpans`, `resourceLogs` or `resourceMetrics`, found none of them\n",
        ),
        (
            r#"{"resourceMetrics": [{"scopeMetrics": 3}]}"#,
            "note: standard input:1: expected metrics of OTLP as JSON, found invalid type: integer, expected a sequence\n",
        ),
    ] {
        let output = check(text.as_bytes());
        assert_eq!(output.stderr, message);
        assert_eq!(output.code, Some(if message.starts_with("error") { 2 } else { 0 }));
    }
}

#[test]
fn differences_carry_no_credential_and_are_bounded() {
    let key = |key: &str| [attribute(key, "intValue", &json!(1))];
    let mut lines = spans("password=Kx7wQ2vTn9LmZr4p", 1, &key("db.system"));
    lines.push_str(&spans(&"a".repeat(1 << 20), 1, &key("db.system")));
    for number in 0..1100 {
        lines.push_str(&spans("many", 1, &key(&format!("db.unknown_{number}"))));
    }
    let mut reader = Checker::new();
    reader.read("lines", lines.as_bytes()).unwrap();
    let differences = reader.differences();
    assert_eq!(differences.len(), 1001);
    assert!(differences[1000].times >= 100);
    let longest = differences.iter().map(|it| it.message.chars().count());
    assert_eq!(longest.max(), Some(501));
    let text = format!("{differences:?}");
    assert!(text.contains("password="), "{text}");
    assert!(!text.contains("Kx7wQ2vTn9LmZr4p"), "{text}");
}
