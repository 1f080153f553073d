//! OTLP over gRPC and HTTP. Spans are encoded on the collector thread, directly from the record into
//! the request, and the exporter's thread sends the bytes.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), whose features link this crate.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod cause;
#[cfg(feature = "http")]
mod compress;
mod dial;
mod encoding;
#[cfg(feature = "http")]
mod exchange;
mod exporter;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "logs")]
mod logs;
mod lookup;
#[cfg(feature = "metrics")]
mod metrics;
mod part;
mod peer;
mod proxy;
mod request;
mod response;
mod retry;
#[cfg(feature = "tls")]
mod secure;
mod settings;
mod socket;
mod span;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;

/// The parsers of responses from a receiver, for `fuzz/targets.rs`.
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
