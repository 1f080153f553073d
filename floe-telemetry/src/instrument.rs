//! Instrumentation for HTTP servers built on tower and for reqwest clients. The trace context is
//! propagated in the request headers; see [`propagation`](crate::propagation).
//!
//! The instrumentation scope of these spans is this crate, with its version: OpenTelemetry names the
//! library that creates a span, not the one that is instrumented.

#[cfg(feature = "tower")]
mod http_body;
#[cfg(feature = "reqwest-middleware")]
mod http_client;
mod http_semantics;
#[cfg(feature = "tower")]
mod http_server;

#[cfg(feature = "tower")]
pub use self::http_body::HttpServerBody;
#[cfg(feature = "reqwest-middleware")]
pub use self::http_client::HttpClientMiddleware;
#[cfg(feature = "tower")]
pub use self::http_server::{HttpServer, HttpServerFuture, HttpServerLayer};
