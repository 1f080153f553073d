//! Redacts spans, resources and scopes, and has the rules for log records. All exported text passes through this module.

mod key;
mod policies;
mod redaction;

use std::borrow::Cow;
use std::fmt::Display;

use floe_redact::{FieldRoles, KeyMeaning};
use floe_telemetry_core::REDACTED;
use opentelemetry::trace::{Event, Link, SpanContext, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;

pub(crate) use self::key::SiteKeys;
use self::key::{Key, Keys};
pub(crate) use self::policies::Policies;
pub use self::redaction::Redaction;
use super::limits;
use super::rate_limited::RateLimited;
use crate::attributes::{AttributeValue, ToAttributeValue};
use crate::config::SpanLimits;
use crate::internal_log::{internal_log, later};
use crate::recorder::{Exception, SpanRecord};

static EMPTY_KEYS: RateLimited = RateLimited::new();

/// Redacts exported data, and caches the classification of keys, because most spans repeat the same keys.
#[derive(Debug, Default)]
pub struct Redactor {
    keys: Keys,
    /// The roles of the keys of the current set of attributes.
    roles: FieldRoles,
    pub(super) redaction: Redaction,
}

impl Redactor {
    /// Creates a redactor with these rules.
    pub fn new(redaction: Redaction) -> Self {
        Self { redaction, ..Self::default() }
    }

    /// Redacts the name, the status and the attributes of a span, its events and its links. `site` caches the keys of
    /// the span's call site.
    // Not inlined, because `--bin instructions` counts the instructions of this function.
    #[inline(never)]
    pub(super) fn record(&mut self, record: &mut SpanRecord, site: &mut SiteKeys) {
        for (at, attribute) in record.attributes.items_mut().iter_mut().enumerate() {
            let key = self.keys.of_site(attribute.key.as_str(), site, at, &self.redaction);
            let hidden = match &mut attribute.value {
                AttributeValue::Text(text) => {
                    if !key.is_plain(text.as_bytes(), &self.redaction)
                        && let Some(redacted) = key.apply_rules(text, &self.redaction)
                    {
                        *text = redacted.into();
                    }
                    None
                }
                AttributeValue::Static(text) => {
                    // A static text that needs no redaction is recognized by its address.
                    if !site.is_clean(at, text) {
                        match key.apply(text, &self.redaction) {
                            Some(redacted) => {
                                attribute.value = AttributeValue::Text(redacted.into());
                            }
                            None => site.set_clean(at, text),
                        }
                    }
                    None
                }
                AttributeValue::Array(array) => redact_array(key, array, &self.redaction),
                AttributeValue::I64(number) => key.hidden(number, &self.redaction),
                AttributeValue::F64(number) => key.hidden(number, &self.redaction),
                AttributeValue::Bool(flag) => key.hidden(flag, &self.redaction),
                // The enum is non-exhaustive, but has no other variant today.
                _ => Some(REDACTED),
            };
            if let Some(hidden) = hidden {
                attribute.value = AttributeValue::Static(hidden);
            }
            if let Some(redacted) = &key.redacted {
                attribute.key = redacted.clone();
            }
        }
        if site.roles.are_both() {
            self.named_attributes(record);
        }
        if let Some(more) = &mut record.more {
            if let Some(name) = &mut more.name {
                self.name(name);
            }
            if let Some(redacted) = self.redaction.error_text(&more.description) {
                more.description = redacted.into();
            }
            if !self.is_clean(&more.trace_state) {
                more.trace_state = TraceState::NONE;
            }
            let events = more.events.iter_mut().filter(|event| !Exception::is_empty_event(event));
            events.for_each(|event| self.event(event));
            more.links.iter_mut().for_each(|link| self.link(link));
            self.exception(record);
        }
    }

    /// Redacts the texts of an exception, and writes them to the exception's event, attributes and status.
    #[cold]
    fn exception(&mut self, record: &mut SpanRecord) {
        let Some(exception) = record.exception_mut() else {
            return;
        };
        for text in [Some(&mut exception.message), exception.chain.as_mut()].into_iter().flatten() {
            if let Some(redacted) = self.redaction.error_text(text) {
                *text = redacted;
            }
        }
        let event = record.write_exception();
        if let Some(type_name) = event.and_then(|event| event.attributes.first_mut()) {
            self.attribute(type_name);
        }
    }

    fn event(&mut self, event: &mut Event) {
        self.name(&mut event.name);
        self.set(&mut event.attributes);
    }

    fn link(&mut self, link: &mut Link) {
        self.context(&mut link.span_context);
        self.set(&mut link.attributes);
    }

    /// Redacts a set of attributes, of which one may have the name of another.
    fn set(&mut self, attributes: &mut [KeyValue]) {
        for attribute in &mut *attributes {
            self.attribute(attribute);
        }
        if self.has_names() {
            for (at, safe) in self.named(attributes) {
                attributes[at].value = safe;
            }
        }
    }

    /// Redacts the attributes of a span whose name is the value of another one.
    #[cold]
    fn named_attributes(&self, record: &mut SpanRecord) {
        let items = record.attributes.items_mut();
        let attributes: Vec<KeyValue> = items.iter().cloned().map(KeyValue::from).collect();
        for (at, safe) in self.named(&attributes) {
            items[at].value = safe.to_attribute_value().unwrap_or(AttributeValue::Static(REDACTED));
        }
    }

    /// Returns the redacted values of the attributes whose name is the value of another one, each with its index.
    fn named(&self, attributes: &[KeyValue]) -> Vec<(usize, Value)> {
        let fields: Vec<_> =
            attributes.iter().map(|it| (it.key.as_str(), text_of(&it.value))).collect();
        let named = self.redaction.redactor().named(&fields).into_iter();
        named
            .map(|(at, name)| {
                let mut value = attributes[at].value.clone();
                redact_value(&Key::of(name, &self.redaction), &mut value, &self.redaction);
                (at, value)
            })
            .collect()
    }

    /// Whether the keys since the last call include one for a name and one for its value.
    pub fn has_names(&mut self) -> bool {
        std::mem::take(&mut self.roles).are_both()
    }

    /// Redacts and truncates the attributes of a resource, a scope or a metric, and makes their keys unique.
    pub fn attributes(&mut self, attributes: &mut Vec<KeyValue>) {
        if let Some(shorter) = Self::cut(attributes) {
            *attributes = shorter;
        }
        self.set(attributes);
        // Truncated after redaction, because a truncated credential might not be recognized. OpenTelemetry exempts these
        // attributes from the configured limits.
        let unlimited = SpanLimits { attribute_count: u32::MAX, ..SpanLimits::default() };
        let dropped = limits::limit(&unlimited, attributes);
        if dropped > 0 && EMPTY_KEYS.is_due() {
            later(|| {
                internal_log!(
                    warn,
                    "attributes without a key were dropped from a resource, a scope, a metric or `span_attributes`"
                );
            });
        }
    }

    /// Cuts texts that are much longer than their limits, so that their redaction takes a bounded time. Returns `None` if
    /// there is no such text.
    pub fn cut(attributes: &[KeyValue]) -> Option<Vec<KeyValue>> {
        limits::cut_before_redaction(attributes)
    }

    pub(crate) fn attribute(&mut self, attribute: &mut KeyValue) {
        let key = self.keys.get(attribute.key.as_str(), &self.redaction);
        self.roles.add(key.roles);
        redact_value(key, &mut attribute.value, &self.redaction);
        if let Some(redacted) = &key.redacted {
            attribute.key = redacted.clone();
        }
    }

    /// Returns the redacted resource, whose attributes may come from the environment.
    pub(crate) fn resource(&mut self, resource: &Resource) -> Resource {
        let mut attributes = Vec::with_capacity(resource.len());
        for (key, value) in resource {
            attributes.push(KeyValue::new(key.clone(), value.clone()));
        }
        self.attributes(&mut attributes);
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, self.redacted(url)),
            None => builder.with_attributes(attributes),
        }
        .build()
    }

    /// Returns the redacted scope.
    pub fn scope(&mut self, scope: &InstrumentationScope) -> InstrumentationScope {
        let mut redacted = InstrumentationScope::builder(self.redacted(scope.name()));
        if let Some(version) = scope.version() {
            redacted = redacted.with_version(self.redacted(version));
        }
        if let Some(url) = scope.schema_url() {
            redacted = redacted.with_schema_url(self.redacted(url));
        }
        let mut attributes: Vec<KeyValue> = scope.attributes().cloned().collect();
        self.attributes(&mut attributes);
        redacted.with_attributes(attributes).build()
    }

    /// Returns the rules.
    pub const fn rules(&self) -> &Redaction {
        &self.redaction
    }

    /// Returns the redacted name of a field or a target; `None` if it is unchanged. The result is cached.
    pub fn key(&mut self, name: &str) -> Option<&opentelemetry::Key> {
        let key = self.keys.get(name, &self.redaction);
        self.roles.add(key.roles);
        key.redacted.as_ref()
    }

    /// Returns the redacted text under a key; `None` if it is unchanged. The policy for error text applies to the text of
    /// an error, unless the key names a secret.
    pub fn text(&mut self, key: &str, text: &str, is_error: bool) -> Option<String> {
        let key = self.keys.get(key, &self.redaction);
        match key.meaning {
            KeyMeaning::Text if is_error => self.redaction.error_text(text),
            _ => key.apply(text, &self.redaction),
        }
    }

    /// Returns the replacement of a number, a boolean or a nested value that is a secret under its key.
    pub fn hidden(&mut self, key: &str, value: impl Display) -> Option<&'static str> {
        self.keys.get(key, &self.redaction).hidden(value, &self.redaction)
    }

    fn redacted(&self, text: &str) -> String {
        let redacted = self.redaction.text(text);
        redacted.unwrap_or_else(|| text.to_owned())
    }

    fn name(&self, name: &mut Cow<'static, str>) {
        if let Some(redacted) = self.redaction.text(name) {
            *name = redacted.into();
        }
    }

    fn is_clean(&self, state: &TraceState) -> bool {
        *state == TraceState::NONE || self.redaction.text(&state.header()).is_none()
    }

    /// Removes a trace state that contains a secret, because vendors cannot interpret a redacted entry.
    fn context(&self, context: &mut SpanContext) {
        if self.is_clean(context.trace_state()) {
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

/// Returns a text; an empty one for another value, because it is no name.
fn text_of(value: &Value) -> &str {
    match value {
        Value::String(text) => text.as_str(),
        _ => "",
    }
}

/// Redacts a value in place.
fn redact_value(key: &Key, value: &mut Value, redaction: &Redaction) {
    let hidden = match &mut *value {
        Value::String(text) => {
            if let Some(redacted) = key.apply(text.as_str(), redaction) {
                *text = redacted.into();
            }
            None
        }
        Value::Array(array) => redact_array(key, array, redaction),
        other => key.hidden(&*other, redaction),
    };
    if let Some(hidden) = hidden {
        *value = hidden.into();
    }
}

/// Redacts an array of texts in place. If an array of numbers is a secret, such as the bytes of a cryptographic key,
/// returns its replacement.
fn redact_array(key: &Key, array: &mut Array, redaction: &Redaction) -> Option<&'static str> {
    let texts = match array {
        Array::String(texts) => texts,
        Array::I64(_) | Array::F64(_) => return key.hidden(&*array, redaction),
        _ => return None,
    };
    for text in &mut *texts {
        if let Some(redacted) = key.apply(text.as_str(), redaction) {
            *text = redacted.into();
        }
    }
    for (index, redacted) in redaction.redactor().redact_list(texts) {
        texts[index] = redacted.into();
    }
    None
}
