//! Describes the exported spans of a program, in a form that is the same for both exporters.

use opentelemetry::trace::SpanContext;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::differences;
use crate::program::Time;

/// Describes a span without the times that the clock gave.
#[must_use]
pub fn lines(span: &SpanData) -> Vec<String> {
    let time = Time::set_by_program;
    let start = time(span.start_time);
    let end = time(span.end_time);
    let events = &span.events;
    let links = &span.links;
    let scope = &span.instrumentation_scope;
    let mut text = vec![
        context(&span.span_context),
        format!("parent {}, remote {}", span.parent_span_id, span.parent_span_is_remote),
        format!("{:?}, {:?}, from {start:?} to {end:?}", span.span_kind, span.status),
        attributes(&span.attributes, span.dropped_attributes_count),
        format!("dropped {} events and {} links", events.dropped_count, links.dropped_count),
        format!("scope {} {:?}", scope.name(), (scope.version(), scope.schema_url())),
        attributes(scope.attributes(), 0),
    ];
    text.extend(events.iter().map(|event| {
        let attributes = attributes(&event.attributes, event.dropped_attributes_count);
        format!("event {} at {:?}: {attributes}", event.name, time(event.timestamp))
    }));

    text.extend(links.iter().map(|link| {
        let attributes = attributes(&link.attributes, link.dropped_attributes_count);
        format!("link {}: {attributes}", context(&link.span_context))
    }));

    text.into_iter().map(|line| format!("{}: {line}", span.name)).collect()
}

#[must_use]
pub fn context(context: &SpanContext) -> String {
    let trace_id = context.trace_id();
    let span_id = context.span_id();
    let flags = differences::flags(context);
    let state = context.trace_state().header();
    let place = if context.is_remote() { "remote" } else { "local" };
    format!("{trace_id}:{span_id}, flags {flags}, state `{state}`, {place}")
}

fn attributes<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>, dropped: u32) -> String {
    let attribute = |it: &KeyValue| format!("{}={}", it.key, value(&it.value));
    let attributes: Vec<_> = attributes.into_iter().map(attribute).collect();
    format!("attributes {}, dropped {dropped}", attributes.join(" "))
}

fn value(value: &Value) -> String {
    // Floats are compared by their bits, because NaN does not equal itself.
    let float = |it: &f64| format!("{:#018x}", it.to_bits());
    match value {
        Value::Bool(it) => it.to_string(),
        Value::I64(it) => it.to_string(),
        Value::F64(it) => float(it),
        Value::String(it) => format!("{:?}", it.as_str()),
        Value::Array(Array::Bool(items)) => format!("{items:?}"),
        Value::Array(Array::I64(items)) => format!("{items:?}"),
        Value::Array(Array::F64(items)) => {
            format!("[{}]", items.iter().map(float).collect::<Vec<_>>().join(", "))
        }
        Value::Array(Array::String(items)) => {
            format!("{:?}", items.iter().map(StringValue::as_str).collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}
