//! Client spans for gRPC calls.

use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response, Uri};
use http_body::Body;
use opentelemetry::trace::SpanKind;
use tower_layer::Layer;
use tower_service::Service;

use super::exchange::Exchange;
use super::grpc_semantics::RpcMethod;
use super::http_semantics as semantics;
use super::kind::Kind;
use super::measurement::Measurement;
use super::options::{Options, common_options, grpc_options};
use super::response::{ResponseBody, ResponseFuture};
use crate::propagation::current;
use crate::recorder::{DetachedSpan, Opening};

/// A tower layer for tonic's channel that records a client span for each gRPC call, injects the span's trace
/// context and the current baggage into its metadata, and records the metric `rpc.client.call.duration`.
///
/// The span ends with the call's status, so it covers streams. Its attributes and status follow
/// OpenTelemetry's [conventions]: every status code but `OK` is an error. If the call is dropped before, the
/// span has the attribute `floe.cancelled` and the status code `CANCELLED`, and its status is unset.
///
/// ```no_run
/// use floe_telemetry::instrument::GrpcClientLayer;
/// use tonic::transport::Endpoint;
/// use tower_layer::Layer;
///
/// let endpoint = Endpoint::from_static("http://orders.internal:50051");
/// let layer = GrpcClientLayer::new().with_server(endpoint.uri());
/// let channel = layer.layer(endpoint.connect_lazy());
/// // OrdersClient::new(channel)
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
#[derive(Clone, Debug)]
pub struct GrpcClientLayer {
    options: Arc<Options<Parts>>,
    server: Option<Authority>,
}

impl GrpcClientLayer {
    /// Creates the layer. Its spans carry the caller's location as `code.file.path` and
    /// `code.line.number`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            options: Options::new(),
            server: None,
        }
    }

    /// Sets the server, for the attributes `server.address` and `server.port`. A channel adds its address to
    /// requests below the layer, which therefore does not see it.
    #[must_use]
    pub fn with_server(mut self, uri: &Uri) -> Self {
        self.server = uri.authority().cloned();
        self
    }
}

common_options!(GrpcClientLayer, Parts);
grpc_options!(GrpcClientLayer);

impl<S> Layer<S> for GrpcClientLayer {
    type Service = GrpcClient<S>;

    fn layer(&self, inner: S) -> GrpcClient<S> {
        GrpcClient {
            inner,
            layer: self.clone(),
        }
    }
}

/// A channel that records a span for each gRPC call, created by [`GrpcClientLayer`].
#[derive(Clone, Debug)]
pub struct GrpcClient<S> {
    inner: S,
    layer: GrpcClientLayer,
}

impl<S, B, R> Service<Request<B>> for GrpcClient<S>
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
        let (mut parts, body) = request.into_parts();
        let mut exchange = self.layer.open(&parts);
        exchange.inject(&mut parts.headers);
        let method = parts.method.clone();
        let request = Request::from_parts(parts, body);
        let inner = exchange.run(|| self.inner.call(request));
        ResponseFuture::new(inner, exchange, &method)
    }
}

impl GrpcClientLayer {
    fn open(&self, parts: &Parts) -> Exchange {
        let options = &self.options;
        if !options.records(parts) {
            return Exchange::skipped(Kind::GrpcClient, current());
        }
        let method = RpcMethod::of(&parts.uri);
        let server = self.server.as_ref().or(parts.uri.authority());
        let (host, port) = (
            server.map(Authority::host),
            server.and_then(Authority::port_u16),
        );
        let fill = |opening: &mut Opening| {
            method.describe(opening);
            semantics::server(opening, host, port);
            options.fill(opening, parts, &parts.headers);
        };
        let span = DetachedSpan::open(options.location, &SpanKind::Client, current(), fill);
        let measurement = Measurement::start(|| {
            let mut attributes = method.attributes();
            attributes.extend(semantics::server_attributes(host, port));
            attributes
        });
        Exchange::new(Kind::GrpcClient, span, measurement, None, &options.response)
    }
}
