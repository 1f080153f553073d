//! A span that its owner makes current for a while, updates and ends.

use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;
use std::mem;
use std::panic::Location;

use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, Key};

use super::exception;
use super::listeners;
use super::open::{Parked, open_detached};
use super::opening::{Opening, Parent};
use super::record::{Origin, SpanRecord};
use super::recorded_span;
use super::span::Tracer;
use crate::attributes::ToAttributeValue;

/// A span that belongs to a value instead of a scope, such as the span of a request until its response ends, or of a
/// message until it is acknowledged. [`Tracer::open`] opens it.
///
/// The span is not current by itself; [`run`](Self::run) makes it current during a part of the work, such as one poll
/// of a future. If it is dropped before it is [ended](Self::end), it ends with the attribute `floe.cancelled`.
///
/// Libraries that instrument other libraries use it, such as `floe-telemetry-http`.
#[derive(Debug)]
#[must_use = "the span ends as cancelled when it is dropped"]
pub struct DetachedSpan(Parked);

impl Tracer {
    /// Opens a span below the one in `parent`, without making it current. `fill` sets its name, kind, attributes and
    /// links, and is not called if nothing needs them; if it panics, the span has the attribute `floe.warning`.
    ///
    /// A rule that turns spans off only affects a root, which becomes unsampled. While nothing is recorded, `parent` is
    /// still current in [`run`](DetachedSpan::run).
    ///
    /// ```
    /// use floe_telemetry::{SpanKind, Tracer, create_span, propagation, testing};
    ///
    /// static TRACER: Tracer = floe_telemetry::tracer!("acme.queue");
    ///
    /// let spans = testing::capture(|| {
    ///     let mut span = TRACER.open(propagation::current_context(), |span| {
    ///         span.name_const("publish");
    ///         span.kind(SpanKind::Producer);
    ///         span.attribute("messaging.destination.name", "orders");
    ///     });
    ///     span.run(|| drop(create_span("connect")));
    ///     span.set_attribute("messaging.message.id", &7);
    ///     span.set_error(&"the queue is full");
    ///     span.end();
    /// });
    /// spans.single("publish").assert_error("the queue is full").assert_attribute("messaging.message.id", 7);
    /// spans.single("connect").assert_child_of("publish");
    /// ```
    #[track_caller]
    pub fn open(&self, parent: Context, fill: impl FnOnce(&mut Opening)) -> DetachedSpan {
        if listeners::is_off() {
            return DetachedSpan::skipped(parent);
        }

        let location = Location::caller();
        let unused = Cell::new(Some(fill));

        let fill_once = |opening: &mut Opening| {
            opening.0.record.more_mut().origin =
                Origin::Builder { scope: Some(self.scope), location, level: None };
            if let Some(fill) = unused.take() {
                fill(opening);
            }
        };

        DetachedSpan(open_detached(&Parent::of(parent), None, Some(&fill_once)))
    }
}

impl DetachedSpan {
    /// Creates a handle without a span, whose code runs below the span in `parent`.
    pub fn skipped(parent: Context) -> Self {
        Self(Parked::in_context(parent))
    }

    /// Returns the context in which the span is current, for propagation; `None` after the end of the span.
    pub fn context(&self) -> Option<&Context> {
        self.0.context()
    }

    /// Runs `body` with the span current. A panic of `body` is recorded, ends the span, and is passed on.
    pub fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        struct Unwinding<'a>(&'a mut DetachedSpan);
        impl Drop for Unwinding<'_> {
            fn drop(&mut self) {
                if let Some(recording) = self.0.take().recording() {
                    recording.unwound();
                }
            }
        }

        let attached = self.0.make_current();
        let guard = Unwinding(self);
        // If the body unwinds, this is dropped before the guard.
        let _attached = attached.into_inner();
        let value = body();
        mem::forget(guard);
        value
    }

    /// Sets an attribute; `None` sets nothing.
    pub fn set_attribute(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        if let Parked::Recording(recording) = &mut self.0 {
            recording.set_attribute(key, value);
        }
    }

    /// Replaces the name.
    pub fn update_name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.update(|record| record.set_name(name.into()));
    }

    /// Sets the status to an error. The description is truncated; a panic of its `Display` is not passed on.
    pub fn set_error(&mut self, description: &dyn Display) {
        if matches!(self.0, Parked::Recording(_)) {
            // The text is formatted by the user's code, which may also update the span.
            let text = exception::guarded_text(description);
            self.update(|record| record.set_status(Status::error(text)));
        }
    }

    /// Records an error: status, attributes and an `exception` event.
    pub fn record_exception(&self, error: &(impl Error + ?Sized)) {
        if let Some(cx) = self.context() {
            recorded_span::record_error(&cx.span(), error);
        }
    }

    /// Ends the span with its current status.
    pub fn end(&mut self) {
        if let Some(recording) = self.take().recording() {
            recording.end(None);
        }
    }

    fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if let Parked::Recording(recording) = &mut self.0 {
            recording.update(act);
        }
    }

    fn take(&mut self) -> Parked {
        mem::replace(&mut self.0, Parked::Off)
    }
}

impl Drop for DetachedSpan {
    fn drop(&mut self) {
        if let Some(recording) = self.take().recording() {
            recording.cancelled();
        }
    }
}
