//! Runs a stream inside a span. The span is current during each poll and ends with the stream or when it is dropped.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::{FusedStream, Stream};

use super::future::{FutureSpan, Unwinding, unclassified};
use super::open::Opened;
use super::outcome::{Classifier, by_discriminant};
use super::span::SpanBuilder;
use crate::keys;

/// The classifier of an item, with the stream as the parameter, as in `future.rs`.
struct OutcomeOf<S: Stream>(Classifier<S::Item>);

impl<S: Stream> fmt::Debug for OutcomeOf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeOf")
    }
}

/// The items so far.
#[derive(Debug, Default)]
struct Items {
    count: u64,
    /// Whether the last one is an error.
    is_error: bool,
}

pin_project_lite::pin_project! {
    /// A stream that runs in a span or a context, which an annotated function or a method of [`StreamExt`] has given it.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct StreamInSpan<S>
    where
        S: Stream,
    {
        // First for the reason in `InSpan`.
        span_first: [FutureSpan; 0],
        #[pin]
        inner: S,
        outcome: OutcomeOf<S>,
        items: Items,
        span: FutureSpan,
    }

    impl<S> PinnedDrop for StreamInSpan<S>
    where
        S: Stream,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(recording) = this.span.recording() {
                recording.set_attribute(keys::FLOE_ITEMS, &this.items.count);
            }

            this.span.attach_until_dropped();
        }
    }
}

impl<S: Stream> StreamInSpan<S> {
    fn new(span: FutureSpan, inner: S, outcome: Classifier<S::Item>) -> Self {
        let outcome = OutcomeOf(outcome);
        Self { span_first: [], inner, outcome, items: Items::default(), span }
    }

    /// Moves an open span to a stream.
    pub(super) fn following(span: &mut Opened, inner: S, outcome: Classifier<S::Item>) -> Self {
        Self::new(FutureSpan::open(span.park()), inner, outcome)
    }

    /// Moves an open span to this stream. If the stream has a span of its own, the open one ends.
    pub(super) fn followed_by(mut self, span: &mut Opened, outcome: Classifier<S::Item>) -> Self {
        if self.span.takes(span) {
            self.outcome = OutcomeOf(outcome);
        }
        self
    }
}

impl Items {
    #[inline(never)]
    fn polled<T>(
        &mut self,
        span: &mut FutureSpan,
        current: &mut Opened,
        polled: &Poll<Option<T>>,
        outcome: Classifier<T>,
    ) {
        match polled {
            Poll::Pending => span.pause(current),
            Poll::Ready(Some(item)) => {
                span.pause(current);
                self.count += 1;
                if let Some(recording) = span.recording() {
                    self.is_error = recording.item(item, outcome, self.is_error);
                }
            }
            Poll::Ready(None) => {
                if let Some(mut recording) = span.end(current) {
                    recording.set_attribute(keys::FLOE_ITEMS, &self.count);
                    recording.complete();
                }
            }
        }
    }
}

impl<S: Stream> Stream for StreamInSpan<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if this.span.is_off() {
            return this.inner.poll_next(task);
        }

        let mut current = this.span.begin();
        let guard = Unwinding(this.span, &mut current);
        let polled = this.inner.poll_next(task);
        mem::forget(guard);
        this.items.polled(this.span, &mut current, &polled, this.outcome.0);
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<S: FusedStream> FusedStream for StreamInSpan<S> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// Spans for streams. Implemented for every [`Stream`].
///
/// The trait of this name in the `futures` crate can be imported beside it: `use floe_telemetry::StreamExt as _`.
pub trait StreamExt: Stream + Sized {
    /// Runs the stream in a span that the builder describes.
    ///
    /// The span starts with the first poll, is current during each poll, on any thread, and ends when the stream ends or
    /// is dropped. If it is dropped before its end, its span has the attribute `floe.cancelled`. `floe.items` is the
    /// number of items. An item that is an `Err` is recorded as in [`FutureExt::in_span`](crate::FutureExt::in_span),
    /// and the last item determines the status.
    ///
    /// ```
    /// # use std::pin::{Pin, pin};
    /// # use std::task::{Context, Poll};
    /// use floe_telemetry::{StreamExt as _, span, testing};
    /// # struct Rows(u8);
    /// # impl futures_core::Stream for Rows {
    /// #     type Item = u8;
    /// #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
    /// #         self.0 -= 1;
    /// #         Poll::Ready((self.0 > 0).then_some(self.0))
    /// #     }
    /// # }
    /// # let rows = Rows(4);
    ///
    /// let spans = testing::capture(|| {
    ///     let rows = pin!(rows.in_span(span("rows").attribute("table", "orders")));
    ///     assert_eq!(futures_executor::block_on_stream(rows).count(), 3);
    /// });
    /// spans.single("rows").assert_ok().assert_attribute("table", "orders").assert_attribute("floe.items", 3);
    /// ```
    fn in_span(self, span: SpanBuilder) -> StreamInSpan<Self> {
        StreamInSpan::new(FutureSpan::built(span), self, by_discriminant)
    }

    /// Captures the current OpenTelemetry context, as [`FutureExt::in_current_span`](crate::FutureExt::in_current_span)
    /// does. No span is started.
    fn in_current_span(self) -> StreamInSpan<Self> {
        StreamInSpan::new(FutureSpan::in_current_context(), self, unclassified)
    }
}

impl<S: Stream> StreamExt for S {}
