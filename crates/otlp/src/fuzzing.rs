//! The parsers of responses from a receiver, for `fuzz/targets.rs`.

pub use super::response::{Accepted, Outcome};

/// Reads an HTTP response. `headers` are `Content-Type`, `Content-Encoding` and `Retry-After`; empty ones are absent.
#[cfg(feature = "http")]
pub fn http_response(status: u16, headers: [&[u8]; 3], body: &[u8]) -> Option<Outcome> {
    use http::StatusCode;
    use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};

    let status = StatusCode::from_u16(status).ok()?;
    let mut map = HeaderMap::new();
    for (name, value) in [CONTENT_TYPE, CONTENT_ENCODING, RETRY_AFTER].into_iter().zip(headers) {
        if !value.is_empty() {
            map.insert(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    Some(super::http::classify(status, &map, &mut &*body, super::http::THE_RECEIVER))
}

/// Reads a response over gRPC: the code, the message and the details of its status.
#[cfg(feature = "grpc")]
pub fn grpc_response(code: i32, message: &str, details: &[u8]) -> Outcome {
    let details = bytes::Bytes::copy_from_slice(details);
    let status = tonic::Status::with_details(code.into(), message, details);
    super::grpc::classify(&status)
}
