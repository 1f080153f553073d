//! Client spans for the requests of a tower service that sends them, such as hyper's client.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response};
use http_body::Body;
use opentelemetry::trace::SpanKind;
use tower_layer::Layer;
use tower_service::Service;

use super::exchange::Exchange;
use super::http_semantics::{Outgoing, RequestMethod};
use super::kind::Kind;
use super::measurement::Measurement;
use super::options::{Options, common_options, http_options};
use super::response::{ResponseBody, ResponseFuture};
use crate::propagation::current;
use crate::recorder::DetachedSpan;

/// A tower layer that records a client span for each request, injects the span's trace context and the
/// current baggage into the request headers, and records the metric `http.client.request.duration`.
///
/// The span ends when the last frame of the response body has been read, or when the body is dropped. Its
/// attributes and status follow OpenTelemetry's [conventions]: a 4xx or 5xx status is an error, as is a
/// request without a response. With a [`UrlTemplate`](super::UrlTemplate) in the extensions of the request,
/// the span is named after it.
///
/// ```no_run
/// use floe_telemetry::instrument::HttpClientLayer;
/// use tower_layer::Layer;
/// # fn with<C>(client: C) -> impl Sized {
///
/// // For example `hyper_util::client::legacy::Client`.
/// let client = HttpClientLayer::new().layer(client);
/// # client
/// # }
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
#[derive(Clone, Debug)]
pub struct HttpClientLayer {
    options: Arc<Options<Parts>>,
}

impl HttpClientLayer {
    /// Creates the layer. Its spans carry the caller's location as `code.file.path` and
    /// `code.line.number`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            options: Options::new(),
        }
    }
}

common_options!(HttpClientLayer, Parts);
http_options!(HttpClientLayer);

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClient<S>;

    fn layer(&self, inner: S) -> HttpClient<S> {
        HttpClient {
            inner,
            options: Arc::clone(&self.options),
        }
    }
}

/// A client that records a span for each request, created by [`HttpClientLayer`].
#[derive(Clone, Debug)]
pub struct HttpClient<S> {
    inner: S,
    options: Arc<Options<Parts>>,
}

impl<S, B, R> Service<Request<B>> for HttpClient<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    B: Body,
    R: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let mut exchange = open(&self.options, &parts, body.size_hint().exact());
        exchange.inject(&mut parts.headers);
        let method = parts.method.clone();
        let request = Request::from_parts(parts, body);
        let inner = exchange.run(|| self.inner.call(request));
        ResponseFuture::new(inner, exchange, &method)
    }
}

fn open(options: &Options<Parts>, parts: &Parts, size: Option<u64>) -> Exchange {
    if !options.records(parts) {
        return Exchange::skipped(Kind::HttpClient, current());
    }
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    let authority = parts.uri.authority().or(host.as_ref());
    let port = authority.and_then(Authority::port_u16);
    let outgoing = Outgoing {
        method: RequestMethod::of(&parts.method),
        url: Cow::Owned(parts.uri.to_string()),
        template: parts.extensions.get(),
        host: authority.map(Authority::host),
        port: port.or(match parts.uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        }),
    };
    let span = DetachedSpan::open(options.location, &SpanKind::Client, current(), |opening| {
        outgoing.describe(opening);
        options.fill(opening, parts, &parts.headers);
    });
    let measurement = Measurement::start(|| outgoing.attributes());
    Exchange::new(Kind::HttpClient, span, measurement, size, &options.response)
}
