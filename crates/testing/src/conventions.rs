//! Checks captured spans against OpenTelemetry's semantic conventions.

use floe_semconv::{Kind, Problem};
use opentelemetry::trace::SpanKind;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// The violations of a span, each as a sentence.
pub(super) fn problems(span: &SpanData) -> Vec<String> {
    let events = span.events.iter().flat_map(|event| &event.attributes);
    let mut found: Vec<_> = span.attributes.iter().chain(events).flat_map(of_attribute).collect();
    let keys: Vec<_> = span.attributes.iter().map(|it| it.key.as_str()).collect();
    let missing = floe_semconv::check_span(kind(&span.span_kind), &keys);
    found.extend(missing.iter().map(Problem::to_string));
    found
}

fn of_attribute(attribute: &KeyValue) -> Vec<String> {
    let key = attribute.key.as_str();
    let value = match &attribute.value {
        Value::Bool(_) => floe_semconv::check_kind(key, Kind::Bool),
        Value::I64(_) => floe_semconv::check_kind(key, Kind::Int),
        Value::F64(_) => floe_semconv::check_kind(key, Kind::Double),
        Value::String(text) => floe_semconv::check_text(key, text.as_str()),
        Value::Array(Array::Bool(_)) => floe_semconv::check_kind(key, Kind::Bools),
        Value::Array(Array::I64(_)) => floe_semconv::check_kind(key, Kind::Ints),
        Value::Array(Array::F64(_)) => floe_semconv::check_kind(key, Kind::Doubles),
        Value::Array(Array::String(_)) => floe_semconv::check_kind(key, Kind::Texts),
        _ => None,
    };
    let problems = floe_semconv::check(key).into_iter().chain(value);
    problems.map(|problem| problem.to_string()).collect()
}

pub(super) const fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    }
}
