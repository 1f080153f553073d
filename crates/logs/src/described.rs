//! Copies the name and the attributes of the current span into the fields of a record.
//!
//! They are copied and redacted on the logging thread, like the whole record, because this thread writes the line, and
//! later updates of the span must not change the record. The limits of a record bound the copies.

use floe_telemetry_sdk::__parts::logs::LogRecord;
use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key};

use super::nested;
use crate::attributes::{Attribute, AttributeValue};
use crate::char_boundary;
use crate::collector::Redactor;
use crate::keys;
use crate::recorder::{self, MARK, matches_any};

/// Adds the attributes. A field with the same key takes precedence.
pub(super) fn add(record: &mut LogRecord, redactor: &mut Redactor, patterns: &[String]) {
    let (Some(span), false) = (record.span(), patterns.is_empty()) else {
        return;
    };
    let mut copied = Copied::default();
    // Redaction follows later, because threads that update the span wait meanwhile.
    recorder::describe(span.trace_id, span.span_id, |name, attributes| {
        copied.copy(name, attributes, patterns);
    });
    record.dropped_attributes = record.dropped_attributes.saturating_add(copied.dropped);
    for (key, value) in copied.all {
        nested::add_new(record, redactor, &key, value);
    }
}

/// Copied attributes, in the order in which they were set.
#[derive(Default)]
struct Copied {
    all: Vec<(Key, AnyValue)>,
    /// The bytes of the texts and arrays.
    bytes: usize,
    dropped: u32,
}

impl Copied {
    fn copy(&mut self, name: &str, attributes: &[Attribute], patterns: &[String]) {
        let is_selected = |key: &str| matches_any(patterns, key);
        if is_selected(keys::SPAN_NAME) {
            let name = self.text(name);
            self.all.push((Key::from_static_str(keys::SPAN_NAME), name));
        }
        for (at, Attribute { key, value }) in attributes.iter().enumerate() {
            // The text of an exception is not in the attribute, and a span has no attribute with an empty key.
            let is_none = matches!(value, AttributeValue::Static(MARK)) || key.as_str().is_empty();
            if is_none || !is_selected(key.as_str()) {
                continue;
            }
            if self.all.len() >= LogRecord::MAX_FIELDS || self.bytes >= LogRecord::MAX_RECORD {
                self.dropped = self.dropped.saturating_add(1);
                continue;
            }
            let later = attributes.get(at + 1..).unwrap_or_default();
            if later.iter().all(|later| later.key != *key) {
                let value = self.value(value);
                self.all.push((key.clone(), value));
            }
        }
    }

    fn value(&mut self, value: &AttributeValue) -> AnyValue {
        match value {
            AttributeValue::Bool(value) => AnyValue::Boolean(*value),
            AttributeValue::I64(value) => AnyValue::Int(*value),
            AttributeValue::F64(value) => AnyValue::Double(*value),
            AttributeValue::Static(text) => self.text(text),
            AttributeValue::Text(text) => self.text(text),
            AttributeValue::Array(array) => match &**array {
                Array::Bool(items) => self.list(items, |_, item| AnyValue::Boolean(*item)),
                Array::I64(items) => self.list(items, |_, item| AnyValue::Int(*item)),
                Array::F64(items) => self.list(items, |_, item| AnyValue::Double(*item)),
                Array::String(items) => self.list(items, |all, item| all.text(item.as_str())),
                _ => AnyValue::from(""),
            },
            _ => AnyValue::from(""),
        }
    }

    /// Cuts a text to the limit of the record.
    fn text(&mut self, text: &str) -> AnyValue {
        let text = char_boundary::beginning(text, LogRecord::MAX_RAW + 1);
        self.bytes += text.len();
        AnyValue::String(text.to_owned().into())
    }

    fn list<T>(&mut self, items: &[T], copy: impl Fn(&mut Self, &T) -> AnyValue) -> AnyValue {
        let mut list = Vec::new();
        for item in items {
            if self.bytes >= LogRecord::MAX_RECORD {
                break;
            }
            self.bytes += size_of::<AnyValue>();
            list.push(copy(self, item));
        }
        AnyValue::ListAny(Box::new(list))
    }
}
