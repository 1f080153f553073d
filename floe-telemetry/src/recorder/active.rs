//! The guard of a span that the user's code starts, and updates of the current span.

use std::borrow::Cow;
use std::error::Error;
use std::thread;

use opentelemetry::trace::{SpanContext, Status, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue, Value};

use super::current::current_context;
use super::recording::{Recording, context_is_alive};
use super::span;
use super::state::{Attached, OpenSpan};
use crate::attributes::{FloeAttributes, ToAttributeValue};

/// A span that lasts until the guard is dropped. [`SpanBuilder::start`](crate::SpanBuilder::start)
/// and [`create_span`](crate::create_span) return it.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct ActiveSpan {
    current: CurrentSpan,
    recording: Option<Box<Recording>>,
    /// Whether the thread was panicking already when the span started.
    was_panicking: bool,
    // Dropped last, after `Drop` has ended the span.
    attached: Option<Attached>,
}

/// A handle through which a span is updated. [`get_current_span`] returns it.
#[derive(Clone, Debug)]
pub struct CurrentSpan(Context);

/// Returns a handle to the current span of this thread, whichever library started it. Without a current span, its
/// methods do nothing.
///
/// ```
/// use floe_telemetry::{get_current_span, testing, traced};
///
/// #[traced]
/// fn load() {
///     get_current_span().set_attribute("rows", 100);
/// }
///
/// testing::capture(load).single("load").assert_attribute("rows", 100);
/// ```
#[must_use]
pub fn get_current_span() -> CurrentSpan {
    CurrentSpan(if context_is_alive() {
        current_context()
    } else {
        Context::default()
    })
}

/// Records an error on the current span: status, attributes and an `exception` event, as an
/// annotated function does with its `Err`.
///
/// ```
/// use floe_telemetry::{record_exception, testing, traced};
///
/// #[traced]
/// fn refresh() {
///     if let Err(error) = "x".parse::<i32>() {
///         record_exception(&error);
///     }
/// }
///
/// let spans = testing::capture(|| refresh());
/// spans.single("refresh").assert_error("invalid digit found in string");
/// ```
pub fn record_exception(error: &(impl Error + ?Sized)) {
    if context_is_alive() {
        // The context is cloned, because the error's `Display` is the user's code and may change the
        // current one.
        span::record_error(&Context::current().span(), error);
    }
}

/// Sets an attribute on the current span, whichever library started it; `None` sets nothing.
///
/// Without a span that is recorded, it does nothing and allocates nothing.
///
/// ```
/// use floe_telemetry::{set_attribute, testing, traced};
///
/// #[traced]
/// fn load(lines: &[&str]) {
///     set_attribute("rows", lines.len());
/// }
///
/// testing::capture(|| load(&["a", "b"])).single("load").assert_attribute("rows", 2);
/// ```
pub fn set_attribute(key: impl Into<Key>, value: impl ToAttributeValue) {
    if let Some(span) = recording_span() {
        span.set_attribute(key, value);
    }
}

/// Sets the attributes of a type that derives [`FloeAttributes`] on the current span, as
/// [`set_attribute`] sets one.
///
/// ```
/// use floe_telemetry::{FloeAttributes, set_attributes, testing, traced};
///
/// #[derive(FloeAttributes)]
/// struct Page<'a> {
///     path: &'a str,
///     rows: u32,
/// }
///
/// #[traced]
/// fn load() {
///     set_attributes(&Page { path: "/orders", rows: 50 });
/// }
///
/// testing::capture(load).single("load").assert_attribute("path", "/orders").assert_attribute("rows", 50);
/// ```
pub fn set_attributes(attributes: &impl FloeAttributes) {
    if let Some(span) = recording_span() {
        span.set_attributes(attributes);
    }
}

