//! Functions that are not `async` and return a future or a stream.
//!
//! The span begins with the call, is current while the function runs, and goes on in what it
//! returned until that is ready, has ended or is dropped.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;

use super::call::{opening, panicked};
use super::future::Traced;
use super::outcome::Classifier;
use super::phase::Phase;
use super::state::{OpenSpan, State};

/// Runs a function that returns a future or a stream, as far as its signature says, which `go_on`
/// finds out and puts into the span.
#[inline]
pub fn call_opaque<V, W>(
    span: OpenSpan,
    body: impl FnOnce() -> V,
    go_on: impl FnOnce(OpenSpan, V) -> W,
) -> W {
    let (span, value) = run(span, body);
    go_on(span, value)
}

/// Runs a function of which `go_on` finds out by the type of what it returns whether the span goes
/// on in that. Without a span it is returned as it is.
#[inline]
pub fn call_by_type<V>(
    span: OpenSpan,
    body: impl FnOnce() -> V,
    go_on: impl FnOnce(OpenSpan, V) -> V,
) -> V {
    if matches!(span.state, State::Off) {
        return body();
    }
    let (span, value) = run(span, body);
    go_on(span, value)
}

/// The same with a body that opens its span itself.
#[inline]
pub fn call_opaque_opening<V, W>(
    body: impl FnOnce(&mut OpenSpan) -> V,
    go_on: impl FnOnce(OpenSpan, V) -> W,
) -> W {
    match opening(body) {
        (span, Ok(value)) => go_on(span, value),
        (span, Err(payload)) => panicked(span.recording(), payload),
    }
}

/// The same with a body that opens its span itself.
#[inline]
pub fn call_by_type_opening<V>(
    body: impl FnOnce(&mut OpenSpan) -> V,
    go_on: impl FnOnce(OpenSpan, V) -> V,
) -> V {
    call_opaque_opening(body, |span, value| {
        if matches!(span.state, State::Off) {
            return value;
        }
        go_on(span, value)
    })
}

/// A future that is there already, from now on in `span`.
#[inline]
pub(super) fn in_future<T, F: Future<Output = T>>(
    span: OpenSpan,
    future: F,
    outcome: Classifier<T>,
) -> Traced<F, Classifier<T>> {
    Traced::new(Phase::Open(span.for_later()), future, outcome)
}

/// A stream that is there already, from now on in `span`.
#[inline]
pub(super) fn in_stream<S: Stream>(span: OpenSpan, stream: S) -> Traced<S, Ended> {
    Traced::new(Phase::Open(span.for_later()), stream, Ended)
}

/// Runs the function itself, with the span current, which it still is then: who goes on with it may
/// need it. If the function panics there is nothing to go on with.
#[inline]
fn run<T>(span: OpenSpan, body: impl FnOnce() -> T) -> (OpenSpan, T) {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => (span, value),
        Err(payload) => panicked(span.recording(), payload),
    }
}

/// In place of an outcome, which a stream has none of.
#[derive(Debug)]
pub struct Ended;

impl<S: Stream> Stream for Traced<S, Ended> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(entered) = this.span.begin() else {
            return this.inner.poll_next(task);
        };
        // It has kept its context since it was returned.
        let polled = this.span.run(entered, || this.inner.poll_next(task));
        if matches!(polled, Poll::Ready(None))
            && let Some(recording) = this.span.take().recording()
        {
            recording.complete();
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}
