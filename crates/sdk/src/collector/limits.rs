//! Span limits: long texts are truncated, and attributes, events and links over a limit are dropped and counted
//! ([specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)). Keys are made distinct after
//! redaction and truncation, because both can make keys equal.

use std::slice;

use floe_telemetry_core::__sdk::attributes::keep_distinct;
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use crate::attributes::{Attribute, AttributeValue};
use crate::char_boundary::{CUT, beginning};
use crate::config::SpanLimits;
use crate::keys;
use crate::recorder::{More, SpanRecord};
use crate::redaction::MAX_MESSAGE_CHARS;

/// The maximum length of the name of a span or event, and of an attribute's key, in characters.
const MAX_NAME: usize = 1024;

/// Applies the limits to a span after its redaction, which might not recognize a truncated credential.
///
/// Returns whether the keys were already distinct, not empty, not too long and not too many. If `are_keys_valid` is
/// set, the caller knows this, so the keys are not examined.
// Inlined, because its only caller handles every span.
#[inline]
pub(super) fn apply(limits: &SpanLimits, record: &mut SpanRecord, are_keys_valid: bool) -> bool {
    let are_keys_valid = are_keys_valid || limit_keys(limits, record);
    if let Some(limit) = limits.attribute_value_length {
        for attribute in record.attributes.items_mut() {
            shorten(attribute, size(limit));
        }
    }
    if let Some(more) = &mut record.more {
        if let Some(name) = &mut more.name {
            cut_off(name, MAX_NAME);
        }
        let limit = limits.attribute_value_length.map_or(usize::MAX, size).min(MAX_MESSAGE_CHARS);
        if let Some(short) = shortened(&more.description, limit, true) {
            more.description = short.into();
        }
        events_and_links(limits, more);
    }
    are_keys_valid
}

fn limit_keys(limits: &SpanLimits, record: &mut SpanRecord) -> bool {
    let mut are_valid = true;
    for attribute in record.attributes.items_mut() {
        are_valid &= !cut_off(&mut attribute.key, MAX_NAME);
    }
    let before = record.attributes.as_slice().len();
    record.attributes.keep_distinct(size(limits.attribute_count));
    are_valid && record.attributes.as_slice().len() == before
}

/// Cuts the texts of a resource, a scope or a metric that are more than twice as long as their limits, because their
/// redaction takes time on the caller's thread. The rest of the limits applies after redaction, which may shorten a text.
/// Returns `None` if there is no such text.
pub(super) fn cut_before_redaction(attributes: &[KeyValue]) -> Option<Vec<KeyValue>> {
    let limit = SpanLimits::default().attribute_value_length.map_or(usize::MAX, size);
    let key = 2 * MAX_NAME;
    let value = limit.saturating_mul(2);
    let is_long = |attribute: &KeyValue| {
        let is_longer = |text: &str, limit| beginning(text, limit).len() < text.len();
        let mut texts = texts(&attribute.value).iter();
        is_longer(attribute.key.as_str(), key) || texts.any(|text| is_longer(text.as_str(), value))
    };
    if !attributes.iter().any(is_long) {
        return None;
    }
    let cut = |text: &StringValue| StringValue::from(beginning(text.as_str(), value).to_owned());
    let shorter = attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            Value::String(text) => cut(text).into(),
            Value::Array(Array::String(texts)) => {
                Value::Array(Array::String(texts.iter().map(cut).collect()))
            }
            value => value.clone(),
        };
        KeyValue::new(beginning(attribute.key.as_str(), key).to_owned(), value)
    });
    Some(shorter.collect())
}

fn texts(value: &Value) -> &[StringValue] {
    match value {
        Value::String(text) => slice::from_ref(text),
        Value::Array(Array::String(texts)) => texts,
        _ => &[],
    }
}

pub(super) fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn events_and_links(limits: &SpanLimits, more: &mut More) {
    more.dropped_events += cut(&mut more.events);
    more.dropped_links += cut(&mut more.links);
    for event in &mut more.events {
        cut_off(&mut event.name, MAX_NAME);
        let dropped = limit(limits, &mut event.attributes);
        // The program may have set any number of dropped attributes, so the sum may overflow.
        event.dropped_attributes_count = event.dropped_attributes_count.saturating_add(dropped);
    }
    for link in &mut more.links {
        let dropped = limit(limits, &mut link.attributes);
        link.dropped_attributes_count = link.dropped_attributes_count.saturating_add(dropped);
    }
}

/// Drops the events or links over the limit and returns their number.
fn cut<T>(items: &mut Vec<T>) -> u32 {
    let over = items.len().saturating_sub(SpanRecord::MAX_ITEMS);
    items.truncate(SpanRecord::MAX_ITEMS);
    u32::try_from(over).unwrap_or(u32::MAX)
}

/// Truncates keys and values, keeps the last value of each key, and drops attributes with an empty key or over the
/// limit. Returns the number of dropped attributes, without replaced values.
pub(super) fn limit(limits: &SpanLimits, attributes: &mut Vec<KeyValue>) -> u32 {
    for attribute in &mut *attributes {
        cut_off(&mut attribute.key, MAX_NAME);
    }
    let dropped =
        keep_distinct(attributes, size(limits.attribute_count), |attribute| &attribute.key);
    let Some(limit) = limits.attribute_value_length.map(size) else {
        return dropped;
    };
    for attribute in attributes {
        shorten_value(attribute, limit);
    }
    dropped
}

fn shorten_value(KeyValue { key, value, .. }: &mut KeyValue, limit: usize) {
    match value {
        Value::String(text) => {
            if let Some(short) = shortened(text.as_str(), limit, is_error_text(key)) {
                *text = short.into();
            }
        }
        Value::Array(array) => shorten_array(array, limit),
        _ => {}
    }
}

/// Truncates a text, and returns whether it was too long.
fn cut_off<T: AsRef<str> + From<String>>(text: &mut T, limit: usize) -> bool {
    let short = beginning(text.as_ref(), limit);
    let is_long = short.len() < text.as_ref().len();
    if is_long {
        *text = short.to_owned().into();
    }
    is_long
}

/// Whether this is a key of error text. Truncated error text ends in [`CUT`]; other values are truncated as
/// OpenTelemetry specifies.
fn is_error_text(key: &Key) -> bool {
    [keys::EXCEPTION_MESSAGE, keys::EXCEPTION_STACKTRACE].contains(&key.as_str())
}

/// Returns the first `limit` characters of a longer text. If `is_marked` is set, [`CUT`] replaces the last one.
fn shortened(text: &str, limit: usize, is_marked: bool) -> Option<String> {
    let short = beginning(text, limit);
    if short.len() == text.len() {
        return None;
    }
    Some(match limit.checked_sub(1) {
        Some(limit) if is_marked => [beginning(text, limit), CUT].concat(),
        _ => short.to_owned(),
    })
}

#[inline]
fn shorten(Attribute { key, value }: &mut Attribute, limit: usize) {
    match value {
        AttributeValue::Static(text) => *text = beginning(text, limit),
        // A text has at least as many bytes as characters, and counting bytes needs no check for valid UTF-8.
        AttributeValue::Text(text) if text.as_bytes().len() > limit => {
            if let Some(short) = shortened(text, limit, is_error_text(key)) {
                *text = short.into();
            }
        }
        AttributeValue::Array(array) => shorten_array(array, limit),
        _ => {}
    }
}

fn shorten_array(array: &mut Array, limit: usize) {
    if let Array::String(texts) = array {
        for text in texts {
            cut_off(text, limit);
        }
    }
}
