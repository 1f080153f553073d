//! Received requests, and the responses that a test can select.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::{HeaderMap, Uri};
use tonic::Code;

/// A received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The path, with the query if there was one.
    pub path: String,
    /// Headers, or gRPC metadata. Keys are in lower case. The values of a repeated key are joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// The body, decompressed if possible. Over gRPC, it starts with the five bytes of the message's frame.
    pub body: Vec<u8>,
}

impl ReceivedRequest {
    pub(super) fn new(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut joined = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            joined
                .entry(name.as_str().to_owned())
                .and_modify(|known| {
                    known.push_str(", ");
                    known.push_str(&value);
                })
                .or_insert_with(|| value.clone().into_owned());
        }

        Self {
            path: uri.path_and_query().map_or_else(String::new, ToString::to_string),
            headers: joined,
            body: body.to_vec(),
        }
    }

    /// Whether the request contains `canary` in its path, in the name or value of a header, or in its body.
    pub fn contains(&self, canary: &str) -> bool {
        let bytes = canary.as_bytes();
        self.path.contains(canary)
            || self.headers.iter().any(|(k, v)| k.contains(canary) || v.contains(canary))
            // `windows` panics for a length of zero, and each text contains the empty text.
            || bytes.is_empty()
            || self.body.windows(bytes.len()).any(|window| window == bytes)
    }
}

pub(super) fn echo(uri: &Uri, headers: &HeaderMap) -> String {
    let request = ReceivedRequest::new(uri, headers, &[]);
    format!("refused {} {:?}", request.path, request.headers)
}

/// The response of a receiver.
///
/// An invalid request is rejected for that reason, whatever response is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Response {
    /// Success, and the items are stored.
    #[default]
    Ok,
    /// An HTTP status and headers with an empty body. Over gRPC, it is the response of a proxy in front of the backend.
    Http {
        status: u16,
        /// Additional headers, for example `retry-after`.
        headers: Vec<(String, String)>,
    },
    /// A gRPC status, over gRPC only.
    Grpc { code: Code, message: String },
    /// `RESOURCE_EXHAUSTED` with `RetryInfo`, over gRPC only.
    Throttled { delay: Duration },
    /// A rejection that quotes the request's path and headers: in the body of a 401, or in the message of
    /// `UNAUTHENTICATED`.
    Echo,
    /// A partial success. The first items are rejected, and the others are stored.
    Partial {
        /// The number of items that the receiver reports as rejected.
        rejected: i64,
        message: String,
    },
    /// No response: the request is read and the connection stays open until the receiver is
    /// dropped.
    Hang,
}

/// Returns a response with `status`, `headers` and an empty body.
///
/// # Panics
///
/// HTTP does not allow the status or a header.
pub(super) fn empty<B: Default>(status: u16, headers: &[(String, String)]) -> hyper::Response<B> {
    let mut response = hyper::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }

    response.body(B::default()).expect("a status and headers that HTTP allows")
}
