//! `floe check`: exported telemetry against OpenTelemetry's semantic conventions.

use serde_json::{Value, json};

use crate::product::{Output, program};

fn check(lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.jsonl");
    std::fs::write(&path, lines).unwrap();
    let output = program(&["check", path.to_str().unwrap()], &[]);
    let place = folder.path().to_str().unwrap().to_owned() + "/";
    Output {
        stdout: output.stdout.replace(&place, ""),
        stderr: output.stderr.replace(&place, ""),
        ..output
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
    check(&right).assert_ok();

    let output = check(&format!("{right}\n{wrong}{wrong}"));
    assert_eq!(output.code, Some(1));
    let missing = ["http.request.method", "server.address", "server.port", "url.full"].map(|key| {
        format!("trace.jsonl:3: span `load`: a client span with attributes of `http` has `{key}`, which this one lacks (2 times)")
    });
    let mut lines = vec![
        "trace.jsonl:3: span `load`: `http.response.status_code` is an integer, found text (2 times)".to_owned(),
        "trace.jsonl:3: span `load`: `url.fully` is not in the semantic conventions 1.44.0, did you mean `url.full`? (2 times)".to_owned(),
        "trace.jsonl:3: span `load`: a client span with attributes of `db` has `db.system.name`, which this one lacks (2 times)".to_owned(),
    ];
    lines.extend(missing);
    lines.push("trace.jsonl:3: span `load`: the semantic conventions renamed `db.system` to `db.system.name` (2 times)".to_owned());
    assert_eq!(output.stdout.lines().collect::<Vec<_>>(), lines);
    assert_eq!(
        output.stderr,
        "error: 8 differences from the semantic conventions 1.44.0\n"
    );
}

#[test]
fn metrics_have_their_units_and_instruments() {
    let metric = |name, unit, data: Value| {
        let mut metric = json!({ "name": name, "unit": unit });
        metric
            .as_object_mut()
            .unwrap()
            .extend(data.as_object().unwrap().clone());
        metric
    };
    let metrics = [
        metric(
            "http.server.request.duration",
            "ms",
            json!({ "histogram": {} }),
        ),
        metric(
            "http.server.active_requests",
            "{request}",
            json!({ "gauge": {} }),
        ),
        metric("acme.rows", "1", json!({ "sum": {} })),
    ];
    let request = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] });
    let output = check(&request.to_string());
    assert_eq!(
        output.stdout,
        "trace.jsonl:1: metric `http.server.active_requests`: `http.server.active_requests` is recorded by a \
         UpDownCounter, found a Gauge\n\
         trace.jsonl:1: metric `http.server.request.duration`: `http.server.request.duration` has the unit `s`, \
         found `ms`\n"
    );
    assert_eq!(output.code, Some(1));
}

#[test]
fn what_is_no_telemetry_is_one_error_with_its_place() {
    for (text, message) in [
        (
            "\nno json\n",
            "trace.jsonl:2:2: expected OTLP as JSON, a request in each line, found no JSON",
        ),
        (
            "{}",
            "trace.jsonl:1: expected one of `resourceSpans`, `resourceMetrics` and `resourceLogs`, found none of them",
        ),
    ] {
        let output = check(text);
        assert_eq!(output.stderr, format!("error: {message}\n"));
        assert_eq!(output.code, Some(2));
    }
    let long = format!("[\"{}\"]", "a".repeat(64 << 20));
    let output = check(&long);
    let message = "trace.jsonl:1: expected a request of at most 67108864 bytes in each line, found a longer one";
    assert_eq!(output.stderr, format!("error: {message}\n"));
    let output = program(&["check", "/nowhere/trace.jsonl"], &[]);
    assert_eq!(output.code, Some(1));
    assert!(
        output
            .stderr
            .starts_with("error: cannot read `/nowhere/trace.jsonl`: ")
    );
}
