//! Copies the name and the attributes of the current span into the fields of a record.
//!
//! They are copied and redacted on the logging thread, like the whole record, because this thread writes the line, and
//! later updates of the span must not change the record. The limits of a record bound the copies.

use floe_telemetry_core::__sdk::char_boundary::beginning;
use floe_telemetry_sdk::__parts::logs::LogRecord;
use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, StringValue, Value};

use super::nested;
use crate::attributes::{Attribute, AttributeValue};
use crate::collector::Redactor;
use crate::keys;
use crate::recorder::{self, MARK, matches_any};

/// Adds the attributes. A field with the same key takes precedence.
pub(super) fn add(record: &mut LogRecord, redactor: &mut Redactor, patterns: &[String]) {
    let (Some(span), false) = (record.span(), patterns.is_empty()) else {
        return;
    };
    let mut copied = Vec::new();
    // Redaction follows later, because threads that update the span wait meanwhile.
    recorder::describe(span.trace_id, span.span_id, |name, attributes| {
        let dropped;
        (copied, dropped) = copy(name, attributes, patterns);
        record.dropped_attributes = record.dropped_attributes.saturating_add(dropped);
    });
    for Attribute { key, value } in copied {
        nested::add_new(record, redactor, &key, any(value));
    }
}

/// Copies the name and the selected attributes, in the order in which they were set. Also returns the number of dropped
/// ones.
fn copy(name: &str, attributes: &[Attribute], patterns: &[String]) -> (Vec<Attribute>, u32) {
    let is_selected = |key: &str| matches_any(patterns, key);
    let (mut copied, mut bytes, mut dropped) = (Vec::new(), 0, 0_u32);
    if is_selected(keys::SPAN_NAME) {
        let key = Key::from_static_str(keys::SPAN_NAME);
        copied.push(Attribute { key, value: text(name) });
    }
    for (at, Attribute { key, value }) in attributes.iter().enumerate() {
        // The text of an exception is not in the attribute, and a span has no attribute with an empty key.
        let is_none = matches!(value, AttributeValue::Static(MARK)) || key.as_str().is_empty();
        if is_none || !is_selected(key.as_str()) {
            continue;
        }
        if copied.len() >= LogRecord::MAX_FIELDS || bytes >= LogRecord::MAX_RECORD {
            dropped = dropped.saturating_add(1);
            continue;
        }
        let later = attributes.get(at + 1..).unwrap_or_default();
        if later.iter().all(|later| later.key != *key) {
            let value = match value {
                AttributeValue::Text(long) => text(long),
                AttributeValue::Array(items) => AttributeValue::Array(Box::new(array(items))),
                other => other.clone(),
            };
            bytes += value.heap_bytes();
            copied.push(Attribute { key: key.clone(), value });
        }
    }
    (copied, dropped)
}

/// Cuts a text to the limit of the record.
fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(beginning(text, LogRecord::MAX_RAW + 1).into())
}

/// Cuts an array to the limit of the record.
fn array(array: &Array) -> Array {
    match array {
        Array::Bool(items) => first(items).to_vec().into(),
        Array::I64(items) => first(items).to_vec().into(),
        Array::F64(items) => first(items).to_vec().into(),
        Array::String(items) => {
            let mut bytes = 0;
            let texts = first(items).iter().map_while(|text| {
                let has_room = bytes < LogRecord::MAX_RECORD;
                let text = beginning(text.as_str(), LogRecord::MAX_RAW + 1);
                bytes += text.len();
                has_room.then(|| StringValue::from(text.to_owned()))
            });
            Array::String(texts.collect())
        }
        _ => Array::Bool(Vec::new()),
    }
}

/// The items for which a record has room.
fn first<T>(items: &[T]) -> &[T] {
    items.get(..LogRecord::MAX_RECORD / size_of::<AnyValue>()).unwrap_or(items)
}

fn any(value: AttributeValue) -> AnyValue {
    match Value::from(value) {
        Value::Bool(value) => value.into(),
        Value::I64(value) => value.into(),
        Value::F64(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Array(Array::Bool(items)) => items.into_iter().collect(),
        Value::Array(Array::I64(items)) => items.into_iter().collect(),
        Value::Array(Array::F64(items)) => items.into_iter().collect(),
        Value::Array(Array::String(items)) => items.into_iter().collect(),
        _ => AnyValue::from(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_bounded() {
        let attribute = |key, value| Attribute { key: Key::from_static_str(key), value };
        let long = "a".repeat(1 << 20);
        let texts = vec![StringValue::from(long.clone()); 100];
        let all = [
            attribute("text", AttributeValue::Text((&*long).into())),
            attribute("numbers", AttributeValue::Array(Box::new(vec![1_i64; 1 << 20].into()))),
            attribute("texts", AttributeValue::Array(Box::new(texts.into()))),
        ];
        for attribute in all {
            let key = attribute.key.clone();
            let (copied, dropped) = copy(&long, &[attribute], &["*".to_owned()]);
            assert_eq!((copied.len(), dropped), (2, 0), "{key}");
            let bytes: usize = copied.iter().map(|it| it.value.heap_bytes()).sum();
            assert!((10_000..80_000).contains(&bytes), "{key}: {bytes}");
        }
    }
}
