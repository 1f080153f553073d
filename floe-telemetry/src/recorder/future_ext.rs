//! Runs the user's futures in a new span, or in the span that is current when they are created.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use super::current::current_context;
use super::future::Traced;
use super::listeners;
use super::outcome::{Classifier, Sink};
use super::parked::Parked;
use super::phase::Phase;
use super::recording::context_is_alive;
use super::span_builder::SpanBuilder;

/// Spans for futures. Implemented for every [`Future`].
pub trait FutureExt: Future + Sized {
    /// Runs the future in a span that the builder describes.
    ///
    /// The span starts with the first poll, is current during each poll, on any thread, and ends when the
    /// future is ready or dropped. It therefore follows the future across `.await` points and into a
    /// spawned task. A future that is never polled has no span. If the future is dropped before it is
    /// ready, the span has the attribute `floe.cancelled`. A panic is recorded and resumed.
    ///
    /// Unless the builder sets another parent, the span is a child of the span that is current when
    /// `in_span` is called, and the rest of that context, such as baggage, is current during each poll.
    ///
    /// The output may be of any type, so the span of a future that is ready has the status OK even if the
    /// output is an `Err`. Record an error with [`record_exception`](crate::record_exception) in the
    /// future, or annotate an `async fn` with `#[traced]`, which records an `Err` as an error.
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
            inner: Traced::new(Phase::Open(Parked::Off), self, unclassified),
        }
    }

    /// Captures the current OpenTelemetry context, with its span and its baggage. The context is current
    /// during each poll of the future and while the future is dropped, on any thread. No span is started.
    ///
    /// A task that is spawned without the context has no current span, so its spans are roots of new
    /// traces.
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
        let parked = if context_is_alive() {
            Parked::In(Box::new(current_context()))
        } else {
            Parked::Off
        };
        InCurrentSpan {
            inner: Traced::new(Phase::Open(parked), self, unclassified),
        }
    }
}

impl<F: Future> FutureExt for F {}

pin_project_lite::pin_project! {
    /// A future in a span, returned by [`FutureExt::in_span`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F>
    where
        F: Future,
    {
        // `None` after the first poll.
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
            this.inner.as_mut().start(span.open().park());
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
    /// A future that runs in the context in which it was created, returned by
    /// [`FutureExt::in_current_span`].
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

/// The classifier for any output, which is never an error.
fn unclassified<T>(_: &T, _: Sink<'_>) {}
