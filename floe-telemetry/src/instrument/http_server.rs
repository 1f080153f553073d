//! Server spans for the requests to a tower service.

use std::fmt::Display;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Method, Request, Response};
use http_body::Body;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt};
use tower_layer::Layer;
use tower_service::Service;

use super::http_body::HttpServerBody;
use super::http_semantics as semantics;
use crate::keys;
use crate::propagation::{current, extract_onto};
use crate::recorder::{DetachedSpan, Opening};

/// A tower layer that records a server span for each request, as a child of the trace context in the
/// request headers. The service runs with the span and the request's baggage as current context.
///
/// The span ends when the server has polled the last frame of the response body, so it covers
/// streaming responses. Its attributes and status follow OpenTelemetry's [conventions]: a 5xx status
/// is an error, every other one leaves the span status unset. If the response is dropped before its
/// end, the span has the attribute `floe.cancelled`. A request without a trace context starts a new
/// trace, even if a span is current where the server runs.
///
/// With the feature `axum` and `Router::layer`, spans are named after the route:
/// `GET /orders/{id}`.
///
/// ```
/// use axum::{Router, routing::get};
/// use floe_telemetry::instrument::HttpServerLayer;
///
/// let app: Router = Router::new()
///     .route("/orders/{id}", get(|| async { "an order" }))
///     .layer(HttpServerLayer::new());
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Copy, Debug)]
pub struct HttpServerLayer {
    location: &'static Location<'static>,
}

impl HttpServerLayer {
    /// Creates the layer. Its spans carry the caller's location as `code.file.path` and
    /// `code.line.number`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            location: Location::caller(),
        }
    }
}

impl Default for HttpServerLayer {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for HttpServerLayer {
    type Service = HttpServer<S>;

    fn layer(&self, inner: S) -> HttpServer<S> {
        HttpServer {
            inner,
            location: self.location,
        }
    }
}

/// A service that records a span for each request, created by [`HttpServerLayer`].
#[derive(Clone, Copy, Debug)]
pub struct HttpServer<S> {
    inner: S,
    location: &'static Location<'static>,
}

impl<S, B, R> Service<Request<B>> for HttpServer<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    R: Body,
{
    type Response = Response<HttpServerBody<R>>;
    type Error = S::Error;
    type Future = HttpServerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // A span that is current here belongs to the server, not to the request.
        let mut base = current();
        if base.span().span_context().is_valid() {
            base = base.with_remote_span_context(SpanContext::NONE);
        }
        let parent = extract_onto(base, request.headers());
        let fill = |opening: &mut Opening| describe(opening, &request);
        let mut span = DetachedSpan::open(self.location, &SpanKind::Server, parent, fill);
        let is_head = request.method() == Method::HEAD;
        let inner = span.run(|| self.inner.call(request));
        HttpServerFuture {
            inner,
            span: Some(span),
            is_head,
        }
    }
}

pin_project_lite::pin_project! {
    /// The response future of an [`HttpServer`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct HttpServerFuture<F> {
        #[pin]
        inner: F,
        span: Option<DetachedSpan>,
        is_head: bool,
    }
}

impl<F, R, E> Future for HttpServerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: Display,
{
    type Output = Result<Response<HttpServerBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.span {
            Some(span) => span.run(|| this.inner.poll(task)),
            None => this.inner.poll(task),
        };
        let result = ready!(polled);
        let Some(mut span) = this.span.take() else {
            return Poll::Ready(result.map(|response| response.map(HttpServerBody::plain)));
        };
        Poll::Ready(match result {
            Ok(response) => {
                let status = response.status();
                semantics::status(&span, status, status.is_server_error());
                let is_head = *this.is_head;
                Ok(response.map(|body| HttpServerBody::new(body, span, is_head)))
            }
            Err(error) => {
                span.set_attribute(keys::ERROR_TYPE, std::any::type_name::<E>());
                span.set_error(error.to_string());
                span.end();
                Err(error)
            }
        })
    }
}

/// Sets the name and the attributes that are known before the service runs.
fn describe<B>(opening: &mut Opening, request: &Request<B>) {
    let method = semantics::method(opening, request.method());
    match route(request) {
        Some(route) => {
            opening.name_from(format!("{method} {route}"));
            opening.attribute(keys::HTTP_ROUTE, route);
        }
        None => opening.name_const(method),
    }
    let (uri, headers) = (request.uri(), request.headers());
    opening.attribute(keys::URL_PATH, semantics::bounded(uri.path()));
    if let Some(query) = uri.query() {
        opening.attribute(keys::URL_QUERY, semantics::bounded(query));
    }
    let forwarded = text(headers, &HeaderName::from_static("x-forwarded-proto"));
    let scheme = match forwarded.or(uri.scheme_str()) {
        Some("https") => "https",
        _ => "http",
    };
    opening.attribute_static(keys::URL_SCHEME, scheme);
    let host = text(headers, &HOST).and_then(|host| host.parse::<Authority>().ok());
    let authority = uri.authority().or(host.as_ref());
    let port = authority.and_then(Authority::port_u16);
    semantics::server(opening, authority.map(Authority::host), port);
    if let Some(version) = semantics::protocol(request.version()) {
        opening.attribute_static(keys::NETWORK_PROTOCOL_VERSION, version);
    }
    if let Some(agent) = text(headers, &USER_AGENT) {
        opening.attribute(keys::USER_AGENT_ORIGINAL, semantics::bounded(agent));
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(feature = "axum")]
fn route<B>(request: &Request<B>) -> Option<&str> {
    let path = request.extensions().get::<axum::extract::MatchedPath>();
    path.map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
const fn route<B>(_: &Request<B>) -> Option<&str> {
    None
}
