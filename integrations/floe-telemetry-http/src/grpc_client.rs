//! Client spans for gRPC calls.

use std::sync::Arc;

use floe_telemetry::propagation::current_context;
use http::Uri;
use http::request::Parts;
use opentelemetry::trace::SpanKind;

use crate::exchange::Exchange;
use crate::grpc_semantics::RpcMethod;
use crate::http_semantics as semantics;
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::{Options, common_options, grpc_options};
use crate::served::renew;
use crate::service::service;

/// A tower layer for tonic's channel that records a client span for each gRPC call, injects the span's trace context
/// and the current baggage into the call's metadata, and records the metric `rpc.client.call.duration`.
///
/// The span ends with the call's status, so it covers streams. Its attributes and status follow OpenTelemetry's
/// [conventions]: every status code but `OK` is an error. If the call is dropped early, the span has the attribute
/// `floe.cancelled` and the status code `CANCELLED`.
///
/// ```no_run
/// use floe_telemetry_http::GrpcClientLayer;
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
}

impl GrpcClientLayer {
    /// Sets the server for the attributes `server.address` and `server.port`. A layer does not see the server, because
    /// the channel adds the address to a request only after the layer.
    #[must_use]
    pub fn with_server(mut self, uri: &Uri) -> Self {
        self.options_mut().server = uri.authority().cloned();
        self
    }
}

common_options!(GrpcClientLayer, Parts);
grpc_options!(GrpcClientLayer);
service!(GrpcClientLayer, GrpcClient, open);

fn open(options: &Options<Parts>, parts: &mut Parts) -> Exchange {
    renew(parts);
    if !options.records(parts) {
        return Exchange::skipped(Kind::GrpcClient, current_context());
    }
    let method = RpcMethod::of(&parts.uri);
    let server = options.server.as_ref().or(parts.uri.authority());
    let (host, port) =
        server.map_or((None, None), |server| semantics::host_and_port(server.as_str()));
    let span =
        options.open(SpanKind::Client, current_context(), parts, &parts.headers, |opening| {
            method.describe(opening);
            semantics::server(opening, host, port);
        });
    let measurement = Measurement::start(|| {
        let mut attributes = method.attributes();
        attributes.extend(semantics::server_attributes(host, port));
        attributes
    });
    Exchange::new(Kind::GrpcClient, span, measurement, options.response.as_ref())
}
