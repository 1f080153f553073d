//! An error or a panic in the record of its span, where each text is stored only once.
//!
//! A span contains the message of an exception as an attribute, in an event, in the event's stack trace, and in the
//! status. Until the collector has redacted the message, each of these places is empty.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, SpanRef, Status};

use super::outcome::{ErrorView, Failure};
use crate::attributes::{Attribute, AttributeValue};
use crate::bounded_text::{MAX_TEXT, append, bounded};
use crate::caught::{caught, panic_message};
use crate::clock::wall_now;
use crate::keys;

/// The maximum number of sources that are read from the `source()` chain.
const MAX_DEPTH: usize = 16;

/// The prefix of an error's text in its stack trace.
const FIRST: &str = "0: ";

/// An error or a panic. Nothing in it is redacted yet.
#[derive(Debug)]
pub struct Exception {
    /// The value of `exception.type`.
    pub type_name: &'static str,
    /// The value of `error.type`, if it differs from `type_name`.
    pub(crate) class: Option<&'static str>,
    /// The value of `exception.message`.
    pub message: String,
    /// The stack trace of an `Error`: the `source()` chain, one line for each error. It is empty for an `Error` without
    /// a source, whose stack trace is `FIRST` and the message. `None` for a panic or an error of another trait.
    pub chain: Option<String>,
}

impl Exception {
    /// Returns the message of an error whose type is not known, and its attributes: the message and the stack trace.
    pub fn describe(error: &(dyn Error + 'static)) -> (String, Vec<KeyValue>) {
        let exception = Self::of_error("", error);
        let details = exception.details().split_off(1);
        (exception.message, details)
    }

    /// Creates the event of an error whose type is not known. `details` are its attributes besides the message.
    pub fn event(message: String, mut details: Vec<KeyValue>) -> Event {
        details.push(KeyValue::new(keys::EXCEPTION_MESSAGE, message));
        Event::new(keys::EXCEPTION, wall_now(), details, 0)
    }

    /// Creates the event of an error whose texts are written later.
    pub(super) fn empty_event() -> Event {
        Event::new(keys::EXCEPTION, wall_now(), Vec::new(), 0)
    }

    /// Whether an event may wait for an exception. It has no text of the program.
    pub fn is_empty_event(event: &Event) -> bool {
        event.attributes.is_empty() && event.name == keys::EXCEPTION
    }

    /// Whether an attribute waits for the message of an exception.
    pub fn is_awaited_by(Attribute { key, value }: &Attribute) -> bool {
        matches!(value, AttributeValue::Static("")) && key.as_str() == keys::EXCEPTION_MESSAGE
    }

    /// Creates the event of an error whose text is withheld.
    pub(super) fn event_without_text(&self) -> Event {
        let details = vec![KeyValue::new(keys::EXCEPTION_TYPE, self.type_name)];
        Event::new(keys::EXCEPTION, wall_now(), details, 0)
    }

    pub(super) const fn new(type_name: &'static str, message: String) -> Self {
        Self { type_name, class: None, message, chain: None }
    }

    /// Creates the exception of an error without a text, whose message is its type.
    pub(super) fn unread(type_name: &'static str) -> Self {
        let is_withheld = cfg!(not(feature = "redact"));
        Self::new(type_name, if is_withheld { String::new() } else { type_name.to_owned() })
    }

    /// Reads an error. A panic of its `Display` or `Debug` is caught, because it must not affect the program.
    fn guarded(type_name: &'static str, read: impl FnOnce() -> Self) -> Self {
        caught(read).unwrap_or_else(|reason| {
            Self::new(type_name, format!("error formatting panicked: {reason}"))
        })
    }

    pub(super) fn of_failure(failure: &Failure<'_>) -> Self {
        let name = failure.type_name;
        if cfg!(not(feature = "redact")) {
            // The text would be withheld, so it is not read.
            let is_panic = matches!(failure.view, ErrorView::Payload(_));
            let name = if is_panic { keys::PANIC } else { name };
            return Self { class: failure.class, ..Self::new(name, String::new()) };
        }
        let exception = Self::guarded(name, || match failure.view {
            ErrorView::Error(error) => Self::read(name, &error),
            ErrorView::Display(text) => Self::new(name, bounded(&text)),
            ErrorView::Payload(payload) => Self::new(keys::PANIC, panic_message(payload)),
            ErrorView::Debug(text) => Self::new(name, bounded(&format_args!("{text:?}"))),
            ErrorView::Nothing => Self::unread(name),
        });

        Self { class: failure.class, ..exception }
    }

    /// Reads an error.
    pub fn of_error<E: Error + ?Sized>(type_name: &'static str, error: &E) -> Self {
        Self::guarded(type_name, || Self::read(type_name, error))
    }

    /// Reads an error. The message is the error's own text, followed by a colon and the text of each source that the
    /// message does not contain.
    fn read<E: Error + ?Sized>(type_name: &'static str, error: &E) -> Self {
        let mut next = error.source();
        let mut message = bounded(&error);
        let mut chain = String::new();
        if next.is_some() {
            chain = [FIRST, &message].concat();
        }

        for depth in 1..=MAX_DEPTH {
            let Some(source) = next else { break };
            let before = chain.len();
            let _ = write!(chain, "\n{depth}: ");
            let start = chain.len();
            append(&mut chain, &source);
            let text = &chain[start..];
            if before + text.len() > MAX_TEXT {
                chain.truncate(before);
                break;
            }

            if !message.contains(text) {
                message.push_str(": ");
                message.push_str(text);
            }

            next = source.source();
        }

        Self { type_name, class: None, message, chain: Some(chain) }
    }

    pub(super) fn error_type(&self) -> &'static str {
        self.class.unwrap_or(self.type_name)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.message.len() + self.chain.as_ref().map_or(0, String::len)
    }

    /// Returns the stack trace of an `Error`; `None` for a panic or an error of another trait.
    pub fn stacktrace(&self) -> Option<Cow<'_, str>> {
        self.chain.as_deref().map(|chain| match chain {
            "" => Cow::Owned([FIRST, &self.message].concat()),
            chain => Cow::Borrowed(chain),
        })
    }

    /// Returns the attributes of the exception's event.
    pub fn details(&self) -> Vec<KeyValue> {
        let mut details = Vec::with_capacity(3);
        details.push(KeyValue::new(keys::EXCEPTION_TYPE, self.type_name));
        details.push(KeyValue::new(keys::EXCEPTION_MESSAGE, self.message.clone()));
        let stacktrace = self.stacktrace().map(Cow::into_owned);
        details.extend(stacktrace.map(|text| KeyValue::new(keys::EXCEPTION_STACKTRACE, text)));
        details
    }

    /// Fills the last event that waits for it.
    pub(super) fn write_event<'e>(&self, events: &'e mut [Event]) -> Option<&'e mut Event> {
        let event = events.iter_mut().rfind(|event| Self::is_empty_event(event))?;
        event.attributes = self.details();
        Some(event)
    }

    /// Writes the exception to a span of any library.
    pub(super) fn write_to(self, span: &SpanRef<'_>) {
        let details = self.details();
        span.set_attribute(KeyValue::new(keys::ERROR_TYPE, self.error_type()));
        span.set_attributes(details.iter().take(2).cloned());
        span.add_event(keys::EXCEPTION, details);
        span.set_status(Status::error(self.message));
    }
}

/// Returns the text of an error that is recorded without an exception, even if its `Display` panics.
pub(super) fn guarded_text(error: &dyn fmt::Display) -> String {
    Exception::guarded("", || Exception::new("", bounded(error))).message
}
