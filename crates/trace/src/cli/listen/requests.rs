//! Requests of OTLP, over gRPC and HTTP: their decoding and their responses.

use std::io::{self, Read as _};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use flate2::read::MultiGzDecoder;
use floe_trace::read::{LARGEST_MESSAGE, Reader, Rejected, Signal, Unreadable};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use prost::bytes::BufMut as _;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tonic::codec::{EncodeBody, EncodeBuf, Encoder, SingleMessageCompressionOverride};
use tonic::codegen::tokio_stream::{self, StreamExt as _};
use tonic::{Code, Status};

use super::{Received, SLOWEST};

/// The maximum size of all incomplete and undecoded bodies, in bytes.
const MOST_OF_BODIES: usize = 4 * LARGEST_MESSAGE;
/// The bytes before a gRPC message: the flag of compression and the length.
const PREFIX: usize = 5;

/// The paths, each with its signal (`None` for metrics) and the field of JSON with the number of rejected records.
const PATHS: [(&str, Option<Signal>, &str); 6] = {
    const TRACES: Option<Signal> = Some(Signal::Traces);
    const LOGS: Option<Signal> = Some(Signal::Logs);
    [
        ("/v1/traces", TRACES, "rejectedSpans"),
        ("/v1/logs", LOGS, "rejectedLogRecords"),
        ("/v1/metrics", None, "rejectedDataPoints"),
        ("/opentelemetry.proto.collector.trace.v1.TraceService/Export", TRACES, ""),
        ("/opentelemetry.proto.collector.logs.v1.LogsService/Export", LOGS, ""),
        ("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", None, ""),
    ]
};

/// The destination of requests.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    /// Sends one decoded message at a time, when there is room for it.
    pub(super) sender: mpsc::Sender<Received>,
    /// The maximum memory of a message, in bytes.
    pub(super) max_bytes: usize,
    bodies: Arc<Semaphore>,
}

impl Receiver {
    pub(super) fn new(sender: mpsc::Sender<Received>, max_bytes: usize) -> Self {
        Self { sender, max_bytes, bodies: Arc::new(Semaphore::new(MOST_OF_BODIES)) }
    }

    pub(super) fn routes(self) -> Router {
        Router::new().fallback(answer).with_state(self)
    }
}

/// The reason why a request is refused.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl Refusal {
    const fn code(&self) -> Code {
        match self.0 {
            StatusCode::FORBIDDEN => Code::PermissionDenied,
            StatusCode::REQUEST_TIMEOUT => Code::DeadlineExceeded,
            StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
            StatusCode::BAD_REQUEST => Code::InvalidArgument,
            _ => Code::Unimplemented,
        }
    }
}

/// The encoding of a request's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Grpc,
    Protobuf,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let found = headers.get(header::CONTENT_TYPE);
        let found = found.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let format = found.split([';', '+']).next().unwrap_or_default().trim();
        match &*format.to_ascii_lowercase() {
            "application/grpc" => Ok(Self::Grpc),
            "application/x-protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err(Refusal(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!(
                    "expected the content type application/x-protobuf or application/json, found `{found}`"
                ),
            )),
        }
    }

    fn refused(self, refusal: Refusal) -> Response {
        match self {
            Self::Grpc => Status::new(refusal.code(), refusal.1).into_http(),
            _ => (refusal.0, refusal.1 + "\n").into_response(),
        }
    }

    /// The response to a request, with the number of rejected records.
    fn accepted(self, rejected: Option<&Rejected>, field: &str) -> Response {
        if self == Self::Json {
            let answer = rejected.map_or_else(
                || json!({}),
                |it| json!({"partialSuccess": {field: it.records.to_string(), "errorMessage": it.reason}}),
            );
            let kind = [(header::CONTENT_TYPE, "application/json")];
            return (kind, answer.to_string()).into_response();
        }
        // The answers for the three signals are the same on the wire.
        let partial_success = rejected.map(|it| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(it.records).unwrap_or(i64::MAX),
            error_message: it.reason.clone(),
        });
        let answer = ExportTraceServiceResponse { partial_success }.encode_to_vec();
        if self == Self::Protobuf {
            let kind = [(header::CONTENT_TYPE, "application/x-protobuf")];
            return (kind, answer).into_response();
        }
        let answer = tokio_stream::once(Ok(answer));
        let plain = SingleMessageCompressionOverride::default();
        let body = Body::new(EncodeBody::new_server(Encoded, answer, None, plain, None));
        ([(header::CONTENT_TYPE, "application/grpc")], body).into_response()
    }
}

/// A codec for messages that are already encoded.
struct Encoded;

impl Encoder for Encoded {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&message);
        Ok(())
    }
}

