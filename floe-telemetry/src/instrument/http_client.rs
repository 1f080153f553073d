//! Client spans for the requests of a reqwest client.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::Extensions;
use opentelemetry::trace::SpanKind;
// The alias keeps `reqwest` out of the paths in this crate: only the exporter makes requests.
use reqwest_middleware::{Error, Middleware, Next, Result, reqwest as client};

use super::http_semantics as semantics;
use crate::keys;
use crate::propagation::{current, inject_from};
use crate::recorder::{DetachedSpan, Opening};

/// A middleware for `reqwest-middleware` that records a client span for each request and injects the
/// span's trace context and the current baggage into the request headers.
///
/// The span ends when the response headers arrive. Its attributes and status follow OpenTelemetry's
/// [conventions]: a 4xx or 5xx status is an error, as is a request without a response.
///
/// ```no_run
/// use floe_telemetry::instrument::HttpClientMiddleware;
/// use reqwest_middleware::{ClientBuilder, reqwest::Client};
///
/// # async fn get() -> Result<(), reqwest_middleware::Error> {
/// let client = ClientBuilder::new(Client::new())
///     .with(HttpClientMiddleware::new())
///     .build();
/// client.get("http://orders.example/42").send().await?;
/// # Ok(())
/// # }
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Copy, Debug)]
pub struct HttpClientMiddleware {
    location: &'static Location<'static>,
}

impl HttpClientMiddleware {
    /// Creates the middleware. Its spans carry the caller's location as `code.file.path` and
    /// `code.line.number`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            location: Location::caller(),
        }
    }
}

impl Default for HttpClientMiddleware {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait::async_trait]
impl Middleware for HttpClientMiddleware {
    async fn handle(
        &self,
        mut request: client::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<client::Response> {
        let fill = |opening: &mut Opening| describe(opening, &request);
        let span = DetachedSpan::open(self.location, &SpanKind::Client, current(), fill);
        if let Some(cx) = span.context() {
            inject_from(cx, request.headers_mut());
        }
        InSpan {
            inner: next.run(request, extensions),
            span,
        }
        .await
    }
}

pin_project_lite::pin_project! {
    struct InSpan<F> {
        #[pin]
        inner: F,
        span: DetachedSpan,
    }
}

impl<F: Future<Output = Result<client::Response>>> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.span.run(|| this.inner.poll(task)));
        match &result {
            Ok(response) => {
                let status = response.status();
                let is_error = status.is_client_error() || status.is_server_error();
                semantics::status(this.span, status, is_error);
                if let Some(version) = semantics::protocol(response.version()) {
                    this.span
                        .set_attribute(keys::NETWORK_PROTOCOL_VERSION, version);
                }
            }
            Err(error) => {
                this.span.record_exception(error);
                this.span.set_attribute(keys::ERROR_TYPE, error_type(error));
            }
        }
        this.span.end();
        Poll::Ready(result)
    }
}

fn describe(opening: &mut Opening, request: &client::Request) {
    let method = semantics::method(opening, request.method());
    opening.name_const(method);
    let url = request.url();
    opening.attribute(keys::URL_FULL, semantics::bounded(url.as_str()));
    semantics::server(opening, url.host_str(), url.port_or_known_default());
}

/// The `error.type` of a request without a response.
fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_redirect() => "redirect",
        Error::Reqwest(error) if error.is_builder() => "request",
        Error::Reqwest(_) => "transport",
        Error::Middleware(_) => "middleware",
    }
}
