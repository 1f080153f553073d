//! OTLP over gRPC ([specification](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc)).

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::iter;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{self, Runtime};
use tokio::{task, time};
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status};
use tower::util::MapResponse;
use tower::{ServiceExt as _, service_fn};

use super::dial::Dialer;
use super::failure::{ADDRESS_ADVICE, CREDENTIAL_ADVICE, Peer, error_chain, size_advice};
use super::proxy::Proxy;
use super::response::{self, MAX_RESPONSE, Outcome};
use super::retry::Transport;
use super::settings::{OtlpSettings, USER_AGENT, reserved};
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, OtlpProtocol, Signal};

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

type WithoutPage = fn(Response<Body>) -> Response<Body>;

type Client = tonic::client::Grpc<MapResponse<Channel, WithoutPage>>;

/// A channel and the runtime of its connection. The runtime belongs to the exporter, so a flush never depends on a
/// runtime of the host. Both end together, because only the end of a runtime surely ends the tasks of a connection.
struct Grpc {
    runtime: Background,
    /// The end of the current request, for the connection that it may need.
    deadline: Arc<Mutex<Instant>>,
    exporter: Exporter,
}

/// A runtime that starts when it is needed, and ends without waiting. A plain `Runtime` would panic where it is dropped on a
/// thread of the host's runtime.
#[derive(Default)]
struct Background(Option<Runtime>);

struct Exporter {
    /// The client of the last request, if it is used again.
    client: Option<Client>,
    /// Whether the receiver has accepted or throttled the last request. After another refusal, the host is looked up anew,
    /// because its receivers may have moved.
    is_kept: bool,
    /// Creates a client that connects with its first request. Call it within the runtime.
    connect: Box<dyn Fn() -> Client + Send>,
    peer: Peer,
    headers: MetadataMap,
    export: PathAndQuery,
    signal: Signal,
}

/// Creates a client that connects with the first request.
pub(super) fn connect(
    proxy: Option<Proxy>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let uri = settings.endpoint.clone();
    let mut headers = MetadataMap::new();
    for (name, value) in &settings.headers {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes());
        let value = MetadataValue::try_from(value);
        let (Ok(key), Ok(mut value)) = (key, value) else {
            return Err(reserved(name));
        };
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    let deadline = Arc::new(Mutex::new(monotonic_now()));
    let dialing = Dialing {
        dialer: Dialer::new(&uri, proxy.as_ref(), false, settings.timeout)?,
        deadline: Arc::clone(&deadline),
    };
    let connect = clients(uri.clone(), dialing, settings)?;
    let protocol = OtlpProtocol::Grpc;
    Ok(Box::new(Grpc {
        runtime: Background::default(),
        deadline,
        exporter: Exporter {
            client: None,
            is_kept: false,
            connect: Box::new(connect),
            peer: Peer { endpoint: uri, proxy, protocol, has_answered: false },
            headers,
            export: PathAndQuery::from_static(method(settings.signal)),
            signal: settings.signal,
        },
    }))
}

/// Returns a function that creates a client.
fn clients(
    receiver: Uri,
    dialing: Dialing,
    settings: &OtlpSettings,
) -> Result<impl Fn() -> Client + Send + use<>, Error> {
    let keepalive = (settings.timeout / KEEPALIVE_PARTS).min(*PING_TIMEOUT.end());
    let endpoint = Endpoint::from(receiver)
        .http2_keep_alive_interval(keepalive)
        .keep_alive_timeout(keepalive.max(*PING_TIMEOUT.start()))
        .keep_alive_while_idle(false)
        .user_agent(USER_AGENT)
        .map_err(|error| Error::config(format!("otlp: {error}")))?;
    #[cfg(feature = "tls")]
    let endpoint = match super::tls::Tls::of(endpoint.uri(), settings)? {
        Some(tls) => secure(endpoint, tls, settings.timeout)?,
        None => endpoint,
    };
    let dialing = Arc::new(dialing);
    let compression = settings.compression;
    Ok(move || {
        let dialing = Arc::clone(&dialing);
        let channel = endpoint.connect_with_connector_lazy(service_fn(move |_| {
            let dialing = Arc::clone(&dialing);
            async move { dialing.connect() }
        }));
        let client = tonic::client::Grpc::new(channel.map_response(without_page as WithoutPage));
        compressed(client.max_decoding_message_size(MAX_RESPONSE), compression)
    })
}

/// Opens connections for the channel.
struct Dialing {
    dialer: Dialer,
    /// The end of the current request.
    deadline: Arc<Mutex<Instant>>,
}

