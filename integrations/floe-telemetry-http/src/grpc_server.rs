//! Server spans for gRPC calls.

use std::sync::Arc;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use opentelemetry::trace::SpanKind;

use crate::exchange::Exchange;
use crate::forwarded::Forwarded;
use crate::grpc_semantics::RpcMethod;
use crate::http_semantics as semantics;
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::{Options, common_options, grpc_options, server_options};
use crate::served::exchange_of;
use crate::service::service;

/// A tower layer for tonic's server that records a server span for each gRPC call, as a child of the trace context in
/// the call's metadata, and the metric `rpc.server.call.duration`. The service runs with the span and the call's
/// baggage as current context. Requests that are not gRPC pass through.
///
/// If several layers are around a call, the outermost records it, and the others do nothing, as for
/// [`HttpServerLayer`](crate::HttpServerLayer).
///
/// The span ends with the call's status, so it covers streams. Its attributes and status follow OpenTelemetry's
/// [conventions]: `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS` are
/// errors. If the client disconnects early, the span has the attribute `floe.cancelled` and the status code
/// `CANCELLED`.
///
/// If a call is refused as `UNIMPLEMENTED` before the first message, its method is recorded as `_OTHER` and its span is
/// named `grpc`, because callers could otherwise create any number of series.
///
/// ```
/// use floe_telemetry_http::GrpcServerLayer;
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

common_options!(GrpcServerLayer, Parts);
grpc_options!(GrpcServerLayer);
server_options!(GrpcServerLayer);
service!(GrpcServerLayer, GrpcServer, open);

fn is_grpc(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE);
    content.is_some_and(|content| content.as_bytes().starts_with(b"application/grpc"))
}

fn open(options: &Options<Parts>, parts: &mut Parts) -> Option<Exchange> {
    if !is_grpc(&parts.headers) {
        return None;
    }
    exchange_of(options, parts, Kind::GrpcServer, |parts, context, link| {
        let method = RpcMethod::of(&parts.uri);
        let span = options.open(SpanKind::Server, context, parts, &parts.headers, |opening| {
            method.describe(opening);
            let (host, port) = semantics::server_of(parts);
            semantics::server(opening, host, port);
            let forwarded = Forwarded::of(&parts.headers, options.is_untrusted);
            semantics::client(opening, forwarded, options.peer(parts));
            opening.links(&link);
        });
        let measurement = Measurement::start(|| method.attributes());
        let exchange =
            Exchange::new(Kind::GrpcServer, span, measurement, options.response.as_ref());
        exchange.with_method(method)
    })
}
