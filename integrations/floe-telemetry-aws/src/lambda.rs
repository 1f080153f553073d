//! The span of an invocation, and its delivery before Lambda pauses the process.

use std::borrow::Cow;
use std::env;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use floe_telemetry::propagation::current_context;
use floe_telemetry::trace::DetachedSpan;
use floe_telemetry::{SpanKind, TelemetryProvider, Tracer};
use floe_telemetry_core::__sdk::program_signals;
use futures_channel::oneshot::{self, Receiver};
use opentelemetry::propagation::TextMapPropagator;
use tower_layer::Layer;
use tower_service::Service;

use crate::xray::XrayPropagator;

static TRACER: Tracer = floe_telemetry::tracer!(env!("CARGO_PKG_NAME"));

/// A tower layer for a Lambda function. It records a span for each invocation, and delivers all telemetry before it
/// returns the result, because Lambda then stops the process.
///
/// The span has the name of the function, the kind `server`, `faas.coldstart`, and as its parent the span in
/// `_X_AMZN_TRACE_ID`. Its status is an error if the function fails. Around the handler, the layer delays the answer by
/// the flush; as a layer of `lambda_runtime::Runtime`, it flushes after the answer.
///
/// For `lambda_http`, [`without_span`](Self::without_span) leaves the span to `HttpServerLayer`, which is named after
/// the route and has its parent from the headers.
#[derive(Clone, Debug)]
pub struct LambdaLayer {
    telemetry: Arc<TelemetryProvider>,
    timeout: Duration,
    has_span: bool,
}

impl LambdaLayer {
    /// Creates the layer, with a timeout of a second for each flush.
    #[must_use]
    pub fn new(telemetry: Arc<TelemetryProvider>) -> Self {
        Self { telemetry, timeout: Duration::from_secs(1), has_span: true }
    }

    /// Sets the maximum time of a flush, by which a receiver that does not answer delays an invocation.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Flushes after each invocation, without recording a span for it.
    #[must_use]
    pub fn without_span(mut self) -> Self {
        self.has_span = false;
        self
    }
}

impl<S> Layer<S> for LambdaLayer {
    type Service = Lambda<S>;

    fn layer(&self, inner: S) -> Lambda<S> {
        Lambda { inner, layer: self.clone(), is_cold: Arc::new(AtomicBool::new(true)) }
    }
}

/// A function whose invocations have spans, created by [`LambdaLayer`].
#[derive(Clone, Debug)]
pub struct Lambda<S> {
    inner: S,
    layer: LambdaLayer,
    /// Shared by clones, because one of them serves the first invocation of the process.
    is_cold: Arc<AtomicBool>,
}

impl<S, R> Service<R> for Lambda<S>
where
    S: Service<R>,
    S::Error: Display,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = LambdaFuture<S::Future, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let is_cold = self.is_cold.swap(false, Ordering::Relaxed);
        let mut span = self.layer.has_span.then(|| open(is_cold));
        let inner = run(&mut span, || self.inner.call(request));
        let LambdaLayer { telemetry, timeout, .. } = self.layer.clone();
        LambdaFuture { inner: Some(inner), span, result: None, flush: None, telemetry, timeout }
    }
}

pin_project_lite::pin_project! {
    /// The future of an invocation of a [`Lambda`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct LambdaFuture<F, T> {
        #[pin]
        inner: Option<F>,
        span: Option<DetachedSpan>,
        result: Option<T>,
        flush: Option<Receiver<()>>,
        telemetry: Arc<TelemetryProvider>,
        timeout: Duration,
    }
}

impl<F, T, E> Future for LambdaFuture<F, Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(inner) = this.inner.as_mut().as_pin_mut() {
            let result = ready!(run(this.span, || inner.poll(task)));
            // The spans of the function end with its future, and belong to this flush.
            this.inner.set(None);
            if let Some(mut span) = this.span.take() {
                if let Err(error) = &result {
                    span.set_attribute("error.type", "_OTHER");
                    span.set_error(error);
                }
                span.end();
            }
            *this.result = Some(result);
        }
        let flush =
            this.flush.get_or_insert_with(|| flush(Arc::clone(this.telemetry), *this.timeout));
        // The channel returns an error once the thread has dropped its end of it.
        let _ = ready!(Pin::new(flush).poll(task));
        match this.result.take() {
            Some(result) => Poll::Ready(result),
            // The caller polls again after the result was ready.
            None => Poll::Pending,
        }
    }
}

/// Flushes on a thread of its own. The provider reports what cannot be delivered.
fn flush(telemetry: Arc<TelemetryProvider>, timeout: Duration) -> Receiver<()> {
    let (done, ended) = oneshot::channel();
    let flush = move || {
        let _ = telemetry.force_flush(timeout);
        drop(done);
    };
    // If the thread cannot be started, the closure is dropped, which ends the flush.
    let _ = program_signals::spawn("floe-flush", flush);
    ended
}

fn run<T>(span: &mut Option<DetachedSpan>, body: impl FnOnce() -> T) -> T {
    match span {
        Some(span) => span.run(body),
        None => body(),
    }
}

fn open(is_cold: bool) -> DetachedSpan {
    let nothing = std::collections::HashMap::<String, String>::new();
    let parent = XrayPropagator::new().extract_with_context(&current_context(), &nothing);
    TRACER.open(parent, |opening| {
        let name = env::var("AWS_LAMBDA_FUNCTION_NAME");
        opening.name_const(name.map_or(Cow::Borrowed("lambda"), Cow::Owned));
        opening.kind(SpanKind::Server);
        opening.attribute("faas.coldstart", &is_cold);
    })
}
