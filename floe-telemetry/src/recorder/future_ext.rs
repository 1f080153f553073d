//! Futures of the user in a span, or in the span that is current where they are made.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;

use super::future::Traced;
use super::listeners;
use super::outcome::{Classifier, Sink};
use super::phase::Phase;
use super::recording::context_is_alive;
use super::span_builder::SpanBuilder;
use super::state::State;

/// Spans for futures. Implemented for every [`Future`].
pub trait FutureExt: Future + Sized {
    /// Runs the future in a span that the builder describes.
    ///
    /// The span starts with the first poll, is current during each poll, on whatever thread that is,
    /// and ends with the future. So it follows the future through `.await` and into a task that is
    /// spawned. A future that is never polled has no span; one that is dropped before it is ready ends
    /// its span with the attribute `floe.cancelled`; a panic is recorded and goes on.
    ///
    /// Unless the builder names another parent, the span is a child of the span that is current where
    /// `in_span` is called, and the future runs with the rest of that context, such as baggage.
    ///
    /// A future may have any output, so the span of one that is ready is OK, also when the output is
    /// an `Err`. Record an error with [`record_exception`](crate::record_exception) in the future, or
    /// annotate an `async fn` with `#[traced]`, which recognises it.
    ///
    /// ```
    /// use floe_telemetry::{FutureExt, set_attribute, span, testing, traced};
    ///
    /// #[traced]
    /// async fn import() {
    ///     let work = async { set_attribute("rows", 3) }.in_span(span("work").attribute("table", "orders"));
    ///     // With tokio: `tokio::spawn(work).await`.
    ///     std::thread::spawn(|| futures_executor::block_on(work)).join().expect("it does not panic");
    /// }
    ///
    /// # futures_executor::block_on(async {
    /// let spans = testing::capture_async(import()).await;
    /// let work = spans.single("work");
    /// work.assert_child_of("import").assert_attribute("table", "orders").assert_attribute("rows", 3);
    /// # });
    /// ```
    #[inline]
    fn in_span(self, span: SpanBuilder) -> InSpan<Self> {
        InSpan {
            span: (!listeners::is_off()).then(|| Box::new(span.below_current())),
            inner: Traced::new(Phase::Open(State::Off), self, unclassified),
        }
    }

    /// Carries the current OpenTelemetry context along, with the span and the baggage in it: it is
    /// current during each poll of the future and when the future is dropped, on whatever thread that
    /// is. No span is started.
    ///
    /// A task that is spawned without it has no current span, so its spans begin new traces.
    ///
    /// ```
    /// use floe_telemetry::{FutureExt, testing, traced};
    ///
    /// #[traced]
    /// async fn import() {
    ///     let load = load().in_current_span();
    ///     // With tokio: `tokio::spawn(load).await`.
    ///     std::thread::spawn(|| futures_executor::block_on(load)).join().expect("it does not panic");
    /// }
    ///
    /// #[traced]
    /// async fn load() {}
    ///
    /// # futures_executor::block_on(async {
    /// let spans = testing::capture_async(import()).await;
    /// spans.single("load").assert_child_of("import");
    /// # });
    /// ```
    fn in_current_span(self) -> InCurrentSpan<Self> {
        let state = if context_is_alive() {
            State::NotSampled(Box::new(Context::current()))
        } else {
            State::Off
        };
        InCurrentSpan {
            inner: Traced::new(Phase::Open(state), self, unclassified),
        }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future in a span. [`FutureExt::in_span`] returns it.
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F>
    where
        F: Future,
    {
        // Until the first poll.
        span: Option<Box<SpanBuilder>>,
        #[pin]
        inner: Traced<F, Classifier<F::Output>>,
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(span) = this.span.take() {
            this.inner.as_mut().start(span.open().for_later());
        }
        this.inner.poll(task)
    }
}

impl<F: Future> fmt::Debug for InSpan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpan").finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// A future that carries the context in which it was made. [`FutureExt::in_current_span`] returns it.
    #[must_use = "futures do nothing unless polled"]
    pub struct InCurrentSpan<F>
    where
        F: Future,
    {
        #[pin]
        inner: Traced<F, Classifier<F::Output>>,
    }
}

impl<F: Future> Future for InCurrentSpan<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        self.project().inner.poll(task)
    }
}

impl<F: Future> fmt::Debug for InCurrentSpan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InCurrentSpan").finish_non_exhaustive()
    }
}

/// Nothing is known of the output of a future, so it is never an error.
fn unclassified<T>(_: &T, _: Sink<'_>) {}
