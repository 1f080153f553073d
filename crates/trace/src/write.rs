//! Writes spans and log records as JSON lines of OTLP, for [`read`](crate::read) and for other tools.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::span::{Log, Recording, Source, Span, SpanId, Status, Text, TraceId, Value};

/// The maximum number of spans or log records in a line.
const LINE: usize = 512;

/// Writes a recording as JSON lines of OTLP.
///
/// # Errors
/// Writing fails.
pub fn lines(recording: &Recording, mut out: impl Write) -> io::Result<()> {
    for part in recording.spans.chunks(LINE) {
        let groups = part.chunk_by(|one, other| one.source == other.source).map(|spans| {
            let records = spans.iter().map(span).collect();
            of_source(recording, spans[0].source, ["scopeSpans", "spans"], &records)
        });
        writeln!(out, "{}", json!({"resourceSpans": groups.collect::<Json>()}))?;
    }
    for part in recording.logs.chunks(LINE) {
        let groups = part.chunk_by(|one, other| one.source == other.source).map(|logs| {
            let records = logs.iter().map(log).collect();
            of_source(recording, logs[0].source, ["scopeLogs", "logRecords"], &records)
        });
        writeln!(out, "{}", json!({"resourceLogs": groups.collect::<Json>()}))?;
    }
    out.flush()
}

fn of_source(recording: &Recording, source: u32, fields: [&str; 2], records: &Json) -> Json {
    let [scopes, kind] = fields;
    let unknown = Source::default();
    let source = recording.source(source).unwrap_or(&unknown);
    json!({
        "resource": {"attributes": attributes(&source.resource)},
        (scopes): [{"scope": {"name": &*source.scope, "version": &*source.version}, (kind): records}],
    })
}

fn span(span: &Span) -> Json {
    let events = span.events.iter().map(|event| {
        json!({
            "timeUnixNano": event.time.to_string(),
            "name": &*event.name,
            "attributes": attributes(&event.attributes),
        })
    });
    let links = span.links.iter().map(|link| {
        json!({
            "traceId": link.trace.to_string(),
            "spanId": link.span.to_string(),
            "attributes": attributes(&link.attributes),
        })
    });
    json!({
        "traceId": span.trace.to_string(),
        "spanId": span.id.to_string(),
        "parentSpanId": span.parent.map(|it| it.to_string()).unwrap_or_default(),
        "name": &*span.name,
        "kind": span.kind as u8 + 1,
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes(&span.attributes),
        "events": events.collect::<Json>(),
        "links": links.collect::<Json>(),
        "status": match &span.status {
            Status::Unset => json!({}),
            Status::Ok => json!({"code": 1}),
            Status::Error(message) => json!({"code": 2, "message": &**message}),
        },
    })
}

fn log(log: &Log) -> Json {
    let trace = (log.trace != TraceId::default()).then(|| log.trace.to_string());
    let span = (log.span != SpanId::default()).then(|| log.span.to_string());
    json!({
        "timeUnixNano": log.time.to_string(),
        "severityNumber": log.severity,
        "severityText": log.level(),
        "body": value(&log.body),
        "attributes": attributes(&log.attributes),
        "traceId": trace.unwrap_or_default(),
        "spanId": span.unwrap_or_default(),
        "eventName": &*log.event_name,
    })
}

fn attributes(attributes: &[(Text, Value)]) -> Json {
    attributes.iter().map(|(key, it)| json!({"key": &**key, "value": value(it)})).collect()
}

fn value(it: &Value) -> Json {
    match it {
        Value::Empty => json!({}),
        Value::Text(text) => json!({"stringValue": &**text}),
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Int(value) => json!({"intValue": value.to_string()}),
        Value::Double(value) => json!({"doubleValue": value}),
        Value::Bytes(bytes) => json!({"bytesValue": STANDARD.encode(bytes)}),
        Value::List(values) => {
            json!({"arrayValue": {"values": values.iter().map(value).collect::<Json>()}})
        }
        Value::Map(entries) => json!({"kvlistValue": {"values": attributes(entries)}}),
    }
}
