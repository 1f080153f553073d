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

use floe_telemetry::propagation::{current_without_span, extract_onto};
use floe_telemetry::trace::DetachedSpan;
use floe_telemetry::{SpanKind, TelemetryProvider, Tracer};
use floe_telemetry_core::__sdk::{program_signals, recorder::replace};
use futures_channel::oneshot::{self, Receiver};
use opentelemetry::Context;
use tower_layer::Layer;
use tower_service::Service;

use crate::invocation::{AnyRequest, Deadline, Invocation, ReadInvocation};
use crate::xray::{FUNCTION, HEADER};

static TRACER: Tracer = floe_telemetry::tracer!(env!("CARGO_PKG_NAME"));

/// A tower layer for a Lambda function. It records a span for each invocation, and delivers all telemetry before it
/// returns the result, because Lambda then stops the process.
///
/// The span has the name of the function, the kind `server`, `faas.coldstart` and `faas.name`, and with
/// `with_context` (feature `lambda_runtime`) the id of the invocation. Its parent is X-Ray's span, if
/// [`XrayPropagator`](crate::XrayPropagator) was added to the provider and X-Ray samples the trace; otherwise it begins a
/// trace, whatever span of the runtime is current. Its status is an error if the function fails. Around the handler, the layer delays the answer by the flush; as a layer of
/// `lambda_runtime::Runtime`, it flushes after the answer, and does not see the handler's errors. The layer replaces the
/// span `Lambda runtime invoke` of `lambda_runtime::run`, which ends after the flush; `tracing_layer` leaves it out.
///
/// For `lambda_http`, [`without_span`](Self::without_span) leaves the span to `HttpServerLayer`, which is named after
/// the route and has its parent from the headers.
#[derive(Clone, Debug)]
pub struct LambdaLayer<C = AnyRequest> {
    telemetry: Arc<TelemetryProvider>,
    timeout: Duration,
    has_span: bool,
    trigger: Option<&'static str>,
    context: C,
}

impl LambdaLayer {
    /// Creates the layer, with a timeout of a second for each flush.
    #[must_use]
    pub fn new(telemetry: Arc<TelemetryProvider>) -> Self {
        // The runtime's own span ends after the flush, so after the last invocation it would never arrive.
        replace("lambda_runtime", "Lambda runtime invoke");
        let timeout = Duration::from_secs(1);
        Self { telemetry, timeout, has_span: true, trigger: None, context: AnyRequest }
    }

    /// Reads the context of each invocation, from the `LambdaEvent` of a handler, the `LambdaInvocation` of a layer of
    /// `Runtime`, or the request of `lambda_http`.
    ///
    /// The span then has `faas.invocation_id`, `aws.lambda.invoked_arn`, `cloud.resource_id` and `cloud.account.id`. A
    /// quarter of a second before the deadline of an invocation, its span ends with `error.type` `timeout`, and is
    /// delivered with all spans that have ended, because Lambda stops the process at the deadline. A handler that blocks
    /// its thread until then is not noticed.
    #[cfg(feature = "lambda_runtime")]
    #[must_use]
    pub fn with_context(self) -> LambdaLayer<crate::invocation::RuntimeRequest> {
        let Self { telemetry, timeout, has_span, trigger, context: AnyRequest } = self;
        let context = crate::invocation::RuntimeRequest;
        LambdaLayer { telemetry, timeout, has_span, trigger, context }
    }
}

impl<C> LambdaLayer<C> {
    /// Sets the maximum time of a flush, by which a receiver that does not answer delays an invocation.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets `faas.trigger`: `datasource`, `http`, `pubsub`, `timer` or `other`.
    #[must_use]
    pub fn with_trigger(mut self, trigger: &'static str) -> Self {
        self.trigger = Some(trigger);
        self
    }

    /// Flushes after each invocation, without recording a span for it. X-Ray's span is then the parent of the function's
    /// own spans.
    #[must_use]
    pub fn without_span(mut self) -> Self {
        self.has_span = false;
        self
    }
}

impl<S, C: Clone> Layer<S> for LambdaLayer<C> {
    type Service = Lambda<S, C>;

    fn layer(&self, inner: S) -> Lambda<S, C> {
        Lambda { inner, layer: self.clone(), is_cold: Arc::new(AtomicBool::new(true)) }
    }
}

/// A function whose invocations have spans, created by [`LambdaLayer`].
#[derive(Clone, Debug)]
pub struct Lambda<S, C = AnyRequest> {
    inner: S,
    layer: LambdaLayer<C>,
    /// Shared by clones, because one of them serves the first invocation of the process.
    is_cold: Arc<AtomicBool>,
}

impl<S, R, C> Service<R> for Lambda<S, C>
where
    S: Service<R>,
    S::Error: Display,
    C: ReadInvocation<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = LambdaFuture<S::Future, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let is_cold = self.is_cold.swap(false, Ordering::Relaxed);
        let LambdaLayer { telemetry, timeout, trigger, context, .. } = &self.layer;
        let invocation = context.read(&request);
        let parent = parent(&invocation);
        let mut span = if self.layer.has_span {
            open(parent, is_cold, *trigger, &invocation)
        } else {
            DetachedSpan::skipped(parent)
        };
        let deadline = invocation.deadline();
        let inner = span.run(|| self.inner.call(request));
        LambdaFuture {
            inner: Some(inner),
            span,
            deadline,
            result: None,
            flush: None,
            telemetry: Arc::clone(telemetry),
            timeout: *timeout,
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of an invocation of a [`Lambda`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct LambdaFuture<F, T> {
        #[pin]
        inner: Option<F>,
        span: DetachedSpan,
        deadline: Option<Deadline>,
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
            let Poll::Ready(result) = this.span.run(|| inner.poll(task)) else {
                if this.deadline.as_mut().is_some_and(|it| it.is_near(task)) {
                    *this.deadline = None;
                    end(this.span, "timeout", Some(&"the function reached its deadline"));
                    drop(flush(Arc::clone(this.telemetry), *this.timeout));
                }
                return Poll::Pending;
            };
            // The spans of the function end with its future, and belong to this flush.
            this.inner.set(None);
            *this.deadline = None;
            end(this.span, "_OTHER", result.as_ref().err());
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

fn end(span: &mut DetachedSpan, error_type: &str, error: Option<&impl Display>) {
    if let Some(error) = error {
        span.set_attribute("error.type", error_type);
        span.set_error(error);
    }
    span.end();
}

/// Returns the parent of an invocation, of which its own header decides. The span that is current belongs to the runtime,
/// and ends after the process has been stopped.
fn parent(invocation: &Invocation<'_>) -> Context {
    let header = invocation.trace().map(|value| (HEADER, value));
    extract_onto(current_without_span(), header.as_slice())
}

fn open(
    parent: Context,
    is_cold: bool,
    trigger: Option<&'static str>,
    invocation: &Invocation<'_>,
) -> DetachedSpan {
    TRACER.open(parent, |opening| {
        let name = env::var(FUNCTION).ok();
        opening.attribute("faas.coldstart", &is_cold);
        opening.attribute("faas.name", &name);
        opening.attribute("faas.trigger", &trigger);
        invocation.describe(opening);
        opening.name_const(name.map_or(Cow::Borrowed("lambda"), Cow::Owned));
        opening.kind(SpanKind::Server);
    })
}
