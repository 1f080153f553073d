//! Converts events of `tracing` to span events.

use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::mem;
use std::ptr;
use std::time::SystemTime;

use opentelemetry::trace::{Event, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue, Value};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

use super::fields::numbers;
use crate::attributes::ToAttributeValue;
use crate::clock::wall_now;
use crate::keys;
use crate::recorder::{Exception, SpanRecord};

thread_local! {
    /// The addresses of the last event that its thread exports as a log record, and of its call site.
    static EXPORTED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

fn addresses(event: &tracing::Event<'_>) -> (usize, usize) {
    (ptr::from_ref(event).addr(), ptr::from_ref(event.metadata()).addr())
}

/// Notes that an event becomes a log record, and so no event of its span. Each layer can refuse an event before the first
/// layer gets it, and the layer of log records calls this then, wherever it is in the subscriber.
#[doc(hidden)] // here, as a re-export in another crate does not hide it
pub fn mark_exported(event: &tracing::Event<'_>) {
    EXPORTED.set(addresses(event));
}

/// Whether an event becomes a log record. Forgets the event, because the next one of its call site may have the same
/// address, and a filter may keep that one from the layer of log records.
pub(super) fn take_exported(event: &tracing::Event<'_>) -> bool {
    EXPORTED.take() == addresses(event)
}

const ERROR: &str = "error";

/// The field with the name of an event.
const MESSAGE: &str = "message";

#[derive(Debug)]
pub(super) struct BridgedEvent {
    metadata: &'static Metadata<'static>,
    /// Whether the event is a log record, and only its outcome is recorded here.
    is_exported: bool,
    at: SystemTime,
    name: Cow<'static, str>,
    has_message: bool,
    /// Whether the event is a record of the `log` facade, whose target and location are fields.
    is_log: bool,
    /// The field `error`, as `#[instrument(err)]` writes it.
    error: Option<String>,
    /// The attributes that the span gets from a field of the type `dyn Error`.
    exception: Vec<KeyValue>,
    attributes: Vec<KeyValue>,
}

impl BridgedEvent {
    pub(super) fn new(metadata: &'static Metadata<'static>, is_exported: bool) -> Self {
        Self {
            metadata,
            is_exported,
            at: wall_now(),
            name: Cow::Borrowed(name_without_message(metadata)),
            has_message: false,
            is_log: metadata.name() == "log event" && metadata.target() == "log",
            error: None,
            exception: Vec::new(),
            attributes: describe(metadata),
        }
    }

    /// Returns the status that the event gives to a span of `tracing`: ERROR for the level `ERROR`, with the message, or
    /// for a field `error` without a message, with its text.
    fn status(&self) -> Status {
        match &self.error {
            Some(error) => Status::error(error.clone()),
            None if *self.metadata.level() != Level::ERROR => Status::Unset,
            None if self.has_message => Status::error(self.name.clone()),
            None => Status::error(""),
        }
    }

    /// Returns the event of the span; `None` if a log record replaces it.
    fn into_event(self) -> Option<Event> {
        (!self.is_exported).then(|| match self.error {
            Some(error) => Exception::event(error, self.attributes),
            None => Event::new(self.name, self.at, self.attributes, 0),
        })
    }

    /// Adds the event to a span of `tracing`, which has no other outcome than its events.
    pub(super) fn add_to_own(self, cx: &Context) {
        let status = self.status();
        if status != Status::Unset {
            cx.span().set_status(status);
        }

        self.add_to(cx);
    }

    /// Adds the event to any span. The status is left to the outcome of the span's function.
    pub(super) fn add_to(mut self, cx: &Context) {
        let span = cx.span();
        span.set_attributes(mem::take(&mut self.exception));
        if let Some(event) = self.into_event() {
            span.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
        }
    }

    pub(super) fn write_to(mut self, record: &mut SpanRecord) {
        let describes =
            matches!(record.status(), Status::Error { description } if !description.is_empty());
        // The first line explains more than the lines that follow it, and the returned error more than any line.
        if self.error.is_some() || !describes {
            record.set_status(self.status());
        }

        record.attributes.extend(mem::take(&mut self.exception));
        if let Some(event) = self.into_event() {
            record.add_event(event);
        }
    }

    fn value(&mut self, field: &Field, value: &(impl ToAttributeValue + ?Sized)) {
        if let Some(value) = value.to_attribute_value() {
            self.attributes.push(KeyValue::new(self.key(field), Value::from(value)));
        }
    }

    /// Returns the key of a field. Fields with the origin of a `log` record get the keys of the origin of other events.
    fn key(&self, field: &Field) -> &'static str {
        let name = field.name();
        if !self.is_log {
            return name;
        }

        match name {
            "log.target" => keys::TARGET,
            "log.module_path" => keys::CODE_MODULE_NAME,
            "log.file" => keys::CODE_FILE_PATH,
            "log.line" => keys::CODE_LINE_NUMBER,
            _ => name,
        }
    }

    /// Stores the message or, without one, the error of an event, and returns whether the field is one of these.
    fn is_special(&mut self, field: &Field, text: impl FnOnce() -> String) -> bool {
        match field.name() {
            MESSAGE => {
                self.has_message = true;
                self.name = Cow::Owned(text());
            }
            ERROR if !self.has_message => self.error = Some(text()),
            _ => return false,
        }
        true
    }
}

impl Visit for BridgedEvent {
    numbers!();

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.is_special(field, || value.to_owned()) {
            self.value(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = Exception::describe(value);
        self.exception.clone_from(&details);
        let is_special = self.is_special(field, || text.clone());
        if !is_special {
            self.attributes.push(KeyValue::new(field.name(), text));
        }

        // The first detail is the message, which a special field has already given.
        self.attributes.extend(details.into_iter().skip(usize::from(is_special)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // If the implementation fails, the text that it has written is kept.
        let text = || {
            let mut text = String::new();
            let _ = write!(text, "{value:?}");
            text
        };

        if !self.is_special(field, text) {
            self.value(field, &text());
        }
    }
}

fn describe(metadata: &Metadata<'static>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(5 + metadata.fields().len());
    attributes.push(KeyValue::new(keys::LEVEL, metadata.level().as_str()));
    attributes.push(KeyValue::new(keys::TARGET, metadata.target()));
    let module = metadata.module_path();
    attributes.extend(module.map(|module| KeyValue::new(keys::CODE_MODULE_NAME, module)));
    let file = metadata.file();
    attributes.extend(file.map(|file| KeyValue::new(keys::CODE_FILE_PATH, file)));
    let line = metadata.line().map(i64::from);
    attributes.extend(line.map(|line| KeyValue::new(keys::CODE_LINE_NUMBER, line)));
    attributes
}

/// Returns the explicit name of an event, or else its target, because the default name contains a path of the machine
/// that built the program.
fn name_without_message(metadata: &Metadata<'static>) -> &'static str {
    let place = metadata.name().strip_prefix("event ");
    match place.zip(metadata.file()) {
        Some((place, file)) if place.starts_with(file) => metadata.target(),
        _ => metadata.name(),
    }
}
