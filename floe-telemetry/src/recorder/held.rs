//! A span whose owner makes it current for a while, writes to it and ends it.

use std::error::Error;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use opentelemetry::trace::{SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue, Value};

use super::call::panicked;
use super::failure;
use super::open::{State, open};
use super::opening::Opening;
use super::parent;
use super::record::Origin;
use super::sampling;
use super::span::{self, Ending};

/// A span that was cancelled if it is dropped before it is ended.
#[derive(Debug)]
pub(crate) struct HeldSpan(State);

impl HeldSpan {
    /// Opens a span below what is in `parent`. `fill` runs only if it is recorded. Where nobody
    /// listens, there is still `parent` to be handed on.
    pub(crate) fn open(
        location: &'static Location<'static>,
        kind: &SpanKind,
        parent: Context,
        fill: impl FnOnce(&mut Opening),
    ) -> Self {
        if sampling::is_off() {
            return Self(State::LeftOut(parent));
        }
        let mut fill = Some(fill);
        let mut fill = |opening: &mut Opening| {
            opening.0.kind = kind.clone();
            if let Some(fill) = fill.take() {
                fill(opening);
            }
        };
        Self(
            open(
                Origin::Here(location),
                &parent::below(&parent),
                Some(&mut fill),
            )
            .0,
        )
    }

    /// The context to run in.
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off => None,
            State::LeftOut(cx) | State::Recording(cx) => Some(cx),
        }
    }

    /// Runs `body` with the span current. If it panics, the span is an error and has ended.
    pub(crate) fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let attached = self.context().cloned().map(Context::attach);
        let result = catch_unwind(AssertUnwindSafe(body));
        drop(attached);
        match result {
            Ok(value) => value,
            Err(payload) => panicked(&self.take(), payload),
        }
    }

    pub(crate) fn set_attribute(&self, key: impl Into<Key>, value: impl Into<Value>) {
        if let State::Recording(cx) = &self.0 {
            cx.span().set_attribute(KeyValue::new(key, value));
        }
    }

    pub(crate) fn set_error(&self, description: String) {
        if let State::Recording(cx) = &self.0 {
            cx.span().set_status(Status::error(description));
        }
    }

    pub(crate) fn record_exception(&self, error: &(dyn Error + 'static)) {
        if let State::Recording(cx) = &self.0 {
            failure::record_error(&cx.span(), error);
        }
    }

    /// Ends the span with the status that it has.
    pub(crate) fn end(&mut self) {
        if let State::Recording(cx) = self.take() {
            cx.span().end();
        }
    }

    fn take(&mut self) -> State {
        std::mem::replace(&mut self.0, State::Off)
    }
}

impl Drop for HeldSpan {
    fn drop(&mut self) {
        if let State::Recording(cx) = &self.0 {
            span::end(cx, Ending::Cancelled);
        }
    }
}
