//! Handles OTLP requests over gRPC and HTTP. A body is read like a file: JSON or protobuf, compressed with gzip or not.

use std::io::Read;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use flate2::read::MultiGzDecoder;
use floe_trace::read::{LARGEST_MESSAGE, Reader, Rejected};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::Grpc;
use tonic::{Status, body};
use tower::service_fn;

use super::{Received, SLOWEST};

/// The maximum number of requests whose bodies are in memory. Other requests wait.
const MOST_BODIES: usize = 4;

/// For each signal: the HTTP path, the JSON field for the number of rejected records, and the gRPC service.
const SIGNALS: [(&str, &str, &str); 3] = [
    ("/v1/traces", "rejectedSpans", "trace.v1.TraceService"),
    ("/v1/logs", "rejectedLogRecords", "logs.v1.LogsService"),
    ("/v1/metrics", "rejectedDataPoints", "metrics.v1.MetricsService"),
];

#[derive(Clone, Debug)]
pub(super) struct Receiver {
    /// Sends one decoded message at a time, when there is room for it.
    sender: mpsc::Sender<Received>,
    /// The maximum memory of a message, in bytes.
    max_bytes: usize,
    bodies: Arc<Semaphore>,
}

impl Receiver {
    pub(super) fn new(sender: mpsc::Sender<Received>, max_bytes: usize) -> Self {
        Self { sender, max_bytes, bodies: Arc::new(Semaphore::new(MOST_BODIES)) }
    }

    pub(super) fn routes(self) -> Router {
        let mut routes = Router::new();
        for (path, rejected, service) in SIGNALS {
            let receive = move |State(receiver): State<Self>, request: Request| async move {
                receiver.http(path, rejected, request).await
            };
            let export = move |State(receiver): State<Self>, request: Request| async move {
                receiver.grpc(path, request).await
            };
            let service = format!("/opentelemetry.proto.collector.{service}/Export");
            routes = routes.route(path, post(receive)).route(&service, post(export));
        }
        routes.fallback(not_found).layer(from_fn(guard)).with_state(self)
    }

    async fn http(
        &self,
        path: &str,
        rejected_field: &str,
        request: Request,
    ) -> Result<Response, (StatusCode, String)> {
        let _place = self.bodies.acquire().await;
        let is_json = is_of(request.headers(), "application/json");
        let body = to_bytes(request.into_body(), LARGEST_MESSAGE).await.map_err(|error| {
            let message = format!("expected a body of at most {LARGEST_MESSAGE} bytes: {error}\n");
            (StatusCode::PAYLOAD_TOO_LARGE, message)
        })?;
        let rejected =
            self.receive(path, &body).await.map_err(|it| (StatusCode::BAD_REQUEST, it + "\n"))?;
        if !is_json {
            let kind = [(header::CONTENT_TYPE, "application/x-protobuf")];
            return Ok((kind, encoded(rejected)).into_response());
        }
        let answer = rejected.map_or_else(
            || json!({}),
            |it| json!({"partialSuccess": {rejected_field: it.records.to_string(), "errorMessage": it.reason}}),
        );
        Ok(([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response())
    }

    async fn grpc(&self, path: &str, request: Request) -> axum::http::Response<body::Body> {
        let _place = self.bodies.acquire().await;
        let export = service_fn(async |request: tonic::Request<Vec<u8>>| {
            let rejected =
                self.receive(path, request.get_ref()).await.map_err(Status::invalid_argument)?;
            Ok(tonic::Response::new(encoded(rejected)))
        });
        let mut server = Grpc::new(Plain)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(LARGEST_MESSAGE);
        server.unary(export, request).await
    }

    /// Reads a body and passes it on. Returns the records that were rejected. Metrics are accepted and ignored, so that
    /// programs that also send metrics report no errors.
    async fn receive(&self, path: &str, body: &[u8]) -> Result<Option<Rejected>, String> {
        if body.is_empty() || path == "/v1/metrics" {
            return Ok(None);
        }
        // A message is decoded only after the previous one was taken. The channel closes only when the program ends.
        let Ok(place) = self.sender.reserve().await else {
            return Ok(None);
        };
        let mut reader = Reader::new().max_bytes(self.max_bytes);
        let mut unzipped = MultiGzDecoder::new(body).take(LARGEST_MESSAGE as u64 + 1);
        let is_zipped = body.starts_with(&[0x1f, 0x8b]);
        let input: &mut dyn Read = if is_zipped { &mut unzipped } else { &mut &*body };
        let read = reader.read("body", input);
        if unzipped.limit() == 0 {
            return Err(format!("expected at most {LARGEST_MESSAGE} unzipped bytes, found more"));
        }
        read.map_err(|error| error.to_string())?;
        let rejected = reader.rejected().cloned();
        place.send(Received { bytes: reader.bytes(), recording: reader.into_recording() });
        Ok(rejected)
    }
}

/// Returns the response as protobuf. The responses for the three signals have the same encoding.
fn encoded(rejected: Option<Rejected>) -> Vec<u8> {
    let partial_success = rejected.map(|it| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(it.records).unwrap_or(i64::MAX),
        error_message: it.reason,
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

/// A codec that leaves messages as they are.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, input: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(input.copy_to_bytes(input.remaining()).into()))
    }
}

async fn not_found(headers: HeaderMap) -> Response {
    if is_of(&headers, "application/grpc") {
        let status = Status::unimplemented("expected the name of an OTLP service");
        return status.into_http::<Body>();
    }
    let message = "expected the path /v1/traces, /v1/logs or /v1/metrics\n";
    (StatusCode::NOT_FOUND, message).into_response()
}

fn is_of(headers: &HeaderMap, kind: &str) -> bool {
    let found = headers
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes)
        .and_then(|it| it.get(..kind.len()));
    found.is_some_and(|it| it.eq_ignore_ascii_case(kind.as_bytes()))
}

/// Limits the time of a request, including its wait. Refuses requests that a browser on this machine sends for a page
/// of another machine, whatever address the name of that machine has.
async fn guard(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        let message = "expected a request from a program, or from a web page of this machine\n";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let is_grpc = is_of(request.headers(), "application/grpc");
    timeout(SLOWEST, next.run(request)).await.unwrap_or_else(|_| {
        let message = format!("expected a complete request within {} seconds\n", SLOWEST.as_secs());
        // Senders repeat a request that fails with either status.
        if is_grpc {
            Status::deadline_exceeded(message).into_http()
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
        }
    })
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok()?.parse::<Uri>().ok()?;
        let authority = origin.authority()?;
        // For `[::1].shop.example`, `host` returns only the address, so only a port may follow it.
        let port = authority.as_str().strip_prefix(authority.host())?;
        let is_whole = port.bytes().all(|byte| byte == b':' || byte.is_ascii_digit());
        Some(is_whole && matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"))
    };
    headers.get(header::ORIGIN).is_some_and(|origin| is_own(origin) != Some(true))
}
