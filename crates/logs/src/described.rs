//! Copies the name and the attributes of the current span into the fields of a record.
//!
//! They are copied and redacted on the logging thread, like the whole record, because this thread writes the line, and
//! later updates of the span must not change the record. The limits of a record bound the copies.

use floe_telemetry_core::__sdk::char_boundary::beginning;
use floe_telemetry_sdk::__parts::logs::LogRecord;
use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, Value};

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
        let is_large =
            matches!(value, AttributeValue::Array(_)) && value.heap_bytes() > LogRecord::MAX_RECORD;
        if is_large || copied.len() >= LogRecord::MAX_FIELDS || bytes >= LogRecord::MAX_RECORD {
            dropped = dropped.saturating_add(1);
            continue;
        }
        let later = attributes.get(at + 1..).unwrap_or_default();
        if later.iter().all(|later| later.key != *key) {
            let value = match value {
                AttributeValue::Text(long) => text(long),
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
        let all = [
            attribute("text", AttributeValue::Text((&*long).into())),
            attribute("array", AttributeValue::Array(Box::new(Array::I64(vec![0; 1 << 20])))),
            attribute("rows", AttributeValue::I64(3)),
        ];
        let (copied, dropped) = copy(&long, &all, &["*".to_owned()]);
        let keys: Vec<_> = copied.iter().map(|it| it.key.as_str()).collect();
        assert_eq!((keys, dropped), (vec![keys::SPAN_NAME, "text", "rows"], 1));
        let bytes: usize = copied.iter().map(|it| it.value.heap_bytes()).sum();
        assert_eq!(bytes, 2 * (LogRecord::MAX_RAW + 1));
    }
}
