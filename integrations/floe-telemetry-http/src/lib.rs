//! A span and a duration for each HTTP request and gRPC call: servers and clients built on tower, axum, hyper and
//! tonic, servers of actix-web, and clients of reqwest.
//!
//! ```
//! use axum::{Router, routing::get};
//! use floe_telemetry_http::HttpServerLayer;
//!
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(|| async { "an order" }))
//!     .layer(HttpServerLayer::new()); // the span `GET /orders/{id}`
//! ```
//!
//! | what | layer | metrics |
//! |---|---|---|
//! | HTTP server: tower, axum, hyper, actix-web | [`HttpServerLayer`] | `http.server.request.duration` |
//! | HTTP client: tower, hyper | [`HttpClientLayer`] | `http.client.request.duration` |
//! | HTTP client: reqwest | [`HttpClientMiddleware`] | `http.client.request.duration` |
//! | gRPC server: tonic | [`GrpcServerLayer`] | `rpc.server.call.duration` |
//! | gRPC client: tonic | [`GrpcClientLayer`] | `rpc.client.call.duration` |
//!
//! Spans and metrics follow OpenTelemetry's conventions for [HTTP] and [RPC]. Durations are in seconds, with
//! the buckets of the conventions. Spans and metrics need a provider of `floe-telemetry`, which exports them; without
//! one, spans go to OpenTelemetry's global provider. The metrics do not depend on sampling. The trace context is propagated in the headers, which are the metadata of gRPC,
//! in the formats of [`propagation`](floe_telemetry::propagation).
//!
//! The instrumentation scope of these spans is this crate, with its version: OpenTelemetry names the library that
//! creates a span, not the instrumented one.
//!
//! # Options
//!
//! Each layer has the following options as methods.
//!
//! - `with_filter` selects which requests are recorded. A request that is not recorded has neither a span
//!   nor metrics; spans that start while it is served are children of the caller's span.
//! - `with_attributes` adds your own attributes.
//! - `with_request_headers` and `with_response_headers` (gRPC: `…_metadata`) record headers as
//!   `http.request.header.<key>` and so on. No header is recorded by default. Values are redacted like every
//!   attribute, also by the name of the header. At most 8 values of each header are recorded, each truncated to
//!   2048 bytes; a value that is marked as sensitive is replaced.
//! - `with_active_requests` (HTTP servers) counts active requests.
//! - `untrusted` (servers) is for services that anybody can call: each request starts a new trace with a link
//!   to the caller's span, and the caller's baggage, `Forwarded` and `X-Forwarded-…` are ignored.
//! - `with_trace_id_header` (servers) adds the trace id to the response, as a header; [`CurrentTraceId`] is the id for
//!   the text of the response.
//! - `with_peer_address` (servers) records the address of the other end of the connection, which a layer does not see.
//!
//! # Features
//!
//! The layers for tower and for tonic need no feature.
//!
//! | feature | what it adds |
//! |---|---|
//! | `actix-web` | [`HttpServerLayer`] is a middleware of actix-web, and its spans are named after the routes |
//! | `axum`, `axum-0_7` | spans of a server named after the routes of axum 0.8 or 0.7, and [`CurrentTraceId`] as an extractor |
//! | `reqwest-middleware` | [`HttpClientMiddleware`] for reqwest 0.13 |
//! | `reqwest-middleware-0_4` | `reqwest_0_12::HttpClientMiddleware` for reqwest 0.12 |
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "actix-web")]
mod actix;
mod axum_routes;
mod exchange;
mod forwarded;
mod grpc_client;
mod grpc_semantics;
mod grpc_server;
mod headers;
mod http_client;
mod http_semantics;
mod http_server;
pub mod keys;
mod kind;
mod measurement;
mod options;
#[cfg(feature = "reqwest-middleware-0_4")]
pub mod reqwest_0_12;
#[cfg(feature = "reqwest-middleware")]
#[cfg_attr(
    feature = "reqwest-middleware-0_4",
    expect(clippy::duplicate_mod, reason = "the same code for the types of each version")
)]
mod reqwest_0_13;
mod response;
mod served;
mod service;
mod trace_id;

#[cfg(feature = "actix-web")]
pub use self::actix::{ActixBody, ActixFuture, ActixServer};
pub use self::grpc_client::{GrpcClient, GrpcClientLayer};
pub use self::grpc_server::{GrpcServer, GrpcServerLayer};
pub use self::http_client::{HttpClient, HttpClientLayer};
pub use self::http_semantics::UrlTemplate;
pub use self::http_server::{HttpServer, HttpServerLayer};
#[cfg(feature = "reqwest-middleware")]
pub use self::reqwest_0_13::HttpClientMiddleware;
pub use self::response::{ResponseBody, ResponseFuture};
pub use self::trace_id::CurrentTraceId;

#[cfg(all(doctest, feature = "actix-web", feature = "axum", feature = "reqwest-middleware"))]
#[doc = include_str!("../README.md")]
struct Readme;
