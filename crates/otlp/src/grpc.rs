//! OTLP over gRPC ([specification](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc)).

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::header::{CONTENT_TYPE, HeaderMap};
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{self, Runtime};
use tokio::task::{self, JoinHandle};
use tokio::time;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};
use tonic::{Code, Extensions, Status};
use tower::util::BoxService;
use tower::{BoxError, service_fn};

use super::cause::{Cause, Problem, error_chain, sources};
use super::dial::Dialer;
use super::peer::Peer;
use super::proxy::Proxy;
use super::response::{self, MAX_RESPONSE, Outcome};
use super::retry::Transport;
use super::settings::{OtlpSettings, USER_AGENT, reserved};
use super::socket::Socket;
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, Signal};

/// The timeout of an export divided by this number is the time for a handshake of TLS.
#[cfg(feature = "tls")]
const HANDSHAKE_PARTS: u32 = 2;

/// The name of HTTP/2 in a handshake of TLS.
#[cfg(feature = "tls")]
const HTTP2: &[u8] = b"h2";

const fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        _ => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

/// After the timeout divided by this number, at most 20 s, a ping checks the connection of an unanswered request. After
/// the same time without an answer to the ping, at least 2 s, the connection is given up, which leaves time for a
/// retry. Pings are few because servers limit them: gRPC's own servers allow two within five minutes after the first.
const KEEPALIVE_PARTS: u32 = 4;

/// The minimum and the maximum time that a receiver has to answer a ping.
const PING_TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(20);

/// How often the tasks of a connection continue after the time of a request. A received answer needs fewer turns.
const LATE_TURNS: usize = 16;

type Client = tonic::client::Grpc<BoxService<Request<Body>, Response<Body>, BoxError>>;

/// An answer over HTTP/2 that is not gRPC: of a receiver of OTLP over HTTP, or the page of a gateway.
#[derive(Debug)]
struct NotGrpc(StatusCode);

/// An exporter and the runtime of its connection. The runtime belongs to the exporter, so a flush never depends on a
/// runtime of the host. The connection ends with it, because only the end of a runtime surely ends the tasks of a
/// connection.
struct Grpc {
    runtime: Background,
    exporter: Exporter,
}

/// A runtime that starts when it is needed, and ends without waiting. A plain `Runtime` would panic where it is dropped on a
/// thread of the host's runtime.
#[derive(Default)]
struct Background(Option<Runtime>);

struct Exporter {
    dialer: Dialer,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Client>,
    /// The connection of the last request, if it is used again.
    connection: Option<Connection>,
    /// Whether the receiver has accepted or throttled the last request. After another refusal, the host is looked up anew,
    /// because its receivers may have moved.
    is_kept: bool,
    peer: Peer,
    headers: MetadataMap,
    export: PathAndQuery,
}

struct Connection {
    client: Client,
    requests: SendRequest<Body>,
    /// The task of the connection. An unanswered request only knows that the connection has ended, and not by which error.
    task: JoinHandle<Result<(), hyper::Error>>,
}

/// A connection with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Creates a client that connects with the first request.
pub(super) fn connect(
    proxy: Option<Proxy>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let mut headers = MetadataMap::new();
    headers.insert("user-agent", MetadataValue::from_static(USER_AGENT));
    for (name, value) in &settings.headers {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes());
        let value = MetadataValue::try_from(value);
        let (Ok(key), Ok(mut value)) = (key, value) else {
            return Err(reserved(name));
        };
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(Box::new(Grpc {
        runtime: Background::default(),
        exporter: Exporter {
            dialer: Dialer::new(&settings.endpoint, proxy.as_ref(), settings.timeout)?,
            #[cfg(feature = "tls")]
            tls: super::tls::Client::of(settings, Some(HTTP2))?,
            connection: None,
            is_kept: false,
            peer: Peer::new(settings, proxy),
            headers,
            export: PathAndQuery::from_static(method(settings.signal)),
        },
    }))
}

impl Exporter {
    /// Opens a connection. This blocks the thread of the exporter, which has nothing else to do, and starts no other.
    async fn connect(&self, deadline: Instant) -> Result<Connection, Problem> {
        let stream = self.stream(deadline).await?;
        let settings = &self.peer.settings;
        let keepalive = (settings.timeout / KEEPALIVE_PARTS).min(*PING_TIMEOUT.end());
        let (requests, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(keepalive)
            .keep_alive_timeout(keepalive.max(*PING_TIMEOUT.start()))
            // A request waits for the receiver's limit, because some receivers refuse the connection before it.
            .initial_max_send_streams(0)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Problem::of(&error))?;
        let task = task::spawn(connection);
        let sender = requests.clone();
        let service = BoxService::new(service_fn(move |request| {
            let mut requests = sender.clone();
            async move {
                let response = requests.send_request(request).await?;
                if is_grpc(response.headers()) {
                    Ok(response.map(Body::new))
                } else {
                    Err(BoxError::from(NotGrpc(response.status())))
                }
            }
        }));
        let client = tonic::client::Grpc::with_origin(service, settings.endpoint.clone())
            .max_decoding_message_size(MAX_RESPONSE);
        Ok(Connection { client: compressed(client, settings.compression), requests, task })
    }

