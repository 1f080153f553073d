//! Events of OpenTelemetry's logs API as events of the current span
//! ([specification](https://opentelemetry.io/docs/specs/otel/logs/sdk/#event-to-span-event-bridge)).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry::logs::AnyValue;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Array, Context, Key, KeyValue, StringValue, Value};
use serde_json::json;

use super::context;
use crate::clock::wall_now;
use floe_telemetry_sdk::__parts::logs::SpanIds;

/// Adds an event to the current span, if that is recorded, the event does not belong to another one, `span`, and its
/// logger `accepts` the event in the current one. The attributes are redacted and bounded; names and texts are redacted
/// once more like those of any event.
pub(super) fn bridge(
    name: &'static str,
    time: Option<SystemTime>,
    span: Option<SpanIds>,
    attributes: &[(Key, AnyValue)],
    accepts: impl Fn(SpanIds) -> bool,
) {
    // Cloned, because a span of another library runs its own code, which may change the current `Context`.
    let cx = Context::current();
    let ids = |ids: SpanIds| (ids.trace_id, ids.span_id);
    let same = |current| span.is_none_or(|span| ids(span) == ids(current));
    let is_event_of = |current| same(current) && accepts(current);
    if !cx.span().is_recording() || !context::ids(&cx).is_some_and(is_event_of) {
        return;
    }
    let attributes = attributes.iter();
    let attributes = attributes.map(|(key, value)| KeyValue::new(key.clone(), of_span(value)));
    let time = time.unwrap_or_else(wall_now);
    cx.span().add_event_with_timestamp(name, time, attributes.collect());
}

/// The value as one of a span's event, whose values are neither nested nor bytes: a text with JSON or base64 in their
/// place ([specification](https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols)).
fn of_span(value: &AnyValue) -> Value {
    match value {
        AnyValue::Boolean(value) => Value::Bool(*value),
        AnyValue::Int(value) => Value::I64(*value),
        AnyValue::Double(value) => Value::F64(*value),
        AnyValue::String(text) => Value::String(text.clone()),
        AnyValue::ListAny(items) => {
            let array = array(items).map(Value::Array);
            array.unwrap_or_else(|| Value::from(as_json(value).to_string()))
        }
        AnyValue::Bytes(bytes) => Value::from(STANDARD.encode(&**bytes)),
        AnyValue::Map(_) => Value::from(as_json(value).to_string()),
        _ => Value::from(""),
    }
}

/// The items as an array, if all have one type.
fn array(items: &[AnyValue]) -> Option<Array> {
    macro_rules! all {
        ($variant:ident, $item:ty) => {
            items
                .iter()
                .map(|item| match item {
                    AnyValue::$variant(item) => Some(item.clone()),
                    _ => None,
                })
                .collect::<Option<Vec<$item>>>()
        };
    }
    match items.first() {
        Some(AnyValue::Boolean(_)) => all!(Boolean, bool).map(Array::Bool),
        Some(AnyValue::Int(_)) => all!(Int, i64).map(Array::I64),
        Some(AnyValue::Double(_)) => all!(Double, f64).map(Array::F64),
        _ => all!(String, StringValue).map(Array::String),
    }
}

fn as_json(value: &AnyValue) -> serde_json::Value {
    match value {
        AnyValue::Boolean(value) => json!(value),
        AnyValue::Int(value) => json!(value),
        AnyValue::Double(value) if value.is_nan() => json!("NaN"),
        AnyValue::Double(value) if value.is_infinite() && *value > 0.0 => json!("Infinity"),
        AnyValue::Double(value) if value.is_infinite() => json!("-Infinity"),
        AnyValue::Double(value) => json!(value),
        AnyValue::String(text) => json!(text.as_str()),
        AnyValue::Bytes(bytes) => json!(STANDARD.encode(&**bytes)),
        AnyValue::ListAny(items) => items.iter().map(as_json).collect(),
        AnyValue::Map(items) => {
            let items = items.iter();
            items.map(|(key, item)| (key.as_str().to_owned(), as_json(item))).collect()
        }
        _ => serde_json::Value::Null,
    }
}
