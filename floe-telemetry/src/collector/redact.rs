//! The one place where text in a span is made safe. Every exporter is behind it.

use std::borrow::Cow;

use opentelemetry::trace::Status;
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::keys;
use crate::sanitizer::{sanitize, sanitize_error_message};

/// Redacts the name, the status, and all attributes of the span, of its events and of its links.
pub(super) fn redact(span: &mut SpanData) {
    redact_name(&mut span.name);
    if let Status::Error { description } = &mut span.status
        && let Some(safe) = changed(description, sanitize_error_message)
    {
        *description = safe.into();
    }
    redact_attributes(&mut span.attributes);
    for event in &mut span.events.events {
        redact_name(&mut event.name);
        redact_attributes(&mut event.attributes);
    }
    for link in &mut span.links.links {
        redact_attributes(&mut link.attributes);
    }
}

fn redact_name(name: &mut Cow<'static, str>) {
    if let Some(safe) = changed(name, sanitize) {
        *name = safe.into();
    }
}

fn redact_attributes(attributes: &mut [KeyValue]) {
    for KeyValue { key, value, .. } in attributes {
        if let Some(safe) = changed(key.as_str(), sanitize) {
            *key = Key::from(safe);
        }
        let rule = if key.as_str() == keys::EXCEPTION_MESSAGE {
            sanitize_error_message
        } else {
            sanitize
        };
        match value {
            Value::String(text) => redact_text(text, rule),
            Value::Array(Array::String(texts)) => {
                for text in texts {
                    redact_text(text, rule);
                }
            }
            _ => {}
        }
    }
}

fn redact_text(text: &mut StringValue, rule: Rule) {
    if let Some(safe) = changed(text.as_str(), rule) {
        *text = safe.into();
    }
}

type Rule = fn(&str) -> Cow<'_, str>;

/// The safe text, if it is not the same. A rule that only truncates borrows a prefix.
fn changed(text: &str, rule: Rule) -> Option<String> {
    match rule(text) {
        Cow::Borrowed(same) if same.len() == text.len() => None,
        other => Some(other.into_owned()),
    }
}