    #[cfg_attr(not(feature = "tls"), expect(clippy::unused_async, reason = "the handshake of TLS"))]
    async fn stream(&self, deadline: Instant) -> Result<Box<dyn Stream>, Problem> {
        let stream = unblocked(self.dialer.dial(deadline)?)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let limit = self.peer.settings.timeout / HANDSHAKE_PARTS;
            let stream = time::timeout(limit, tls.handshake(stream)).await;
            let late = || super::tls::unfinished(io::ErrorKind::TimedOut.into());
            let stream = stream.unwrap_or_else(|_| Err(late()))?;
            if stream.stream.get_ref().1.alpn_protocol() != Some(HTTP2) {
                return Err(Problem::new(Cause::PerhapsHttp, "HTTP/2 was not negotiated"));
            }
            return Ok(Box::new(stream));
        }
        Ok(Box::new(stream))
    }

    /// Returns the connection of the last request, if it is still open.
    async fn kept(&mut self) -> Option<Connection> {
        let kept = self.connection.take()?;
        // The task of the connection reads whether the receiver has closed it meanwhile.
        for _ in 0..2 {
            task::yield_now().await;
        }
        (!kept.requests.is_closed()).then_some(kept)
    }

    async fn call(&mut self, request: Bytes, deadline: Instant) -> Outcome {
        let connected = match self.kept().await {
            Some(kept) => Ok(kept),
            None => self.connect(deadline).await,
        };
        let connection = match connected {
            Ok(connection) => self.connection.insert(connection),
            Err(problem) => return self.peer.unanswered(&problem),
        };
        let request =
            tonic::Request::from_parts(self.headers.clone(), Extensions::default(), request);
        let response = connection.client.unary(request, self.export.clone(), BytesCodec);
        let status = match response.await {
            Ok(response) => {
                self.peer.has_answered = true;
                let outcome = response::accepted(response.get_ref());
                self.is_kept = matches!(outcome, Outcome::Accepted(_));
                return outcome;
            }
            Err(status) => status,
        };
        if let Some(error) = status.source() {
            // The client created this status, because it got no valid response.
            if let Some(NotGrpc(status)) = sources(error).find_map(|it| it.downcast_ref()) {
                return self.not_grpc(*status);
            }
            let task = &mut connection.task;
            let ended = if task.is_finished() { task.await.ok() } else { None };
            return match ended {
                Some(Err(error)) => self.disconnected(&error),
                _ => self.disconnected(error),
            };
        }
        self.peer.has_answered = true;
        // A receiver that throttles is alive, and another connection would only burden it.
        self.is_kept = status.code() == Code::ResourceExhausted;
        classify(&status).advised(&self.advice(&status))
    }

    fn disconnected(&mut self, error: &(dyn StdError + 'static)) -> Outcome {
        let http2: Option<&h2::Error> = sources(error).find_map(|cause| cause.downcast_ref());
        if http2.is_some_and(h2::Error::is_library) {
            return self.peer.invalid(&error_chain(error), true);
        }
        // A receiver that ends a request or a connection of HTTP/2 speaks the protocol.
        self.peer.has_answered |= http2.is_some_and(h2::Error::is_remote);
        self.peer.unanswered(&Problem::of(error))
    }

    /// Returns the outcome of an answer that is not gRPC. One with a status that gateways use is no proof of another
    /// protocol, and none is after an answer of the receiver.
    fn not_grpc(&self, status: StatusCode) -> Outcome {
        let row = |cause| self.peer.row(cause);
        let other = |cause| if self.peer.has_answered { String::new() } else { row(cause) };
        let advice = match status.as_u16() {
            401 | 403 => other(Cause::PerhapsHttp) + &row(Cause::Credential),
            413 => row(Cause::TooLarge) + &other(Cause::PerhapsHttp),
            300..=399 | 408 | 421 | 429 | 500.. => other(Cause::PerhapsHttp),
            _ => other(Cause::SpeaksHttp),
        };
        response::refused(
            status,
            format!("the receiver answered {status} in place of gRPC{advice}"),
        )
    }

    /// Returns the remedy for an answer with this status.
    fn advice(&self, status: &Status) -> String {
        let cause = match status.code() {
            _ if is_too_large(status) => Cause::TooLarge,
            Code::Unauthenticated | Code::PermissionDenied => Cause::Credential,
            Code::Unimplemented => Cause::Address,
            _ => return String::new(),
        };
        self.peer.row(cause)
    }
}

