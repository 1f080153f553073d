//! Server spans for gRPC calls.

use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use opentelemetry::trace::SpanKind;
use tower_layer::Layer;
use tower_service::Service;

use super::exchange::Exchange;
use super::grpc_semantics::RpcMethod;
use super::http_semantics as semantics;
use super::kind::Kind;
use super::measurement::Measurement;
use super::options::{Options, common_options, grpc_options, server_options};
use super::response::{ResponseBody, ResponseFuture};
use super::server_parent::ServerParent;
use crate::recorder::{DetachedSpan, Opening};

/// A tower layer for tonic's server that records a server span for each gRPC call, as a child of the trace
/// context in its metadata, and the metric `rpc.server.call.duration`. The service runs with the span and the
/// call's baggage as current context. Requests that are not gRPC pass through.
///
/// The span ends with the call's status, so it covers streams. Its attributes and status follow
/// OpenTelemetry's [conventions]: `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`
/// and `DATA_LOSS` are errors. If the client goes away before, the span has the attribute `floe.cancelled` and
/// the status code `CANCELLED`.
///
/// A call that is refused as `UNIMPLEMENTED` before the first message has the method `_OTHER`, in the span,
/// in its name (`grpc`) and in the metrics: callers could otherwise create any number of series.
///
/// ```
/// use floe_telemetry::instrument::GrpcServerLayer;
/// use tonic::transport::Server;
///
/// let server = Server::builder().layer(GrpcServerLayer::new());
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
#[derive(Clone, Debug)]
pub struct GrpcServerLayer {
    options: Arc<Options<Parts>>,
}

impl GrpcServerLayer {
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

common_options!(GrpcServerLayer, Parts);
grpc_options!(GrpcServerLayer);
server_options!(GrpcServerLayer);

impl<S> Layer<S> for GrpcServerLayer {
    type Service = GrpcServer<S>;

    fn layer(&self, inner: S) -> GrpcServer<S> {
        GrpcServer {
            inner,
            options: Arc::clone(&self.options),
        }
    }
}

/// A service that records a span for each gRPC call, created by [`GrpcServerLayer`].
#[derive(Clone, Debug)]
pub struct GrpcServer<S> {
    inner: S,
    options: Arc<Options<Parts>>,
}

impl<S, B, R> Service<Request<B>> for GrpcServer<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    R: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !is_grpc(request.headers()) {
            return ResponseFuture::plain(self.inner.call(request));
        }
        let (parts, body) = request.into_parts();
        let mut exchange = open(&self.options, &parts);
        let method = parts.method.clone();
        let request = Request::from_parts(parts, body);
        let inner = exchange.run(|| self.inner.call(request));
        ResponseFuture::new(inner, exchange, &method)
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE);
    content.is_some_and(|content| content.as_bytes().starts_with(b"application/grpc"))
}

fn open(options: &Options<Parts>, parts: &Parts) -> Exchange {
    let ServerParent { context, link } = ServerParent::of(&parts.headers, options.is_untrusted);
    if !options.records(parts) {
        return Exchange::skipped(Kind::GrpcServer, context);
    }
    let method = RpcMethod::of(&parts.uri);
    let fill = |opening: &mut Opening| {
        method.describe(opening);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        let authority = parts.uri.authority().or(host.as_ref());
        let port = authority.and_then(Authority::port_u16);
        semantics::server(opening, authority.map(Authority::host), port);
        opening.links(&link);
        options.fill(opening, parts, &parts.headers);
    };
    let span = DetachedSpan::open(options.location, &SpanKind::Server, context, fill);
    let measurement = Measurement::start(|| method.attributes());
    Exchange::new(Kind::GrpcServer, span, measurement, None, &options.response).with_method(method)
}
