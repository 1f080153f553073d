//! An event of `tracing` as an event of a span.

use std::error::Error;
use std::fmt::Debug;

use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

use super::scratch;
use crate::attributes::{AttributeList, ToAttributeValue};
use crate::recorder::{EventHead, MESSAGE, SpanRecord, describe_error, exception_event};

/// What an event says.
#[derive(Debug)]
pub(super) struct Said {
    metadata: &'static Metadata<'static>,
    has_message: bool,
    /// The field `error` of an event without a message, which is what `#[instrument(err)]` writes.
    error: Option<String>,
    attributes: AttributeList,
}

impl Said {
    pub(super) fn new(metadata: &'static Metadata<'static>) -> Self {
        Self {
            metadata,
            has_message: false,
            error: None,
            attributes: scratch::take(),
        }
    }

    /// An event of the level `ERROR` makes the span one.
    fn status(&self) -> Status {
        match &self.error {
            Some(error) => Status::error(error.clone()),
            None if *self.metadata.level() == Level::ERROR => Status::error(""),
            None => Status::Unset,
        }
    }

    /// ErrorView it to the span of `cx`, whoever made it.
    pub(super) fn say_to(mut self, cx: &Context) {
        let span = cx.span();
        let status = self.status();
        if status != Status::Unset {
            span.set_status(status);
        }
        let mut event =
            EventHead::now(self.metadata).into_event(self.attributes.items_mut().drain(..));
        if let Some(error) = self.error.take() {
            event = exception_event(error, event.attributes);
        }
        span.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
        scratch::keep(self.attributes);
    }

    /// ErrorView it to one of ours.
    pub(super) fn write_to(mut self, record: &mut SpanRecord) {
        record.set_status(self.status());
        let head = EventHead::now(self.metadata);
        let attributes = self.attributes.items_mut();
        match self.error.take() {
            None => record.push_event(head, attributes),
            Some(error) => {
                let event = head.into_event(attributes.drain(..));
                record.add_event(exception_event(error, event.attributes));
            }
        }
        scratch::keep(self.attributes);
    }

    fn value(&mut self, field: &Field, value: impl ToAttributeValue) {
        self.attributes.set(field.name(), &value);
    }

    /// Whether the field is text that has another place, in which it is now.
    fn is_special(&mut self, field: &Field, text: impl FnOnce() -> String) -> bool {
        match field.name() {
            MESSAGE => {
                self.has_message = true;
                false
            }
            "error" if !self.has_message => {
                self.error = Some(text());
                true
            }
            _ => false,
        }
    }
}

impl Visit for Said {
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
        if !self.is_special(field, || value.to_owned()) {
            self.attributes.set(field.name(), value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = describe_error(value);
        self.attributes.set(field.name(), &text);
        self.attributes.extend(details);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.is_special(field, || format!("{value:?}")) {
            self.attributes.push_debug(field.name(), value);
        }
    }
}
