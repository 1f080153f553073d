//! Copies the name and the attributes of the current span into the fields of a record.
//!
//! They are copied and redacted on the logging thread, like the whole record, because this thread writes the line, and
//! later updates of the span must not change the record. The limits of a record bound the copies.

use floe_telemetry_core::__sdk::char_boundary::beginning;
use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key};

use super::draft::{Draft, MAX_FIELDS, MAX_RAW, MAX_RECORD};
use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::{Exception, Rule, SpanRecord};

/// Adds the name and the attributes of the record's span whose keys match the patterns, and ends the record. An existing
/// field with the same key takes precedence.
pub(super) fn add(draft: &mut Draft, patterns: &[String]) {
    let mut found = None;
    if let (Some(span), false) = (draft.record.span, patterns.is_empty()) {
        // The closure only copies, and redaction follows later, because threads that update the span wait for the closure.
        SpanRecord::describe(span.trace_id, span.span_id, |name, attributes| {
            found = Some(copy(name, attributes, patterns));
        });
    }
    end(draft, found);
}

/// Adds the name and the attributes of a finished span like those of an open one.
pub(super) fn add_finished(draft: &mut Draft, span: &SpanRecord, patterns: &[String]) {
    let is_described = !patterns.is_empty();
    let copied = || copy(span.name_or_site(), span.attributes.as_slice(), patterns);
    end(draft, is_described.then(copied));
}

fn end(draft: &mut Draft, copied: Option<(Vec<(Key, AnyValue)>, u32)>) {
    let (copied, dropped) = copied.unwrap_or_default();
    let all = &mut draft.record.dropped_attributes;
    *all = all.saturating_add(dropped);
    for (key, value) in copied {
        draft.add_new(&key, &value);
    }
    draft.end();
}

/// Copies the name and the selected attributes, in the order in which they were set. Also returns the number of dropped
/// attributes.
fn copy(name: &str, attributes: &[Attribute], patterns: &[String]) -> (Vec<(Key, AnyValue)>, u32) {
    let is_selected = |key: &str| Rule::matches_name(patterns, key);
    let mut copied = Vec::new();
    let mut bytes = 0;
    let mut dropped = 0_u32;
    if is_selected(keys::SPAN_NAME) {
        copied.push((Key::from_static_str(keys::SPAN_NAME), text(name)));
    }
    for (at, attribute) in attributes.iter().enumerate() {
        let Attribute { key, value } = attribute;
        // The text of an exception is not written yet, and an attribute with an empty key is not exported.
        let is_none = Exception::is_awaited_by(attribute) || key.as_str().is_empty();
        if is_none || !is_selected(key.as_str()) {
            continue;
        }
        if copied.len() >= MAX_FIELDS || bytes >= MAX_RECORD {
            dropped = dropped.saturating_add(1);
            continue;
        }
        let later = attributes.get(at + 1..).unwrap_or_default();
        if later.iter().all(|later| later.key != *key) {
            let value = any(value);
            bytes += heap_bytes(&value);
            copied.push((key.clone(), value));
        }
    }
    (copied, dropped)
}

/// Copies a text, or a beginning of it that is longer than the record's limit, so that the record detects the excess.
fn text(text: &str) -> AnyValue {
    AnyValue::from(beginning(text, MAX_RAW + 1).to_owned())
}

/// Copies a value. Its texts and lists are limited.
pub(super) fn any(value: &AttributeValue) -> AnyValue {
    match value {
        AttributeValue::Bool(value) => (*value).into(),
        AttributeValue::I64(value) => (*value).into(),
        AttributeValue::F64(value) => (*value).into(),
        AttributeValue::Static(value) => (*value).into(),
        AttributeValue::Text(value) => text(value),
        AttributeValue::Array(array) => match &**array {
            Array::Bool(items) => list(items, |item| (*item).into()),
            Array::I64(items) => list(items, |item| (*item).into()),
            Array::F64(items) => list(items, |item| (*item).into()),
            Array::String(items) => list(items, |item| text(item.as_str())),
            _ => list::<bool>(&[], |item| (*item).into()),
        },
        _ => "".into(),
    }
}

/// Copies the first items, up to the maximum size of a record.
fn list<T>(items: &[T], copy: impl Fn(&T) -> AnyValue) -> AnyValue {
    let mut bytes = 0;
    let items = items.iter().map_while(|item| {
        (bytes < MAX_RECORD).then(|| {
            let item = copy(item);
            bytes += size_of::<AnyValue>() + heap_bytes(&item);
            item
        })
    });
    items.collect()
}

fn heap_bytes(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::ListAny(items) => {
            items.iter().map(|item| size_of::<AnyValue>() + heap_bytes(item)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::StringValue;

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
            let (copied, dropped) = copy("", &[attribute], &["*".to_owned()]);
            assert_eq!((copied.len(), dropped), (2, 0), "{key}");
            let bytes: usize = copied.iter().map(|(_, value)| heap_bytes(value)).sum();
            assert!((10_000..80_000).contains(&bytes), "{key}: {bytes}");
        }
    }
}
