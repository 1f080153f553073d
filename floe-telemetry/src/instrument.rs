//! Spans for what other libraries do: requests that a tower service answers, requests that a client
//! makes. The trace context travels in the headers; see [`propagation`](crate::propagation).

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
