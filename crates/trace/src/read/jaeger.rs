//! Converts the JSON that Jaeger's page downloads (`{"data": […]}`) into OTLP.

use itertools::Itertools as _;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A trace whose spans are still text.
#[derive(Deserialize)]
pub(super) struct Trace<'a> {
    #[serde(rename = "traceID")]
    _id: IgnoredAny,
    #[serde(borrow)]
    pub(super) spans: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) processes: Option<&'a RawValue>,
}

/// Converts a span into an OTLP request.
pub(super) fn request(span: &Value, processes: &Value) -> Value {
    let process = span.get("process").or_else(|| processes.get(text(span, "processID")));
    let mut attributes =
        vec![attribute("service.name", &process.unwrap_or(&Value::Null)["serviceName"])];
    attributes.extend(process.iter().flat_map(|it| tags(it, "tags")));
    let scope = ["otel.scope.name", "otel.library.name"]
        .map(|key| tag(span, key))
        .into_iter()
        .find(|it| !it.is_null())
        .unwrap_or_default();
    otlp(&attributes, &scope, &self::span(span))
}

/// Returns an OTLP request with one span.
pub(super) fn otlp(resource: &[Value], scope: &Value, span: &Value) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": {"name": scope}, "spans": [span]}],
    }]})
}

fn span(span: &Value) -> Value {
    let trace = text(span, "traceID");
    // As on Jaeger's page, a span without a parent is shown below a span that it follows from.
    let of_trace = |it: &&Value| text(it, "traceID") == trace;
    let is_child = |it: &&&Value| text(it, "refType") == "CHILD_OF";
    let references = list(span, "references").collect_vec();
    let mut parents = references.iter().copied().filter(of_trace);
    let parent = parents.clone().find(|it| is_child(&it)).or_else(|| parents.next());
    let links =
        references.iter().filter(|it| !parent.is_some_and(|parent| std::ptr::eq(parent, **it)));
    let links =
        links.map(|it| json!({"traceId": id(it, "traceID", 32), "spanId": id(it, "spanID", 16)}));
    let start = micros(span, "startTime");
    let events = list(span, "logs").map(|log| {
        let name = list(log, "fields").find(|it| text(it, "key") == "event");
        json!({
            "timeUnixNano": micros(log, "timestamp"), "name": name.map_or("log", |it| text(it, "value")),
            "attributes": tags(log, "fields").collect_vec(),
        })
    });
    let error = tag(span, "error");
    let is_error = ![json!(null), json!(false), json!("false")].contains(&error);
    let has_failed = is_error || tag(span, "otel.status_code") == json!("ERROR");
    let messages = [tag(span, "otel.status_description"), error];
    let message = messages.into_iter().find(|it| it.is_string() && *it != json!("true"));
    let code = if has_failed { 2 } else { i32::from(tag(span, "otel.status_code") == json!("OK")) };
    let kind = tag(span, "span.kind").as_str().unwrap_or_default().to_uppercase();
    json!({
        "traceId": id(span, "traceID", 32),
        "spanId": id(span, "spanID", 16),
        "parentSpanId": parent.map_or_else(String::new, |it| id(it, "spanID", 16)),
        "name": text(span, "operationName"),
        "kind": format!("SPAN_KIND_{kind}"),
        "startTimeUnixNano": start,
        "endTimeUnixNano": start.saturating_add(micros(span, "duration")),
        "attributes": tags(span, "tags").collect_vec(),
        "events": events.collect_vec(),
        "links": links.collect_vec(),
        "status": {"code": code, "message": message},
    })
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Returns an id with the leading zeros that Jaeger omits.
pub(super) fn id(value: &Value, key: &str, digits: usize) -> String {
    format!("{:0>digits$}", text(value, key))
}

/// Returns the value of a field, converted from microseconds to nanoseconds.
pub(super) fn micros(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default().saturating_mul(1000)
}

/// Returns the tags that have no field of their own in OTLP.
fn tags<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = Value> + use<'a> {
    const FIELDS: [&str; 7] = [
        "error",
        "span.kind",
        "internal.span.format",
        "otel.status_code",
        "otel.status_description",
        "otel.scope.name",
        "otel.library.name",
    ];
    let fields = if key == "fields" { &["event"][..] } else { &FIELDS };
    let tags = list(value, key).filter(|it| !fields.contains(&text(it, "key")));
    tags.map(|it| attribute(text(it, "key"), &it["value"]))
}

fn tag(span: &Value, key: &str) -> Value {
    let found = list(span, "tags").find(|it| text(it, "key") == key);
    found.map(|it| it["value"].clone()).unwrap_or_default()
}

pub(super) fn attribute(key: &str, value: &Value) -> Value {
    let field = match value {
        Value::Bool(_) => "boolValue",
        Value::Number(number) if number.is_f64() => "doubleValue",
        Value::Number(_) => "intValue",
        _ => "stringValue",
    };
    json!({"key": key, "value": {field: value}})
}
