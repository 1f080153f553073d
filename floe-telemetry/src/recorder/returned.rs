//! Functions that are not `async` and return a future or a stream.
//!
//! The span starts with the call and is current while the function runs. It ends when the returned
//! future is ready, the stream has ended, or either is dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;

use super::call::{run, run_opening};
use super::future::{Phase, Traced};
use super::open::Opened;
use super::outcome::Classifier;

/// Runs a function that returns `impl Future` or `impl Stream`, according to its signature. `finish`
/// determines which, and returns it inside the span.
#[inline]
pub fn call_opaque<V, W>(
    mut span: Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let value = run(&mut span, body);
    finish(&mut span, value)
}

/// Runs a function whose return type may be a future or a stream. `finish` determines that, and either
/// ends the span or leaves it to the future. Without a span the value is returned unchanged.
#[inline]
pub fn call_by_type<V>(
    mut span: Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> V,
) -> V {
    if span.is_off() {
        return body();
    }
    recorded(&mut span, body, finish)
}

/// Runs a function like [`call_opaque`], with a body that opens its span itself, in its first statement.
#[inline]
pub fn call_opaque_opening<V, W>(
    body: impl FnOnce(&mut Opened) -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let mut span = Opened::OFF;
    let value = run_opening(&mut span, body);
    finish(&mut span, value)
}

/// A function of its own, whose variables a call without a span has no stack for.
#[inline]
fn recorded<V>(
    span: &mut Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> V,
) -> V {
    let value = run(span, body);
    finish(span, value)
}

/// Moves `span` to a future that was returned.
#[inline]
pub(super) fn in_future<T, F: Future<Output = T>>(
    span: &mut Opened,
    future: F,
    outcome: Classifier<T>,
) -> Traced<F, Classifier<T>> {
    Traced::new(Phase::Open(span.park()), future, outcome)
}

/// Moves `span` to a stream that was returned.
#[inline]
pub(super) fn in_stream<S: Stream>(span: &mut Opened, stream: S) -> Traced<S, StreamEnded> {
    Traced::new(Phase::Open(span.park()), stream, StreamEnded)
}

/// Replaces the classifier for a stream, which has no outcome.
#[derive(Debug)]
pub struct StreamEnded;

impl<S: Stream> Stream for Traced<S, StreamEnded> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(entered) = this.span.begin() else {
            return this.inner.poll_next(task);
        };
        // The context was stored when the stream was returned.
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