/// Adds an event to the current span, whichever library started it. Without a span that is recorded,
/// it does nothing.
///
/// ```
/// use floe_telemetry::{add_event, testing, traced};
/// use opentelemetry::KeyValue;
///
/// #[traced]
/// fn refresh() {
///     add_event("cache.miss", [KeyValue::new("cache.key", "orders")]);
/// }
///
/// testing::capture(refresh).single("refresh").assert_event("cache.miss");
/// ```
pub fn add_event(
    name: impl Into<Cow<'static, str>>,
    attributes: impl IntoIterator<Item = KeyValue>,
) {
    if let Some(span) = recording_span() {
        span.add_event(name, attributes.into_iter().collect());
    }
}

/// The current span, if it is recorded. The context is cloned, because the conversion of a value is the
/// user's code and may change the current one.
fn recording_span() -> Option<CurrentSpan> {
    let recording = |cx: &Context| cx.span().is_recording().then(|| CurrentSpan(cx.clone()));
    context_is_alive()
        .then(|| Context::map_current(recording))
        .flatten()
}

impl ActiveSpan {
    pub(super) fn attach(
        OpenSpan {
            recording,
            attached,
        }: OpenSpan,
    ) -> Self {
        let current = match attached {
            Some(_) => Context::current(),
            None => Context::default(),
        };
        Self {
            current: CurrentSpan(current),
            recording,
            was_panicking: thread::panicking(),
            attached,
        }
    }
}

impl ActiveSpan {
    /// Returns the ids of the span, sampled or not. If there is no span, because nothing is recorded or a filter
    /// excludes it, returns those of the current span.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        if self.attached.is_some() || !context_is_alive() {
            return self.current.span_context();
        }
        current_context().span().span_context().clone()
    }
}

impl CurrentSpan {
    /// Sets an attribute; `None` sets nothing.
    pub fn set_attribute(&self, key: impl Into<Key>, value: impl ToAttributeValue) {
        if let Some(value) = value.to_attribute_value() {
            self.0
                .span()
                .set_attribute(KeyValue::new(key, Value::from(value)));
        }
    }

    /// Sets the attributes of a type that derives [`FloeAttributes`].
    pub fn set_attributes(&self, attributes: &impl FloeAttributes) {
        self.0.span().set_attributes(attributes.to_otel_dict());
    }

    /// Adds an event.
    pub fn add_event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        self.0.span().add_event(name, attributes);
    }

    /// Adds a link to another span, without attributes.
    pub fn add_link(&self, to: SpanContext) {
        self.0.span().add_link(to, Vec::new());
    }

    /// Records an error: status, attributes and an `exception` event.
    pub fn record_exception(&self, error: &(impl Error + ?Sized)) {
        span::record_error(&self.0.span(), error);
    }

    /// Records the error if the result is an `Err`, and returns the result.
    ///
    /// ```
    /// use floe_telemetry::{create_span, testing};
    ///
    /// fn rows(text: &str) -> Result<u64, std::num::ParseIntError> {
    ///     let span = create_span("rows");
    ///     span.observe(text.parse())
    /// }
    ///
    /// testing::capture(|| rows("x")).single("rows").assert_error("invalid digit found in string");
    /// testing::capture(|| rows("1")).single("rows").assert_ok();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the result.
    pub fn observe<T, E: Error>(&self, result: Result<T, E>) -> Result<T, E> {
        result.inspect_err(|error| self.record_exception(error))
    }

    /// Sets the status. OK is final, and an error is replaced only by OK or another error, as
    /// [OpenTelemetry requires](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status).
    pub fn set_status(&self, status: Status) {
        self.0.span().set_status(status);
    }

    /// Replaces the name.
    pub fn update_name(&self, name: impl Into<Cow<'static, str>>) {
        self.0.span().update_name(name);
    }

    /// Whether updates have an effect: the span is recorded and has not ended.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.0.span().is_recording()
    }

    /// Returns the ids of the span.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        self.0.span().span_context().clone()
    }
}

impl std::ops::Deref for ActiveSpan {
    type Target = CurrentSpan;

    fn deref(&self) -> &CurrentSpan {
        &self.current
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        if let Some(recording) = self.recording.take() {
            if thread::panicking() && !self.was_panicking {
                recording.panicked(&"the thread is panicking");
            } else {
                recording.complete();
            }
        }
    }
}