/// Answers a request.
async fn answer(State(receiver): State<Receiver>, request: Request) -> Response {
    let format = Format::of(request.headers());
    let path = request.uri().path();
    let known = PATHS.iter().find(|known| known.0 == path);
    let result = match known {
        // A page on another machine must not write here by a browser on this one, whatever address its name has.
        _ if is_foreign(request.headers()) => Err(Refusal(
            StatusCode::FORBIDDEN,
            "expected a program, or a page of this machine".to_owned(),
        )),
        None => Err(Refusal(
            StatusCode::NOT_FOUND,
            "expected the path /v1/traces, /v1/logs or /v1/metrics".to_owned(),
        )),
        Some(_) if request.method() != Method::POST => Err(Refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("expected the method POST, found {}", request.method()),
        )),
        Some((_, signal, field)) => match format {
            Ok(format) => {
                let rejected = receiver.receive(format, *signal, request).await;
                rejected.map(|it| format.accepted(it.as_ref(), field))
            }
            Err(refusal) => return Format::Protobuf.refused(refusal),
        },
    };
    result.unwrap_or_else(|refusal| format.unwrap_or(Format::Protobuf).refused(refusal))
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok()?.parse::<Uri>().ok()?;
        let authority = origin.authority()?;
        // Of `[::1].shop.example`, `host` is only the address.
        let port = authority.as_str().strip_prefix(authority.host())?;
        let is_whole = port.bytes().all(|byte| byte == b':' || byte.is_ascii_digit());
        Some(is_whole && matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"))
    };
    headers.get(header::ORIGIN).is_some_and(|origin| is_own(origin) != Some(true))
}

impl Receiver {
    /// Receives a request and passes it on. Metrics are accepted and ignored, so that no program complains.
    async fn receive(
        &self,
        format: Format,
        signal: Option<Signal>,
        request: Request,
    ) -> Result<Option<Rejected>, Refusal> {
        let (parts, body) = request.into_parts();
        let mut whole = Vec::new();
        let late = |_| {
            let seconds = SLOWEST.as_secs();
            let message = format!("expected a whole request in {seconds} seconds");
            Refusal(StatusCode::REQUEST_TIMEOUT, message)
        };
        let collected = self.collect(body, &mut whole);
        let _room = timeout(SLOWEST, collected).await.map_err(late)??;
        let Some(signal) = signal else {
            return Ok(None);
        };
        // A message is decoded only when the one before has been taken. No one takes it when the program ends.
        let Ok(place) = self.sender.reserve().await else {
            return Ok(None);
        };
        let message = uncompressed(format, &parts.headers, whole)?;
        let mut reader = Reader::new().max_bytes(self.max_bytes);
        let read = match format {
            Format::Json => reader.read("body", &*message),
            _ => reader.read_request("body", signal, &message),
        };
        read.map_err(|error| {
            let code = match error {
                Unreadable::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            Refusal(code, error.to_string())
        })?;
        let rejected = reader.rejected().cloned();
        place.send(Received { bytes: reader.bytes(), recording: reader.finish() });
        Ok(rejected)
    }

    /// Collects a body. Without room, it waits until other bodies are released. Returns the reserved room.
    async fn collect(
        &self,
        body: Body,
        whole: &mut Vec<u8>,
    ) -> Result<Vec<OwnedSemaphorePermit>, Refusal> {
        let mut room = Vec::new();
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| {
                let message = format!("expected a whole request, found a part of it: {error}");
                Refusal(StatusCode::BAD_REQUEST, message)
            })?;
            if whole.len() + part.len() > LARGEST_MESSAGE + PREFIX {
                return Err(too_large());
            }
            let bytes = u32::try_from(part.len()).unwrap_or(u32::MAX);
            room.extend(Arc::clone(&self.bodies).acquire_many_owned(bytes).await);
            whole.extend_from_slice(&part);
        }
        Ok(room)
    }
}

fn too_large() -> Refusal {
    let message = format!("expected at most {LARGEST_MESSAGE} bytes, found more");
    Refusal(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// The uncompressed message of a request.
fn uncompressed(format: Format, headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let mut encoding = headers.get(match format {
        Format::Grpc => "grpc-encoding",
        _ => header::CONTENT_ENCODING.as_str(),
    });
    let mut message = body;
    if format == Format::Grpc {
        let prefix: Vec<u8> = message.drain(..PREFIX.min(message.len())).collect();
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        match prefix.split_first() {
            Some((0, found)) if found == length.to_be_bytes() => encoding = None,
            Some((1, found)) if found == length.to_be_bytes() => {}
            _ => {
                let message = "expected one message of gRPC, found another body";
                return Err(Refusal(StatusCode::BAD_REQUEST, message.to_owned()));
            }
        }
    }
    match encoding.map(|it| it.as_bytes().to_ascii_lowercase()).as_deref() {
        None | Some(b"" | b"identity") => Ok(message),
        Some(b"gzip") => gunzip(&message),
        Some(_) => Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "expected a body in gzip or as it is".to_owned(),
        )),
    }
}

fn gunzip(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut unzipped = Vec::new();
    let mut decoder = MultiGzDecoder::new(body).take(LARGEST_MESSAGE as u64 + 1);
    let read: io::Result<usize> = decoder.read_to_end(&mut unzipped);
    read.map_err(|error| {
        let message = format!("expected a body in gzip, found another one: {error}");
        Refusal(StatusCode::BAD_REQUEST, message)
    })?;
    if unzipped.len() > LARGEST_MESSAGE {
        return Err(too_large());
    }
    Ok(unzipped)
}