/// Returns a connection that does not block.
fn unblocked(socket: Socket) -> io::Result<TcpStream> {
    let stream = socket.into_stream();
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// Whether a response is one of gRPC. tonic
/// [maps](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) another one to a code, and hides its
/// kind.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
        || headers.contains_key("grpc-status")
}

impl fmt::Display for NotGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in place of gRPC", self.0)
    }
}

impl StdError for NotGrpc {}

/// Sets the compression of requests. Compressed responses are always accepted, because many receivers answer a
/// compressed request with one. The maximum size of a response applies to its decompressed size.
fn compressed(client: Client, compression: Compression) -> Client {
    let client = client.accept_compressed(CompressionEncoding::Gzip);
    match compression {
        Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
        _ => client,
    }
}

impl Transport for Grpc {
    fn send(&mut self, request: Bytes, limit: Duration) -> Outcome {
        let deadline = monotonic_now() + limit;
        let runtime = match self.runtime.get() {
            Ok(runtime) => runtime,
            Err(error) => return self.exporter.peer.unanswered(&error.into()),
        };
        self.exporter.is_kept = false;
        let called = runtime.block_on(within(limit, self.exporter.call(request, deadline)));
        if !self.exporter.is_kept {
            self.exporter.connection = None;
            self.runtime.end();
        }
        called.unwrap_or_else(|| self.exporter.peer.silent())
    }
}

/// Returns the outcome of `call`, or `None` after the time `limit`.
async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    if let Ok(outcome) = time::timeout(limit, &mut call).await {
        return Some(outcome);
    }
    // The time may have passed while the process was stopped. The tasks of the connection read the answer that has
    // arrived, without waiting.
    for _ in 0..LATE_TURNS {
        task::yield_now().await;
        if let Poll::Ready(outcome) = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await {
            return Some(outcome);
        }
    }
    None
}

impl Background {
    fn get(&mut self) -> io::Result<&Runtime> {
        match &mut self.0 {
            Some(runtime) => Ok(runtime),
            none => Ok(none.insert(runtime::Builder::new_current_thread().enable_all().build()?)),
        }
    }

    fn end(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.end();
    }
}

pub(super) fn classify(status: &Status) -> Outcome {
    let reason = format!("the receiver answered {:?}: {}", status.code(), status.message());
    let after = response::retry_delay(status.details());
    match status.code() {
        // Some of these codes normally permit a retry.
        _ if is_too_large(status) => Outcome::Rejected(reason),
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Outcome::Retry { reason, after },
        Code::ResourceExhausted if after.is_some() => Outcome::Retry { reason, after },
        _ => Outcome::Rejected(reason),
    }
}

/// Whether the message of a status is about a request or a response that is too large, in the words of Go's gRPC or of
/// tonic. The code is the same for other reasons.
fn is_too_large(status: &Status) -> bool {
    let words = ["larger than max", "message length too large"];
    words.iter().any(|words| status.message().contains(words))
}

/// A codec that only copies bytes, because requests are already encoded, and the caller decodes responses.
#[derive(Clone, Copy, Debug)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Decode = Bytes;
    type Decoder = Self;
    type Encode = Bytes;
    type Encoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Error = Status;
    type Item = Bytes;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Error = Status;
    type Item = Bytes;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    #[test]
    fn the_delay_of_a_retry_is_read_among_other_details() {
        let delayed = |delay| {
            let mut details = ErrorDetails::with_help_link("documentation", "https://example.com");
            details.set_retry_info(delay);
            let status = Status::with_error_details(Code::ResourceExhausted, "busy", details);
            match classify(&status) {
                Outcome::Retry { after, .. } => after,
                other => panic!("{other:?}"),
            }
        };
        for delay in [Duration::ZERO, Duration::from_millis(1_250), Duration::from_secs(u64::MAX)] {
            let expected = delay.min(tonic_types::RetryInfo::MAX_RETRY_DELAY);
            assert_eq!(delayed(Some(delay)), Some(expected));
        }
        let status = Status::with_details(Code::ResourceExhausted, "busy", (&[0x1a, 9][..]).into());
        assert!(matches!(classify(&status), Outcome::Rejected(_)));
    }
}
