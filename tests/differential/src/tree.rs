//! The exported spans of a program, in a form that is the same for both exporters and for OTLP.

use opentelemetry::trace::{SpanContext, Status};
use opentelemetry::{Array, KeyValue, Value as OtelValue};
use opentelemetry_sdk::trace::SpanData;
use serde::Serialize;

use crate::differences;
use crate::program::Time;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Span {
    pub context: Link,
    pub parent: String,
    pub parent_is_remote: bool,
    pub name: String,
    pub kind: String,
    /// The start; `None` for a time of the clock.
    pub start: Option<u128>,
    pub end: Option<u128>,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub events: Vec<Event>,
    pub dropped_events: u32,
    pub links: Vec<Link>,
    pub dropped_links: u32,
    pub status: (String, String),
    pub scope: Scope,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub name: String,
    pub time: Option<u128>,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
}

/// A link, or the context of a span.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    pub trace_id: String,
    pub span_id: String,
    pub flags: u8,
    pub is_remote: bool,
    pub state: String,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scope {
    pub name: String,
    pub version: String,
    pub schema_url: String,
    pub attributes: Attributes,
}

/// Attributes in their order.
pub type Attributes = Vec<(String, Value)>;

/// A value: its type and its text, or a list. An empty list has no type in OTLP.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Scalar(String),
    List(Vec<String>),
}

impl From<SpanData> for Span {
    fn from(span: SpanData) -> Self {
        let event = |event: &opentelemetry::trace::Event| Event {
            name: event.name.to_string(),
            time: Time::set_by_program(event.timestamp),
            attributes: attributes(&event.attributes),
            dropped_attributes: event.dropped_attributes_count,
        };
        let link = |link: &opentelemetry::trace::Link| Link {
            attributes: attributes(&link.attributes),
            dropped_attributes: link.dropped_attributes_count,
            ..Link::of(&link.span_context)
        };
        let scope = &span.instrumentation_scope;
        let scope_attributes: Vec<_> = scope.attributes().cloned().collect();
        Self {
            context: Link::of(&span.span_context),
            parent: span.parent_span_id.to_string(),
            parent_is_remote: span.parent_span_is_remote,
            kind: format!("{:?}", span.span_kind),
            start: Time::set_by_program(span.start_time),
            end: Time::set_by_program(span.end_time),
            attributes: attributes(&span.attributes),
            dropped_attributes: span.dropped_attributes_count,
            events: span.events.events.iter().map(event).collect(),
            dropped_events: span.events.dropped_count,
            links: span.links.links.iter().map(link).collect(),
            dropped_links: span.links.dropped_count,
            status: status(&span.status),
            scope: Scope {
                name: scope.name().to_owned(),
                version: scope.version().unwrap_or_default().to_owned(),
                schema_url: scope.schema_url().unwrap_or_default().to_owned(),
                attributes: attributes(&scope_attributes),
            },
            name: span.name.into_owned(),
        }
    }
}

impl Link {
    fn of(context: &SpanContext) -> Self {
        Self {
            trace_id: context.trace_id().to_string(),
            span_id: context.span_id().to_string(),
            flags: differences::flags(context),
            is_remote: context.is_remote(),
            state: context.trace_state().header(),
            attributes: Attributes::new(),
            dropped_attributes: 0,
        }
    }
}

fn status(status: &Status) -> (String, String) {
    match status {
        Status::Unset => ("Unset".to_owned(), String::new()),
        Status::Ok => ("Ok".to_owned(), String::new()),
        Status::Error { description } => ("Error".to_owned(), description.to_string()),
    }
}

fn attributes(attributes: &[KeyValue]) -> Attributes {
    let attribute = |attribute: &KeyValue| (attribute.key.to_string(), value(&attribute.value));
    attributes.iter().map(attribute).collect()
}

fn value(value: &OtelValue) -> Value {
    match value {
        OtelValue::Bool(it) => Value::Scalar(boolean(*it)),
        OtelValue::I64(it) => Value::Scalar(integer(*it)),
        OtelValue::F64(it) => Value::Scalar(float(*it)),
        OtelValue::String(it) => Value::Scalar(text(it.as_str())),
        OtelValue::Array(Array::Bool(items)) => list(items, |item| boolean(*item)),
        OtelValue::Array(Array::I64(items)) => list(items, |item| integer(*item)),
        OtelValue::Array(Array::F64(items)) => list(items, |item| float(*item)),
        OtelValue::Array(Array::String(items)) => list(items, |item| text(item.as_str())),
        other => Value::Scalar(format!("{other:?}")),
    }
}

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> Value {
    Value::List(items.iter().map(item).collect())
}

fn boolean(value: bool) -> String {
    format!("bool {value}")
}

fn integer(value: i64) -> String {
    format!("int {value}")
}

/// The bits of a float: not all floats are equal to themselves.
fn float(value: f64) -> String {
    format!("double {:016x}", value.to_bits())
}

fn text(value: &str) -> String {
    format!("string {value}")
}
