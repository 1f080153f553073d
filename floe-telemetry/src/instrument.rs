//! Instrumentation for HTTP and gRPC: servers and clients built on tower, axum, hyper and tonic, and
//! clients of reqwest. The trace context is propagated in the headers, which are the metadata of gRPC;
//! see [`propagation`](crate::propagation).
//!
//! | what | layer | metrics |
//! |---|---|---|
//! | HTTP server: tower, axum, hyper | [`HttpServerLayer`] | `http.server.request.duration` |
//! | HTTP client: tower, hyper | [`HttpClientLayer`] | `http.client.request.duration` |
//! | HTTP client: reqwest | [`HttpClientMiddleware`] | `http.client.request.duration` |
//! | gRPC server: tonic | [`GrpcServerLayer`] | `rpc.server.call.duration` |
//! | gRPC client: tonic | [`GrpcClientLayer`] | `rpc.client.call.duration` |
//!
//! Spans and metrics follow OpenTelemetry's conventions for [HTTP] and [RPC]. Durations are in seconds, with
//! the buckets of the conventions, and a request has the duration of its span. The metrics need a
//! [`TelemetryProvider`](crate::TelemetryProvider) that exports metrics; they do not depend on sampling.
//!
//! The instrumentation scope of these spans is this crate, with its version: OpenTelemetry names the
//! library that creates a span, not the one that is instrumented.
//!
//! # Options
//!
//! Each layer has the following options, by methods of the same names.
//!
//! - `with_filter` decides which requests are recorded. A request that is not recorded has neither a span
//!   nor metrics; spans that start while it is served are children of the caller's span.
//! - `with_attributes` adds attributes of your own.
//! - `with_request_headers` and `with_response_headers` (gRPC: `…_metadata`) record headers as
//!   `http.request.header.<key>` and so on. No header is recorded by default. Values are redacted like every
//!   attribute, judged by the name of the header, too; at most 8 values of each header are recorded, and 2048
//!   bytes of each value, and nothing of a value that is marked as sensitive.
//! - `with_body_sizes` (HTTP) records the sizes of bodies.
//! - `untrusted` (servers) is for services that anybody can call: each request starts a new trace with a link
//!   to the caller's span, and the caller's baggage is ignored.
//! - `with_trace_id_header` (servers) adds the trace id to the response.
//! - `with_peer_address` (servers) records the other end of the connection, which a layer does not see.
//! - `with_known_methods` (HTTP) replaces the methods that are recorded by name.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/

use crate::Tracer;
use crate::callsite::Scope;

/// The layers are instrumentation of this crate.
static SCOPE: Scope = Scope::new(
    env!("CARGO_PKG_NAME"),
    Some(env!("CARGO_PKG_VERSION")),
    crate::__floe_location!(),
);

static TRACER: Tracer = Tracer::new(&SCOPE);

mod exchange;
#[cfg(feature = "tower")]
mod forwarded;
#[cfg(feature = "tonic")]
mod grpc_client;
#[cfg(feature = "tonic")]
mod grpc_semantics;
#[cfg(feature = "tonic")]
mod grpc_server;
mod headers;
#[cfg(feature = "tower")]
mod http_client;
mod http_semantics;
#[cfg(feature = "tower")]
mod http_server;
mod kind;
mod measurement;
mod options;
#[cfg(feature = "reqwest-middleware")]
mod reqwest;
#[cfg(feature = "tower")]
mod response;
#[cfg(feature = "tower")]
mod server_parent;
#[cfg(feature = "tower")]
mod service;

#[cfg(feature = "tonic")]
pub use self::grpc_client::{GrpcClient, GrpcClientLayer};
#[cfg(feature = "tonic")]
pub use self::grpc_server::{GrpcServer, GrpcServerLayer};
#[cfg(feature = "tower")]
pub use self::http_client::{HttpClient, HttpClientLayer};
pub use self::http_semantics::UrlTemplate;
#[cfg(feature = "tower")]
pub use self::http_server::{HttpServer, HttpServerLayer};
#[cfg(feature = "reqwest-middleware")]
pub use self::reqwest::HttpClientMiddleware;
#[cfg(feature = "tower")]
pub use self::response::{ResponseBody, ResponseFuture};
