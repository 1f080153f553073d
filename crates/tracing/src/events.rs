//! Converts events of `tracing` to span events.

use std::error::Error;
use std::fmt::Debug;
use std::mem;

use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

use super::scratch;
use crate::attributes::{AttributeList, ToAttributeValue};
use crate::keys;
use crate::recorder::{EventHead, MESSAGE, SpanRecord, describe_error, exception_event};

/// The field with the error of an event.
const ERROR: &str = "error";

/// A `tracing` event with its visited fields.
#[derive(Debug)]
pub(super) struct BridgedEvent {
    metadata: &'static Metadata<'static>,
    has_message: bool,
    has_location: bool,
    /// Whether the event is recorded on its span.
    is_recorded: bool,
    origin: Origin,
    /// The field `error`, as `#[instrument(err)]` writes it.
    error: Option<String>,
    /// The attributes of the span for a field of the type `dyn Error`.
    exception: Vec<KeyValue>,
    attributes: AttributeList,
}

/// The source of the target and the location of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    /// The metadata.
    Tracing,
    /// Fields, in a record of the `log` facade.
    Log,
}

impl Origin {
    fn of(metadata: &Metadata<'_>) -> Self {
        if metadata.name() == "log event" && metadata.target() == "log" {
            Self::Log
        } else {
            Self::Tracing
        }
    }
}

impl BridgedEvent {
    pub(super) fn new(
        metadata: &'static Metadata<'static>,
        has_location: bool,
        is_recorded: bool,
    ) -> Self {
        Self {
            metadata,
            has_message: false,
            has_location,
            is_recorded,
            origin: Origin::of(metadata),
            error: None,
            exception: Vec::new(),
            attributes: scratch::take(),
        }
    }

    /// The status of the span: an event of level `ERROR` sets ERROR.
    fn status(&self) -> Status {
        match &self.error {
            Some(error) => Status::error(error.clone()),
            None if *self.metadata.level() == Level::ERROR => Status::error(""),
            None => Status::Unset,
        }
    }

    /// Adds the event with OpenTelemetry's API.
    pub(super) fn add_to(mut self, cx: &Context) {
        let span = cx.span();
        let status = self.status();
        if status != Status::Unset {
            span.set_status(status);
        }
        span.set_attributes(mem::take(&mut self.exception));
        if !self.is_recorded {
            return scratch::keep(self.attributes);
        }
        let head = EventHead::now(self.metadata, self.has_location);
        let mut event = head.into_event(self.attributes.items_mut().drain(..));
        if let Some(error) = self.error.take() {
            event = exception_event(error, event.attributes);
        }
        span.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
        scratch::keep(self.attributes);
    }

    pub(super) fn write_to(mut self, record: &mut SpanRecord) {
        record.set_status(self.status());
        if !self.exception.is_empty() {
            record.attributes.extend(mem::take(&mut self.exception));
        }
        if !self.is_recorded {
            return scratch::keep(self.attributes);
        }
        let head = EventHead::now(self.metadata, self.has_location);
        let error = self.error.take();
        let attributes = self.attributes.items_mut();
        match error {
            None => record.push_event(head, attributes),
            Some(error) => {
                let event = head.into_event(attributes.drain(..));
                record.add_event(exception_event(error, event.attributes));
            }
        }
        scratch::keep(self.attributes);
    }

    fn value(&mut self, field: &Field, value: impl ToAttributeValue) {
        if let Some(key) = self.key(field) {
            self.attributes.set(key, &value);
        }
    }

    /// The key of a field. The origin of a `log` record gets the key of an event's own origin.
    fn key(&self, field: &Field) -> Option<&'static str> {
        let name = field.name();
        if self.origin == Origin::Tracing {
            return Some(name);
        }
        let location = |key| self.has_location.then_some(key);
        match name {
            "log.target" => Some(keys::TARGET),
            "log.module_path" => location(keys::CODE_MODULE_NAME),
            "log.file" => location(keys::CODE_FILE_PATH),
            "log.line" => location(keys::CODE_LINE_NUMBER),
            _ => Some(name),
        }
    }

    /// Takes the value of a field with a special meaning, and returns whether the field is no attribute. The message is
    /// also an attribute.
    fn is_special(&mut self, field: &Field, text: impl FnOnce() -> String) -> bool {
        match field.name() {
            MESSAGE => {
                self.has_message = true;
                false
            }
            ERROR if !self.has_message => {
                self.error = Some(text());
                true
            }
            _ => false,
        }
    }
}

impl Visit for BridgedEvent {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.is_special(field, || value.to_owned())
            && let Some(key) = self.key(field)
        {
            self.attributes.set(key, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = describe_error(value);
        self.exception.clone_from(&details);
        let is_special = self.is_special(field, || text.clone());
        if !is_special {
            self.attributes.set(field.name(), &text);
        }
        // The field of an exception gives its message, which is the first detail.
        self.attributes.extend(details.into_iter().skip(usize::from(is_special)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.is_special(field, || format!("{value:?}")) {
            self.attributes.push_debug(field.name(), value);
        }
    }
}
