//! Recording an error or a panic on a span.
//!
//! Redaction happens in one place, on the collector's thread. Texts are bounded here, so that a message
//! of many megabytes is never copied.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, SpanRef, Status};

use super::outcome::{ErrorView, Failure, Outcome};
use super::record::SpanRecord;
use crate::char_boundary;
use crate::clock::wall_now;
use crate::keys;

/// The length up to which the `source()` chain is followed.
const MAX_DEPTH: usize = 16;

/// The bytes of an error's text that are recorded. Far more than the 500 characters that are kept after
/// redaction, so that redaction sees whole tokens.
const MAX_TEXT: usize = 16 * 1024;

/// An error or a panic, as it is recorded.
struct Exception {
    type_name: &'static str,
    message: String,
    stacktrace: Option<String>,
}

/// Records an error on a span.
pub(super) fn record_error<E: Error + ?Sized>(mut span: &SpanRef<'_>, error: &E) {
    guarded(std::any::type_name::<E>(), |name| {
        Exception::of_error(name, &AsDyn(error))
    })
    .write(&mut span);
}

/// Wraps an error that may be unsized in a sized type.
#[derive(Debug)]
struct AsDyn<'a, E: ?Sized>(&'a E);

impl<E: fmt::Display + ?Sized> fmt::Display for AsDyn<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Error + ?Sized> Error for AsDyn<'_, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Reads an error. The user's `Display` may panic, which must not affect the host.
fn guarded(type_name: &'static str, read: impl FnOnce(&'static str) -> Exception) -> Exception {
    catch_unwind(AssertUnwindSafe(|| read(type_name))).unwrap_or_else(|payload| Exception {
        type_name,
        message: format!("the error's text panicked: {}", panic_message(&*payload)),
        stacktrace: None,
    })
}

/// The text of an error that is not recorded as an exception.
pub(super) fn guarded_text(error: &dyn fmt::Display) -> String {
    guarded("", |type_name| Exception {
        type_name,
        message: bounded(error),
        stacktrace: None,
    })
    .message
}

/// Records the outcome of an annotated function that returned.
#[cold]
pub(super) fn record_outcome(span: &mut SpanRecord, outcome: &Outcome<'_>) {
    if span.is_measured() {
        if !matches!(outcome, Outcome::Expected(_)) {
            span.set_status(Status::error(""));
        }
        return;
    }
    match *outcome {
        Outcome::Failure(ref failure) => {
            guarded(failure.type_name, |_| Exception::of_failure(failure)).write(span);
        }
        Outcome::Expected(name) => span.attribute(KeyValue::new(keys::ERROR_TYPE, name)),
        Outcome::Refused(name) => {
            span.attribute(KeyValue::new(keys::ERROR_TYPE, name));
            span.status(Status::error("refused by `error_if`"));
        }
    }
}

/// Records the panic of an annotated function.
#[cold]
pub(super) fn record_panic(span: &mut SpanRecord, payload: &(dyn Any + Send)) {
    if span.is_measured() {
        return span.set_status(Status::error(""));
    }
    let exception = Exception {
        type_name: keys::PANIC,
        message: panic_message(payload),
        stacktrace: None,
    };
    exception.write(span);
}

/// The message of an error whose type is not known, and its attributes.
#[cfg(feature = "tracing")]
pub(crate) fn describe_error(error: &(dyn Error + 'static)) -> (String, Vec<KeyValue>) {
    let exception = guarded("", |name| Exception::of_error(name, error));
    let mut details = vec![KeyValue::new(
        keys::EXCEPTION_MESSAGE,
        exception.message.clone(),
    )];
    details.extend(
        exception
            .stacktrace
            .map(|text| KeyValue::new(keys::EXCEPTION_STACKTRACE, text)),
    );
    (exception.message, details)
}

/// The `exception` event of an error that is known by its message alone.
#[cfg(feature = "tracing")]
pub(crate) fn exception_event(message: String, mut details: Vec<KeyValue>) -> Event {
    details.push(KeyValue::new(keys::EXCEPTION_MESSAGE, message));
    Event::new(keys::EXCEPTION, wall_now(), details, 0)
}

/// The span to record on: a record of this crate, or the span of a `Context`.
trait Write {
    fn attribute(&mut self, attribute: KeyValue);
    fn event(&mut self, event: Event);
    fn status(&mut self, status: Status);
}

impl Write for SpanRecord {
    fn attribute(&mut self, attribute: KeyValue) {
        self.attributes.extend([attribute]);
    }

    fn event(&mut self, event: Event) {
        self.add_event(event);
    }

    fn status(&mut self, status: Status) {
        self.set_status(status);
    }
}

impl Write for &SpanRef<'_> {
    fn attribute(&mut self, attribute: KeyValue) {
        self.set_attribute(attribute);
    }

    fn event(&mut self, event: Event) {
        self.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
    }

    fn status(&mut self, status: Status) {
        self.set_status(status);
    }
}

/// The message of a panic, if its payload is text.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text");
    bounded(&text)
}

impl Exception {
    fn of_failure(failure: &Failure<'_>) -> Self {
        let message = match failure.view {
            ErrorView::Error(error) => return Self::of_error(failure.type_name, error),
            ErrorView::Display(text) => bounded(&text),
            ErrorView::Debug(text) => bounded(&format_args!("{text:?}")),
            ErrorView::Nothing => failure.type_name.to_owned(),
        };
        Self {
            type_name: failure.type_name,
            message,
            stacktrace: None,
        }
    }

    /// The message is the error's own text, followed by colons and the texts of its sources that it does
    /// not contain. The stack trace is the `source()` chain, one line for each error.
    fn of_error(type_name: &'static str, error: &dyn Error) -> Self {
        let mut message = bounded(&error);
        let mut stacktrace = format!("0: {message}");
        let mut next = error.source();
        for depth in 1..=MAX_DEPTH {
            let Some(source) = next else { break };
            let text = bounded(&source);
            if stacktrace.len() + text.len() > MAX_TEXT {
                break;
            }
            let _ = write!(stacktrace, "\n{depth}: {text}");
            if !message.contains(&text) {
                let _ = write!(message, ": {text}");
            }
            next = source.source();
        }
        Self {
            type_name,
            message,
            stacktrace: Some(stacktrace),
        }
    }

    fn write(self, span: &mut impl Write) {
        let mut details = vec![
            KeyValue::new(keys::EXCEPTION_TYPE, self.type_name),
            KeyValue::new(keys::EXCEPTION_MESSAGE, self.message.clone()),
        ];
        span.attribute(KeyValue::new(keys::ERROR_TYPE, self.type_name));
        for detail in &details {
            span.attribute(detail.clone());
        }
        details.extend(
            self.stacktrace
                .map(|text| KeyValue::new(keys::EXCEPTION_STACKTRACE, text)),
        );
        span.event(Event::new(keys::EXCEPTION, wall_now(), details, 0));
        span.status(Status::error(self.message));
    }
}

/// The text of `value`, truncated to [`MAX_TEXT`] bytes.
fn bounded(value: &dyn fmt::Display) -> String {
    struct Bounded(String);

    impl fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = MAX_TEXT - self.0.len();
            if text.len() <= room {
                self.0.push_str(text);
                return Ok(());
            }
            self.0.push_str(&text[..char_boundary::floor(text, room)]);
            // Stops the formatter: the rest would be discarded.
            Err(fmt::Error)
        }
    }

    let mut text = Bounded(String::new());
    let _ = write!(text, "{value}");
    text.0
}
