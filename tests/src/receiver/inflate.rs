//! Decompresses requests, so that a search for a canary in their bytes can find it.

use std::io::Read as _;

use hyper::HeaderMap;
use hyper::body::Bytes;

/// Decompresses a body that has a `content-encoding`. Returns `None` if the encoding or the body is not gzip.
pub(super) fn http(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    match encoding(headers, "content-encoding") {
        None => Some(body),
        Some(encoding) => inflate(encoding, &body),
    }
}

/// Returns a gRPC message and its frame without compression, or `None` if it cannot be decompressed.
pub(super) fn grpc(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    let Some((&1, message)) = body.split_first() else {
        return Some(body);
    };

    let message = inflate(encoding(headers, "grpc-encoding")?, message.get(4..)?)?;
    let length = u32::try_from(message.len()).ok()?;
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&message);
    Some(frame.into())
}

fn encoding<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn inflate(encoding: &str, bytes: &[u8]) -> Option<Bytes> {
    let mut inflated = Vec::new();
    match encoding {
        "gzip" => {
            let mut decoder = flate2::read::GzDecoder::new(bytes);
            decoder.read_to_end(&mut inflated).ok()?;
        }
        _ => return None,
    }

    Some(inflated.into())
}
