//! Writes spans and log records as OTLP: JSON lines that [`read`](crate::read) reads, and other tools.

use std::io::{self, Write};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event as ProtoEvent, Link as ProtoLink};
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as ProtoSpan, Status as ProtoStatus, TracesData,
};

use crate::span::{Kind, Log, Recording, Source, Span, SpanId, Status, TraceId, Value};

/// The most spans or log records of a line.
const LINE: usize = 512;

/// Writes a recording as JSON lines of OTLP.
///
/// # Errors
/// Writing fails.
pub fn lines(recording: &Recording, mut out: impl Write) -> io::Result<()> {
    for part in recording.spans.chunks(LINE) {
        let groups = part.chunk_by(|one, other| one.source == other.source);
        let resource_spans = groups.map(|spans| spans_of(recording, spans)).collect();
        line(&mut out, &TracesData { resource_spans })?;
    }
    for part in recording.logs.chunks(LINE) {
        let groups = part.chunk_by(|one, other| one.source == other.source);
        let resource_logs = groups.map(|logs| logs_of(recording, logs)).collect();
        line(&mut out, &LogsData { resource_logs })?;
    }
    out.flush()
}

fn line(out: &mut impl Write, data: &impl serde::Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(data)?;
    line.push(b'\n');
    out.write_all(&line)
}

fn spans_of(recording: &Recording, spans: &[Span]) -> ResourceSpans {
    let source = spans.first().and_then(|span| recording.source(span.source));
    let (resource, scope) = origin(source);
    ResourceSpans {
        resource,
        scope_spans: vec![ScopeSpans {
            scope,
            spans: spans.iter().map(span).collect(),
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

fn logs_of(recording: &Recording, logs: &[Log]) -> ResourceLogs {
    let source = logs.first().and_then(|log| recording.source(log.source));
    let (resource, scope) = origin(source);
    ResourceLogs {
        resource,
        scope_logs: vec![ScopeLogs {
            scope,
            log_records: logs.iter().map(log).collect(),
            ..ScopeLogs::default()
        }],
        ..ResourceLogs::default()
    }
}

fn origin(source: Option<&Source>) -> (Option<Resource>, Option<InstrumentationScope>) {
    let resource = source
        .map(|source| Resource { attributes: attributes(&source.resource), ..Resource::default() });
    let scope = source.map(|source| InstrumentationScope {
        name: source.scope.to_string(),
        version: source.version.to_string(),
        ..InstrumentationScope::default()
    });
    (resource, scope)
}

fn span(span: &Span) -> ProtoSpan {
    ProtoSpan {
        trace_id: trace_id(span.trace),
        span_id: span_id(span.id),
        parent_span_id: span.parent.map(span_id).unwrap_or_default(),
        name: span.name.to_string(),
        kind: match span.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
            Kind::Producer => 4,
            Kind::Consumer => 5,
        },
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: attributes(&span.attributes),
        events: span
            .events
            .iter()
            .map(|event| ProtoEvent {
                time_unix_nano: event.time,
                name: event.name.to_string(),
                attributes: attributes(&event.attributes),
                ..ProtoEvent::default()
            })
            .collect(),
        links: span
            .links
            .iter()
            .map(|link| ProtoLink {
                trace_id: trace_id(link.trace),
                span_id: span_id(link.span),
                attributes: attributes(&link.attributes),
                ..ProtoLink::default()
            })
            .collect(),
        status: match &span.status {
            Status::Unset => None,
            Status::Ok => Some(ProtoStatus { code: 1, ..ProtoStatus::default() }),
            Status::Error(message) => Some(ProtoStatus { code: 2, message: message.to_string() }),
        },
        ..ProtoSpan::default()
    }
}

fn log(log: &Log) -> LogRecord {
    let has_trace = log.trace != TraceId::default();
    let has_span = log.span != SpanId::default();
    LogRecord {
        time_unix_nano: log.time,
        severity_number: log.severity.into(),
        severity_text: log.level().to_owned(),
        body: Some(value(&log.body)),
        attributes: attributes(&log.attributes),
        trace_id: if has_trace { trace_id(log.trace) } else { Vec::new() },
        span_id: if has_span { span_id(log.span) } else { Vec::new() },
        event_name: log.event_name.to_string(),
        ..LogRecord::default()
    }
}

fn trace_id(id: TraceId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn span_id(id: SpanId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn attributes(attributes: &[(crate::span::Text, Value)]) -> Vec<KeyValue> {
    let attributes = attributes.iter();
    attributes
        .map(|(key, it)| KeyValue {
            key: key.to_string(),
            value: Some(value(it)),
            ..KeyValue::default()
        })
        .collect()
}

fn value(it: &Value) -> AnyValue {
    let value = match it {
        Value::Empty => None,
        Value::Text(text) => Some(Any::StringValue(text.to_string())),
        Value::Bool(value) => Some(Any::BoolValue(*value)),
        Value::Int(value) => Some(Any::IntValue(*value)),
        Value::Double(value) => Some(Any::DoubleValue(*value)),
        Value::Bytes(bytes) => Some(Any::BytesValue(bytes.to_vec())),
        Value::List(values) => {
            Some(Any::ArrayValue(ArrayValue { values: values.iter().map(value).collect() }))
        }
        Value::Map(entries) => Some(Any::KvlistValue(KeyValueList { values: attributes(entries) })),
    };
    AnyValue { value }
}
