//! A span whose owner makes it current for a while, writes to it and ends it.

use std::cell::Cell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

#[cfg(feature = "reqwest-middleware")]
use opentelemetry::trace::TraceContextExt;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Context, Key};

use super::call::panicked;
use super::listeners;
use super::open::open_detached;
use super::opening::Opening;
use super::parent::Parent;
use super::record::{Origin, SpanRecord};
use super::state::State;
use crate::attributes::ToAttributeValue;
use crate::callsite::Scope;

/// The layers that open such spans are instrumentation of this crate.
static SCOPE: Scope = Scope::new(
    env!("CARGO_PKG_NAME"),
    Some(env!("CARGO_PKG_VERSION")),
    crate::__floe_location!(),
);

/// A span that ends as cancelled if it is dropped before it is ended.
#[derive(Debug)]
pub(crate) struct DetachedSpan(State);

impl DetachedSpan {
    /// Opens a span below the one in `parent`. `fill` runs only if the span is recorded. While nothing is
    /// recorded, `parent` is still propagated.
    pub(crate) fn open(
        location: &'static Location<'static>,
        kind: &SpanKind,
        parent: Context,
        fill: impl FnOnce(&mut Opening),
    ) -> Self {
        if listeners::is_off() {
            return Self::skipped(parent);
        }
        let fill = Cell::new(Some(fill));
        let fill = |opening: &mut Opening| {
            let more = opening.0.record.more_mut();
            more.origin = Origin::Builder {
                scope: Some(&SCOPE),
                location,
            };
            more.kind = Some(kind.clone());
            if let Some(fill) = fill.take() {
                fill(opening);
            }
        };
        Self(open_detached(&Parent::of(parent), None, Some(&fill)))
    }

    /// No span: what runs in it is below the span in `parent`.
    pub(crate) fn skipped(parent: Context) -> Self {
        Self(State::NotSampled(Box::new(parent)))
    }

    /// The context to run in.
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off | State::Attached | State::Suspended(_) => None,
            State::NotSampled(cx) => Some(cx),
            State::Recording(recording) => recording.context.as_ref(),
        }
    }

    /// Runs `body` with the span current. A panic is recorded, ends the span, and continues.
    pub(crate) fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let attached = self.0.attach();
        let result = catch_unwind(AssertUnwindSafe(body));
        drop(attached);
        match result {
            Ok(value) => value,
            Err(payload) => panicked(self.take().recording(), payload),
        }
    }

    pub(crate) fn set_attribute(&mut self, key: impl Into<Key>, value: &impl ToAttributeValue) {
        self.update(|record| value.set_in(&mut record.attributes, key));
    }

    #[cfg(feature = "tonic")]
    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.update(|record| record.set_name(name.into()));
    }

    /// Sets the status to an error. The description is truncated; a panic of its `Display` is not passed on.
    pub(crate) fn set_error(&mut self, description: &dyn Display) {
        if matches!(self.0, State::Recording(_)) {
            // Formatted by the user's code, which may update the span, too.
            let text = super::exception::guarded_text(description);
            self.update(|record| record.set_status(Status::error(text)));
        }
    }

    fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if let State::Recording(recording) = &mut self.0 {
            recording.update(act);
        }
    }

    #[cfg(feature = "reqwest-middleware")]
    pub(crate) fn record_exception(&self, error: &(dyn std::error::Error + 'static)) {
        if let Some(cx) = self.context() {
            super::span::record_error(&cx.span(), error);
        }
    }

    /// Ends the span with the status that it has.
    pub(crate) fn end(&mut self) {
        if let Some(recording) = self.take().recording() {
            recording.end(None);
        }
    }

    fn take(&mut self) -> State {
        std::mem::replace(&mut self.0, State::Off)
    }
}

impl Drop for DetachedSpan {
    fn drop(&mut self) {
        if let Some(recording) = self.take().recording() {
            recording.cancelled();
        }
    }
}
