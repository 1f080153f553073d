//! The one place where what is recorded is made safe. Every exporter is behind it.

mod key;
#[cfg(feature = "logs")]
mod log;
mod policies;
mod redaction;
mod stage;

use std::borrow::Cow;

use opentelemetry::trace::{Event, Link, SpanContext, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;

pub(crate) use self::key::Seen;
use self::key::{Key, Keys};
pub(crate) use self::policies::Policies;
pub(crate) use self::redaction::Redaction;
pub use self::stage::RedactionStage;
use crate::attributes::AttributeValue;
use crate::recorder::SpanRecord;
use crate::sanitizer::KeyMeaning;

/// Makes spans safe. It remembers what it has found out about keys, which come again and again.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    keys: Keys,
    pub(super) redaction: Redaction,
}

impl Redactor {
    pub(crate) fn new(redaction: Redaction) -> Self {
        Self {
            keys: Keys::default(),
            redaction,
        }
    }

    /// Redacts the name, the status, and all attributes of the span, of its events and links.
    /// `seen` is what the spans of the same place in the source had before.
    pub(super) fn record(&mut self, record: &mut SpanRecord, seen: &mut Seen) {
        for (at, attribute) in record.attributes.as_mut_slice().iter_mut().enumerate() {
            let key = self
                .keys
                .seen(attribute.key.as_str(), seen, at, &self.redaction);
            match &mut attribute.value {
                AttributeValue::Text(text) if key.is_plain(text.as_bytes(), &self.redaction) => {}
                AttributeValue::Text(text) => {
                    if let Some(safe) = key.apply_rules(text, &self.redaction) {
                        *text = safe.into();
                    }
                }
                AttributeValue::Static(text) => {
                    // What is known at compile time is the same text whenever it is at the same
                    // address.
                    if !seen.is_clean(at, text) {
                        match key.apply(text, &self.redaction) {
                            Some(safe) => attribute.value = AttributeValue::Text(safe.into()),
                            None => seen.set_clean(at, text),
                        }
                    }
                }
                AttributeValue::Array(array) => {
                    if is_secret_array(key, array) {
                        attribute.value = AttributeValue::Static(self.redaction.hidden());
                    } else {
                        redact_array(key, array, &self.redaction);
                    }
                }
                AttributeValue::I64(_) | AttributeValue::F64(_)
                    if key.meaning == KeyMeaning::Secret =>
                {
                    attribute.value = AttributeValue::Static(self.redaction.hidden());
                }
                AttributeValue::Bool(_) | AttributeValue::F64(_) | AttributeValue::I64(_) => {}
            }
            if let Some(safe) = &key.safe {
                attribute.key = safe.clone();
            }
        }
        if let Some(more) = &mut record.more {
            if let Some(name) = &mut more.name {
                self.name(name);
            }
            if let Some(safe) = self.redaction.message(&more.description) {
                more.description = safe.into();
            }
            if !self.is_safe(&more.trace_state) {
                more.trace_state = TraceState::NONE;
            }
            more.events.iter_mut().for_each(|event| self.event(event));
            more.links.iter_mut().for_each(|link| self.link(link));
        }
    }

    fn event(&mut self, event: &mut Event) {
        self.name(&mut event.name);
        for attribute in &mut event.attributes {
            self.attribute(attribute);
        }
    }

    fn link(&mut self, link: &mut Link) {
        self.context(&mut link.span_context);
        for attribute in &mut link.attributes {
            self.attribute(attribute);
        }
    }

    /// Redacts an attribute of OpenTelemetry's.
    pub(crate) fn attribute(&mut self, attribute: &mut KeyValue) {
        let key = self.keys.get(attribute.key.as_str(), &self.redaction);
        match &mut attribute.value {
            Value::String(text) => {
                if let Some(safe) = key.apply(text.as_str(), &self.redaction) {
                    *text = safe.into();
                }
            }
            Value::Array(array) => {
                if is_secret_array(key, array) {
                    attribute.value = self.redaction.hidden().into();
                } else {
                    redact_array(key, array, &self.redaction);
                }
            }
            Value::I64(_) | Value::F64(_) if key.meaning == KeyMeaning::Secret => {
                attribute.value = self.redaction.hidden().into();
            }
            _ => {}
        }
        if let Some(safe) = &key.safe {
            attribute.key = safe.clone();
        }
    }

    /// A resource whose attributes are safe: they come from the environment, too.
    pub(crate) fn resource(&mut self, resource: &Resource) -> Resource {
        let mut attributes = Vec::with_capacity(resource.len());
        for (key, value) in resource {
            attributes.push(KeyValue::new(key.clone(), value.clone()));
        }
        for attribute in &mut attributes {
            self.attribute(attribute);
        }
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, self.safe(url)),
            None => builder.with_attributes(attributes),
        }
        .build()
    }

    /// The scope of a tracer of the OpenTelemetry API, redacted.
    pub(crate) fn scope(&mut self, scope: &InstrumentationScope) -> InstrumentationScope {
        let mut safe = InstrumentationScope::builder(self.safe(scope.name()));
        if let Some(version) = scope.version() {
            safe = safe.with_version(self.safe(version));
        }
        if let Some(url) = scope.schema_url() {
            safe = safe.with_schema_url(self.safe(url));
        }
        let mut attributes: Vec<KeyValue> = scope.attributes().cloned().collect();
        for attribute in &mut attributes {
            self.attribute(attribute);
        }
        safe.with_attributes(attributes).build()
    }

    /// The scope of a tracer that is known before the program runs, redacted.
    pub(crate) fn static_scope(
        &self,
        name: &'static str,
        version: Option<&'static str>,
    ) -> InstrumentationScope {
        let safe = |text: &'static str| {
            let redacted = self.redaction.text(text);
            redacted.map_or(Cow::Borrowed(text), Cow::Owned)
        };
        let scope = InstrumentationScope::builder(safe(name));
        match version {
            Some(version) => scope.with_version(safe(version)),
            None => scope,
        }
        .build()
    }

    /// A copy of the text, without what is secret in it.
    fn safe(&self, text: &str) -> String {
        let safe = self.redaction.text(text);
        safe.unwrap_or_else(|| text.to_owned())
    }

    fn name(&self, name: &mut Cow<'static, str>) {
        if let Some(safe) = self.redaction.text(name) {
            *name = safe.into();
        }
    }

    fn is_safe(&self, state: &TraceState) -> bool {
        *state == TraceState::NONE || self.redaction.text(&state.header()).is_none()
    }

    /// A trace state that is not safe is left out: half a vendor's entry means nothing to it.
    fn context(&self, context: &mut SpanContext) {
        if self.is_safe(context.trace_state()) {
            return;
        }
        *context = SpanContext::new(
            context.trace_id(),
            context.span_id(),
            context.trace_flags(),
            context.is_remote(),
            TraceState::NONE,
        );
    }
}

/// Whether the array is one of numbers under a key that says secret: a key may be written as its
/// bytes.
fn is_secret_array(key: &Key, array: &Array) -> bool {
    key.meaning == KeyMeaning::Secret && matches!(array, Array::I64(_) | Array::F64(_))
}

/// Redacts the texts of an array in their places.
fn redact_array(key: &Key, array: &mut Array, redaction: &Redaction) {
    if let Array::String(texts) = array {
        for text in texts {
            if let Some(safe) = key.apply(text.as_str(), redaction) {
                *text = safe.into();
            }
        }
    }
}
