//! The one place where what is recorded is made safe. Every exporter is behind it.

use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, Status};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use rustc_hash::FxHashMap;

use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::SpanRecord;
use crate::sanitizer::{self, KeyMeaning, REDACTED, sanitize, sanitize_error_message};

/// Keys that are remembered. A program has far fewer, unless it makes them up as it goes.
const MAX_KEYS: usize = 4096;

/// Makes spans safe. It remembers what it has found out about keys, which come again and again.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    keys: FxHashMap<Box<str>, KeyRule>,
}

#[derive(Clone, Debug)]
struct KeyRule {
    /// The safe key, if it is another.
    key: Option<Key>,
    meaning: KeyMeaning,
    /// The message of an exception is cut like a status.
    is_message: bool,
}

impl KeyRule {
    fn of(key: &str) -> Self {
        Self {
            key: changed(key, sanitize).map(Key::from),
            meaning: sanitizer::meaning(key),
            is_message: key == keys::EXCEPTION_MESSAGE,
        }
    }

    /// The safe value, if it is another.
    fn apply(&self, key: &str, value: &str) -> Option<String> {
        if self.is_message {
            changed(value, sanitize_error_message)
        } else {
            changed(value, |value| {
                sanitizer::sanitize_value(key, self.meaning, value)
            })
        }
    }

    /// Redacts the texts of an array in their places.
    fn apply_to_all(&self, key: &str, array: &mut Array) {
        if let Array::String(texts) = array {
            for text in texts {
                if let Some(safe) = self.apply(key, text.as_str()) {
                    *text = safe.into();
                }
            }
        }
    }
}

impl Redactor {
    /// Redacts the name, the status, and all attributes of the span, of its events and links.
    pub(super) fn record(&mut self, record: &mut SpanRecord) {
        if let Some(name) = &mut record.name {
            redact_cow(name);
        }
        if let Status::Error { description } = &mut record.status
            && let Some(safe) = changed(description, sanitize_error_message)
        {
            *description = safe.into();
        }
        record.context =
            without_unsafe_state(std::mem::replace(&mut record.context, SpanContext::NONE));
        for attribute in record.attributes.as_mut_slice() {
            self.own(attribute);
        }
        if let Some(more) = &mut record.more {
            for event in &mut more.events {
                redact_cow(&mut event.name);
                event
                    .attributes
                    .iter_mut()
                    .for_each(|attribute| self.attribute(attribute));
            }
            for link in &mut more.links {
                link.attributes
                    .iter_mut()
                    .for_each(|attribute| self.attribute(attribute));
                link.span_context = without_unsafe_state(std::mem::replace(
                    &mut link.span_context,
                    SpanContext::NONE,
                ));
            }
        }
    }

    /// Redacts an attribute of OpenTelemetry's.
    pub(crate) fn attribute(&mut self, attribute: &mut KeyValue) {
        let rule = self.rule(attribute.key.as_str());
        let key = attribute.key.as_str();
        match &mut attribute.value {
            Value::String(text) => {
                if let Some(safe) = rule.apply(key, text.as_str()) {
                    *text = safe.into();
                }
            }
            Value::Array(array) => rule.apply_to_all(key, array),
            Value::I64(_) | Value::F64(_) if rule.meaning == KeyMeaning::Secret => {
                attribute.value = REDACTED.into();
            }
            _ => {}
        }
        if let Some(safe) = &rule.key {
            attribute.key = safe.clone();
        }
    }

    /// A resource whose attributes are safe: they come from the environment, too.
    pub(crate) fn resource(&mut self, resource: &Resource) -> Resource {
        let attributes = resource.iter().map(|(key, value)| {
            let mut safe = KeyValue::new(key.clone(), value.clone());
            self.attribute(&mut safe);
            safe
        });
        Resource::builder_empty()
            .with_attributes(attributes)
            .build()
    }

    fn own(&mut self, attribute: &mut Attribute) {
        let rule = self.rule(attribute.key.as_str());
        let key = attribute.key.as_str();
        match &mut attribute.value {
            AttributeValue::Text(text) => {
                if let Some(safe) = rule.apply(key, text) {
                    *text = safe.into();
                }
            }
            AttributeValue::Static(text) => {
                if let Some(safe) = rule.apply(key, text) {
                    attribute.value = AttributeValue::Text(safe.into());
                }
            }
            AttributeValue::Array(array) => rule.apply_to_all(key, array),
            AttributeValue::I64(_) | AttributeValue::F64(_)
                if rule.meaning == KeyMeaning::Secret =>
            {
                attribute.value = AttributeValue::Static(REDACTED);
            }
            AttributeValue::Bool(_) | AttributeValue::F64(_) | AttributeValue::I64(_) => {}
        }
        if let Some(safe) = &rule.key {
            attribute.key = safe.clone();
        }
    }

    fn rule(&mut self, key: &str) -> &KeyRule {
        if !self.keys.contains_key(key) {
            if self.keys.len() >= MAX_KEYS {
                self.keys.clear();
            }
            self.keys.insert(key.into(), KeyRule::of(key));
        }
        &self.keys[key]
    }
}

/// The safe text, if it is another.
pub(super) fn text(text: &str) -> Option<String> {
    changed(text, sanitize)
}

/// A trace state that is not safe is left out: half a vendor's entry means nothing to it.
fn without_unsafe_state(context: SpanContext) -> SpanContext {
    let state = context.trace_state().header();
    if state.is_empty() || text(&state).is_none() {
        return context;
    }
    SpanContext::new(
        context.trace_id(),
        context.span_id(),
        context.trace_flags(),
        context.is_remote(),
        opentelemetry::trace::TraceState::NONE,
    )
}

fn redact_cow(text: &mut Cow<'static, str>) {
    if let Some(safe) = self::text(text) {
        *text = safe.into();
    }
}

/// The safe text, if it is not the same. A rule that only truncates borrows a prefix.
fn changed<'t>(text: &'t str, rule: impl FnOnce(&'t str) -> Cow<'t, str>) -> Option<String> {
    match rule(text) {
        Cow::Borrowed(same) if same == text => None,
        other => Some(other.into_owned()),
    }
}
