//! The parsers of responses from a receiver, for `fuzz/targets.rs`.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::response::{Accepted, Outcome};
use super::{grpc, http as otlp_http};
use floe_telemetry_sdk::config::Signal;

/// The outcome of a request.
#[derive(Debug, Eq, PartialEq)]
pub enum Response {
    /// The request was accepted, except for this number of items. The text is the receiver's reason or warning.
    Accepted(u64, String),
    /// The request can be retried, for this reason, and after this time if the receiver requires a pause.
    Retry(String, Option<Duration>),
    /// The request was rejected for this reason.
    Rejected(String),
}

impl From<Outcome> for Response {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted(Accepted { rejected, message }) => Self::Accepted(rejected, message),
            Outcome::Retry { reason, after } => Self::Retry(reason, after),
            Outcome::Unanswered(reason) => Self::Retry(reason, None),
            Outcome::TimedOut => Self::Retry("no response".to_owned(), None),
            Outcome::Rejected(reason) => Self::Rejected(reason),
        }
    }
}

/// Reads an HTTP response. `headers` are `Content-Type`, `Content-Encoding` and `Retry-After`; empty ones are absent.
pub fn http_response(status: u16, headers: [&[u8]; 3], body: &[u8]) -> Option<Response> {
    let status = StatusCode::from_u16(status).ok()?;
    let mut map = HeaderMap::new();
    for (name, value) in [CONTENT_TYPE, CONTENT_ENCODING, RETRY_AFTER].into_iter().zip(headers) {
        if !value.is_empty() {
            map.insert(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    Some(otlp_http::classify(status, &map, &mut &*body, otlp_http::THE_RECEIVER).into())
}

/// Reads a response over gRPC: the code, the message and the details of its status.
pub fn grpc_response(code: i32, message: &str, details: &[u8]) -> Response {
    let details = Bytes::copy_from_slice(details);
    let status = tonic::Status::with_details(code.into(), message, details);
    grpc::classify(&status, Signal::Traces).into()
}
