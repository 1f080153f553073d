//! Copies the name and the attributes of the current span into the fields of a record.
//!
//! They are copied and redacted on the logging thread, like the whole record, because this thread writes the line, and
//! later updates of the span must not change the record. The limits of a record bound the copies.

use std::collections::BTreeMap;

use floe_redact::{FieldRoles, Walk as _};
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

/// The copied fields of a span, the attributes that may be names of these values, and the number of dropped attributes.
#[derive(Default)]
struct Copied {
    fields: Vec<(Key, AnyValue)>,
    names: Vec<(Key, AnyValue)>,
    dropped: u32,
}

fn end(draft: &mut Draft, copied: Option<Copied>) {
    if let Some(copied) = copied {
        add_copied(draft, &copied);
    }
    draft.end();
}

fn add_copied(draft: &mut Draft, Copied { fields, names, dropped }: &Copied) {
    let all = &mut draft.record.dropped_attributes;
    *all = all.saturating_add(*dropped);
    let mut named = BTreeMap::new();
    if !names.is_empty() {
        let texts: Vec<_> = fields.iter().chain(names).map(text_of).collect();
        named.extend(draft.redactor().named(&texts));
    }
    for (at, (key, value)) in fields.iter().enumerate() {
        draft.add_named(key, named.get(&at).copied().unwrap_or(key.as_str()), value);
    }
}

/// Returns a key and its text; an empty one for another value, because it is no name.
fn text_of((key, value): &(Key, AnyValue)) -> (&str, &str) {
    match value {
        AnyValue::String(text) => (key.as_str(), text.as_str()),
        _ => (key.as_str(), ""),
    }
}

/// Copies the name and the selected attributes, in the order in which they were set, and the names of selected values,
/// which may be no field of the record.
fn copy(name: &str, attributes: &[Attribute], patterns: &[String]) -> Copied {
    let is_selected = |key: &str| Rule::matches_name(patterns, key);
    let mut copied = Copied::default();
    let mut bytes = 0;
    let mut roles = FieldRoles::default();
    if is_selected(keys::SPAN_NAME) {
        copied.fields.push((Key::from_static_str(keys::SPAN_NAME), text(name)));
    }
    for (at, attribute) in attributes.iter().enumerate() {
        let Attribute { key, value } = attribute;
        // The text of an exception is not written yet, and an attribute with an empty key is not exported.
        if Exception::is_awaited_by(attribute) || key.as_str().is_empty() {
            continue;
        }
        roles.add(FieldRoles::of(key.as_str()));
        if !is_selected(key.as_str()) {
            continue;
        }
        if copied.fields.len() >= MAX_FIELDS || bytes >= MAX_RECORD {
            copied.dropped = copied.dropped.saturating_add(1);
            continue;
        }
        let later = attributes.get(at + 1..).unwrap_or_default();
        if later.iter().all(|later| later.key != *key) {
            let value = any(value);
            bytes += heap_bytes(&value);
            copied.fields.push((key.clone(), value));
        }
    }
    if roles.are_both() {
        let is_name = |it: &&Attribute| FieldRoles::of(it.key.as_str()) == FieldRoles::NAME;
        let names = attributes.iter().filter(is_name).take(MAX_FIELDS);
        let texts = names.map(|it| (it.key.clone(), any(&it.value)));
        copied.names =
            texts.filter(|(_, name)| heap_bytes(name) <= FieldRoles::LONGEST_NAME).collect();
    }
    copied
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
            let Copied { fields: copied, dropped, .. } = copy("", &[attribute], &["*".to_owned()]);
            assert_eq!((copied.len(), dropped), (2, 0), "{key}");
            let bytes: usize = copied.iter().map(|(_, value)| heap_bytes(value)).sum();
            assert!((10_000..80_000).contains(&bytes), "{key}: {bytes}");
        }
    }
}