impl Dialing {
    /// Opens a connection. This blocks the thread of the exporter, which has nothing else to do, and starts no other.
    fn connect(&self) -> io::Result<TokioIo<TcpStream>> {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = self.dialer.dial(deadline)?.into_stream();
        stream.set_nonblocking(true)?;
        Ok(TokioIo::new(TcpStream::from_std(stream)?))
    }
}

#[cfg(feature = "tls")]
fn secure(endpoint: Endpoint, tls: super::tls::Tls, timeout: Duration) -> Result<Endpoint, Error> {
    use tonic::transport::{ClientTlsConfig, Identity};

    let mut config = ClientTlsConfig::new().timeout(timeout / 2);
    if let Some((certificate, key)) = tls.client {
        config = config.identity(Identity::from_pem(certificate, key));
    }
    let secure = endpoint.tls_config_with_verifier(config, tls.trust);
    secure.map_err(|error| super::tls::unusable(&error_chain(&error)))
}

impl Exporter {
    async fn call(&mut self, request: Bytes) -> Outcome {
        let client = self.client.get_or_insert_with(&self.connect);
        if let Err(error) = client.ready().await {
            return self.disconnected(&error);
        }
        let request = Request::from_parts(self.headers.clone(), Extensions::default(), request);
        let response = client.unary(request, self.export.clone(), BytesCodec);
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
            return self.disconnected(error);
        }
        self.peer.has_answered = true;
        // A receiver that throttles is alive, and another connection would only burden it.
        self.is_kept = status.code() == Code::ResourceExhausted;
        classify(&status, self.signal)
    }

    fn disconnected(&mut self, error: &(dyn StdError + 'static)) -> Outcome {
        let mut causes = iter::successors(Some(error), |error| (*error).source());
        let http2: Option<&h2::Error> = causes.find_map(|cause| cause.downcast_ref());
        if http2.is_some_and(h2::Error::is_library) {
            return self.peer.invalid(&error_chain(error), true);
        }
        // A receiver that ends a request or a connection of HTTP/2 speaks the protocol.
        self.peer.has_answered |= http2.is_some_and(h2::Error::is_remote);
        self.peer.unanswered(error)
    }
}

/// Removes the body of a response that is not gRPC, such as the error page of a load balancer. tonic would read the
/// body as a message and fail. Without a body, tonic
/// [maps](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) the HTTP status to a code.
fn without_page(response: Response<Body>) -> Response<Body> {
    let is_grpc = match response.headers().get(CONTENT_TYPE) {
        Some(kind) => kind.as_bytes().starts_with(b"application/grpc"),
        None => response.status() == StatusCode::OK,
    };
    if is_grpc { response } else { response.map(|_| Body::empty()) }
}

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
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = monotonic_now() + limit;
        let runtime = match self.runtime.get() {
            Ok(runtime) => runtime,
            Err(error) => return self.exporter.peer.unanswered(&error),
        };
        self.exporter.is_kept = false;
        let called = runtime.block_on(within(limit, self.exporter.call(request)));
        if !self.exporter.is_kept {
            self.exporter.client = None;
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

pub(super) fn classify(status: &Status, signal: Signal) -> Outcome {
    let reason = format!("the receiver answered {:?}: {}", status.code(), status.message());
    let after = response::retry_delay(status.details());
    // A receiver in Go or with tonic has found the request too large, or tonic the response. Some of their codes normally
    // permit a retry.
    let words = ["larger than max", "message length too large"];
    if words.iter().any(|words| status.message().contains(words)) {
        return Outcome::Rejected(reason + size_advice(signal));
    }
    match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Outcome::Retry { reason, after },
        Code::ResourceExhausted if after.is_some() => Outcome::Retry { reason, after },
        Code::Unauthenticated | Code::PermissionDenied => {
            Outcome::Rejected(reason + CREDENTIAL_ADVICE)
        }
        Code::Unimplemented => Outcome::Rejected(reason + ADDRESS_ADVICE),
        _ => Outcome::Rejected(reason),
    }
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
            match classify(&status, Signal::Traces) {
                Outcome::Retry { after, .. } => after,
                other => panic!("{other:?}"),
            }
        };
        for delay in [Duration::ZERO, Duration::from_millis(1_250), Duration::from_secs(u64::MAX)] {
            let expected = delay.min(tonic_types::RetryInfo::MAX_RETRY_DELAY);
            assert_eq!(delayed(Some(delay)), Some(expected));
        }
        let status = Status::with_details(Code::ResourceExhausted, "busy", (&[0x1a, 9][..]).into());
        assert!(matches!(classify(&status, Signal::Traces), Outcome::Rejected(_)));
    }
}
