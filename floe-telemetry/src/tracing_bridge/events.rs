//! An event of `tracing` as an event of a span.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::{Event, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue, Value};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

use crate::attributes::{AttributeValue, ToAttributeValue};
use crate::clock::wall_now;
use crate::keys;
use crate::recorder::{SpanRecord, describe_error, exception_event};

/// The fields of an event.
#[derive(Debug)]
pub(super) struct EventFields {
    metadata: &'static Metadata<'static>,
    message: Option<Cow<'static, str>>,
    /// The field `error` of an event without a message, which is what `#[instrument(err)]` writes.
    error: Option<String>,
    attributes: Vec<KeyValue>,
}

/// What is said to a span.
#[derive(Debug)]
pub(super) struct Said {
    event: Event,
    status: Status,
}

impl Said {
    /// Says it to the span of `cx`, whoever made it.
    pub(super) fn say_to(self, cx: &Context) {
        let span = cx.span();
        if self.status != Status::Unset {
            span.set_status(self.status);
        }
        let event = self.event;
        span.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
    }

    /// Says it to one of ours.
    pub(super) fn write_to(self, record: &mut SpanRecord) {
        record.set_status(self.status);
        record.add_event(self.event);
    }
}

impl EventFields {
    pub(super) fn new(metadata: &'static Metadata<'static>, fields: usize) -> Self {
        let mut attributes = Vec::with_capacity(fields + 4);
        attributes.extend([
            KeyValue::new(keys::LEVEL, metadata.level().as_str()),
            KeyValue::new(keys::TARGET, metadata.target()),
        ]);
        Self {
            metadata,
            message: None,
            error: None,
            attributes,
        }
    }

    /// The event, and what it says about the span: one of the level `ERROR` makes it an error.
    pub(super) fn said(mut self) -> Said {
        let metadata = self.metadata;
        let file = metadata.file();
        let line = metadata.line().map(i64::from);
        let code = [
            file.map(|file| KeyValue::new(keys::CODE_FILE_PATH, file)),
            line.map(|line| KeyValue::new(keys::CODE_LINE_NUMBER, line)),
        ];
        self.attributes.extend(code.into_iter().flatten());
        let status = match &self.error {
            Some(error) => Status::error(error.clone()),
            None if *metadata.level() == Level::ERROR => Status::error(""),
            None => Status::Unset,
        };
        let event = match (self.message, self.error) {
            (None, Some(error)) => exception_event(error, self.attributes),
            (message, _) => {
                let name = message.unwrap_or(Cow::Borrowed(metadata.name()));
                Event::new(name, wall_now(), self.attributes, 0)
            }
        };
        Said { event, status }
    }

    fn value(&mut self, field: &Field, value: impl ToAttributeValue) {
        if let Some(value) = value.to_attribute_value() {
            self.push(field, value);
        }
    }

    fn push(&mut self, field: &Field, value: AttributeValue) {
        self.attributes
            .push(KeyValue::new(field.name(), Value::from(value)));
    }

    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = Some(text.into()),
            "error" if self.message.is_none() => self.error = Some(text),
            name => self.attributes.push(KeyValue::new(name, text)),
        }
    }
}

impl Visit for EventFields {
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
        self.text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = describe_error(value);
        self.attributes.push(KeyValue::new(field.name(), text));
        self.attributes.extend(details);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format!("{value:?}"));
    }
}
