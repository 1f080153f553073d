//! The one place where what is recorded is made safe. Every exporter is behind it.

use std::borrow::Cow;

use opentelemetry::trace::Status;
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;

use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::SpanRecord;
use crate::sanitizer::{sanitize, sanitize_error_message};

type Rule = fn(&str) -> Cow<'_, str>;

/// Keys up to this length that look like keys are taken for keys.
const MAX_PLAIN_KEY: usize = 40;

/// Redacts the name, the status, and all attributes of the span, of its events and of its links.
pub(super) fn record(record: &mut SpanRecord) {
    if let Some(name) = &mut record.name {
        redact_cow(name);
    }
    if let Status::Error { description } = &mut record.status
        && let Some(safe) = changed(description, sanitize_error_message)
    {
        *description = safe.into();
    }
    for attribute in record.attributes.as_mut_slice() {
        redact_own(attribute);
    }
    if let Some(more) = &mut record.more {
        for event in &mut more.events {
            redact_cow(&mut event.name);
            event.attributes.iter_mut().for_each(attribute);
        }
        for link in &mut more.links {
            link.attributes.iter_mut().for_each(attribute);
        }
    }
}

/// Redacts an attribute of OpenTelemetry's.
pub(super) fn attribute(attribute: &mut KeyValue) {
    let rule = rule(&attribute.key);
    redact_key(&mut attribute.key);
    match &mut attribute.value {
        Value::String(text) => {
            if let Some(safe) = changed(text.as_str(), rule) {
                *text = safe.into();
            }
        }
        Value::Array(array) => redact_array(array, rule),
        _ => {}
    }
}

/// A resource whose attributes are safe: they come from the environment, too.
pub(crate) fn resource(resource: &Resource) -> Resource {
    let attributes = resource.iter().map(|(key, value)| {
        let mut safe = KeyValue::new(key.clone(), value.clone());
        attribute(&mut safe);
        safe
    });
    Resource::builder_empty()
        .with_attributes(attributes)
        .build()
}

/// The safe text, if it is another.
pub(super) fn text(text: &str) -> Option<String> {
    changed(text, sanitize)
}

fn redact_own(attribute: &mut Attribute) {
    let rule = rule(&attribute.key);
    redact_key(&mut attribute.key);
    match &mut attribute.value {
        AttributeValue::Text(text) => {
            if let Some(safe) = changed(text, rule) {
                *text = safe.into();
            }
        }
        AttributeValue::Static(text) => {
            if let Some(safe) = changed(text, rule) {
                attribute.value = AttributeValue::Text(safe.into());
            }
        }
        AttributeValue::Array(array) => redact_array(array, rule),
        AttributeValue::Bool(_) | AttributeValue::F64(_) | AttributeValue::I64(_) => {}
    }
}

/// The message of an exception is cut like a status.
fn rule(key: &Key) -> Rule {
    if key.as_str() == keys::EXCEPTION_MESSAGE {
        sanitize_error_message
    } else {
        sanitize
    }
}

fn redact_array(array: &mut Array, rule: Rule) {
    if let Array::String(texts) = array {
        for text in texts {
            if let Some(safe) = changed(text.as_str(), rule) {
                *text = safe.into();
            }
        }
    }
}

fn redact_key(key: &mut Key) {
    let text = key.as_str();
    let is_plain = text.len() <= MAX_PLAIN_KEY
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
    if !is_plain && let Some(safe) = changed(text, sanitize) {
        *key = Key::from(safe);
    }
}

fn redact_cow(text: &mut Cow<'static, str>) {
    if let Some(safe) = changed(text, sanitize) {
        *text = safe.into();
    }
}

/// The safe text, if it is not the same. A rule that only truncates borrows a prefix.
fn changed(text: &str, rule: Rule) -> Option<String> {
    match rule(text) {
        Cow::Borrowed(same) if same.len() == text.len() => None,
        other => Some(other.into_owned()),
    }
}
