//! OTLP over gRPC ([specification](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc)).

mod write_buffer;

use std::error::Error as StdError;
use std::mem;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{Response, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::runtime::{self, Runtime};
use tokio::time;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status, TimeoutExpired};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;
use tower::util::MapResponse;
use tower_service::Service as _;

use self::write_buffer::WriteBuffer;
use super::failure::{CREDENTIAL_ADVICE, Failure, Peer, causes, error_chain, is_error_without_tls};
use super::proxy::Proxy;
use super::response::{self, MAX_RESPONSE, Outcome};
use super::settings::{OtlpSettings, USER_AGENT};
use super::time_limit::{STEP, TimeLimit};
use super::transport::{Transport, UnknownProxy};
use floe_telemetry_sdk::__parts::config::without_credentials;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, OtlpProtocol, Signal};

/// The gRPC method of a signal.
const fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        _ => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

/// A connection on which a request waits is checked with a ping after this part of the timeout, and given up after
/// another such part. This leaves time for a retry over a new connection, and few pings for servers that limit them:
/// gRPC's own servers allow two within five minutes after the first.
const KEEPALIVE_PARTS: u32 = 4;

/// The minimum and the maximum time that a receiver has to answer a ping.
const PING_TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(20);

/// The longest timeout that is sent to the receiver.
const MAX_SENT_TIMEOUT: Duration = Duration::from_secs(3600);

#[cfg(feature = "zstd")]
const ZSTD: CompressionEncoding = CompressionEncoding::Zstd;
/// Never used, because the caller has rejected zstd.
#[cfg(not(feature = "zstd"))]
const ZSTD: CompressionEncoding = CompressionEncoding::Gzip;

/// Removes the body of a response that is not gRPC.
type WithoutPage = fn(Response<Body>) -> Response<Body>;

type Client = tonic::client::Grpc<MapResponse<Channel, WithoutPage>>;

/// A channel and the runtime of its connection. The runtime belongs to the exporter, so a flush never depends on a
/// runtime of the host.
struct Grpc {
    runtime: Background,
    time: Arc<TimeLimit>,
    client: Client,
    endpoint: Endpoint,
    tcp: HttpConnector,
    tunnel: Option<Tunnel<HttpConnector>>,
    proxy: Option<Proxy>,
    compression: Compression,
    has_answered: bool,
    headers: MetadataMap,
    export: PathAndQuery,
}

/// A runtime that is ended when this value is dropped.
#[derive(Default)]
struct Background(Option<Runtime>);

/// Creates a client that connects with the first request.
pub(super) fn connect(
    time: &Arc<TimeLimit>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let endpoint = endpoint(settings)?;
    let proxy = match Proxy::of(endpoint.uri()) {
        Ok(proxy) => proxy,
        Err(unknown) => return Ok(Box::new(unknown)),
    };
    let tcp = tcp(settings.timeout);
    let tunnel = match &proxy {
        Some(proxy) => match tunnel(&endpoint, tcp.clone(), proxy) {
            Some(tunnel) => Some(tunnel),
            None => return Ok(Box::new(UnknownProxy)),
        },
        None => None,
    };
    let mut metadata = MetadataMap::new();
    for (name, value) in &settings.headers {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes());
        let value = MetadataValue::try_from(value);
        let (Ok(key), Ok(mut value)) = (key, value) else {
            return Err(Error::config("a header of the OTLP exporter cannot be sent over gRPC"));
        };
        value.set_sensitive(true);
        metadata.insert(key, value);
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::thread("otlp", &error))?;
    let entered = runtime.enter();
    let client = client(&endpoint, tcp.clone(), tunnel.clone(), settings.compression);
    drop(entered);
    Ok(Box::new(Grpc {
        runtime: Background(Some(runtime)),
        time: Arc::clone(time),
        client,
        endpoint,
        tcp,
        tunnel,
        proxy,
        compression: settings.compression,
        has_answered: false,
        headers: metadata,
        export: PathAndQuery::from_static(method(settings.signal)),
    }))
}

fn endpoint(settings: &OtlpSettings) -> Result<Endpoint, Error> {
    let OtlpSettings { endpoint, .. } = settings;
    let endpoint = Endpoint::from_shared(endpoint.clone()).map_err(|error| {
        Error::config(format!(
            "otlp_endpoint: `{}` is not an endpoint: {error}",
            without_credentials(endpoint)
        ))
    })?;
    let keepalive = (settings.timeout / KEEPALIVE_PARTS).min(*PING_TIMEOUT.end());
    let endpoint = endpoint
        .http2_keep_alive_interval(keepalive)
        .keep_alive_timeout(keepalive.max(*PING_TIMEOUT.start()))
        .keep_alive_while_idle(false)
        .user_agent(USER_AGENT)
        .map_err(|error| Error::config(format!("otlp: {error}")))?;
    secure(endpoint, settings)
}

impl Grpc {
    async fn call(&mut self, request: Bytes) -> Outcome {
        if let Err(error) = self.client.ready().await {
            return self.disconnected(&error);
        }
        let mut request = Request::from_parts(self.headers.clone(), Extensions::default(), request);
        request.set_timeout(self.time.left().min(MAX_SENT_TIMEOUT));
        let response = self.client.unary(request, self.export.clone(), BytesCodec);
        let status = match response.await {
            Ok(response) => {
                self.has_answered = true;
                return response::accepted(response.get_ref());
            }
            Err(status) => status,
        };
        if let Some(error) = status.source() {
            // This side has made the status, because there was no response.
            return self.disconnected(error);
        }
        self.has_answered = true;
        classify(&status)
    }

    /// The outcome if there is no connection, or the connection ended without a response.
    fn disconnected(&self, error: &(dyn StdError + 'static)) -> Outcome {
        if causes(error).any(<dyn StdError>::is::<TimeoutExpired>) {
            return Outcome::Unanswered("no response".to_owned());
        }
        let text = error_chain(error);
        let unconnected = ["tcp connect error", "dns error", "tunnel error"];
        let failure = Failure {
            is_unconnected: unconnected.iter().any(|it| text.contains(it)),
            is_invalid: is_invalid_response(error),
            is_without_tls: is_error_without_tls(error),
            text,
        };
        failure.outcome(&Peer {
            endpoint: self.endpoint.uri(),
            proxy: self.proxy.as_ref(),
            protocol: OtlpProtocol::Grpc,
            has_answered: self.has_answered,
        })
    }
}

/// Whether a connection ended because the response is not valid, or exceeds a limit.
fn is_invalid_response(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        let is_invalid_http1 = cause.downcast_ref().is_some_and(hyper::Error::is_parse);
        is_invalid_http1 || cause.downcast_ref().is_some_and(h2::Error::is_library)
    })
}

/// Creates a client that connects with the first request. Call this within the runtime.
fn client(
    endpoint: &Endpoint,
    tcp: HttpConnector,
    tunnel: Option<Tunnel<HttpConnector>>,
    compression: Compression,
) -> Client {
    let channel = match tunnel {
        Some(tunnel) => {
            let mut tunnel = tunnel.map_response(WriteBuffer::new);
            let connector = tower::service_fn(move |receiver| tunnel.call(with_port(receiver)));
            endpoint.connect_with_connector_lazy(connector)
        }
        None => endpoint.connect_with_connector_lazy(tcp.map_response(WriteBuffer::new)),
    };
    let channel = channel.map_response(without_page as WithoutPage);
    let client = tonic::client::Grpc::new(channel).max_decoding_message_size(MAX_RESPONSE);
    compressed(client, compression)
}

fn tcp(timeout: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // The scheme may be `https`, because the receiver may use TLS.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // If an address does not answer, half of the timeout is left for the request.
    tcp.set_connect_timeout(Some(timeout / 2));
    tcp
}

fn tunnel(endpoint: &Endpoint, tcp: HttpConnector, proxy: &Proxy) -> Option<Tunnel<HttpConnector>> {
    let matcher = Matcher::builder().all(proxy.url.clone()).build();
    let proxy = matcher.intercept(endpoint.uri())?;
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    Some(match proxy.basic_auth() {
        Some(credential) => tunnel.with_auth(credential.clone()),
        None => tunnel,
    })
}

/// Adds the port of the scheme, because a tunnel for `http` would otherwise connect to port 443, too.
fn with_port(receiver: Uri) -> Uri {
    let is_plain = receiver.scheme_str() == Some("http") && receiver.port().is_none();
    let Some(host) = receiver.host().filter(|_| is_plain) else {
        return receiver;
    };
    let mut parts = receiver.clone().into_parts();
    parts.authority = format!("{host}:80").parse().ok();
    Uri::from_parts(parts).unwrap_or(receiver)
}

/// Removes the body of a response that is not gRPC, such as the error page of a load balancer. tonic would read the
/// body as a message and fail. Without a body, it
/// [maps](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) the HTTP status to a code.
fn without_page(response: Response<Body>) -> Response<Body> {
    let is_grpc = match response.headers().get(CONTENT_TYPE) {
        Some(kind) => kind.as_bytes().starts_with(b"application/grpc"),
        None => response.status() == StatusCode::OK,
    };
    if is_grpc { response } else { response.map(|_| Body::empty()) }
}

/// Enables compression, whose feature the caller has checked. Responses may always be compressed, because many
/// receivers use the compression of the request. The limit of a response applies to its decompressed size.
fn compressed(client: Client, compression: Compression) -> Client {
    let client = client.accept_compressed(CompressionEncoding::Gzip);
    let client = client.accept_compressed(ZSTD);
    match compression {
        Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
        Compression::Zstd => client.send_compressed(ZSTD),
        _ => client,
    }
}

#[cfg(feature = "tls")]
fn secure(endpoint: Endpoint, settings: &OtlpSettings) -> Result<Endpoint, Error> {
    use secrecy::ExposeSecret as _;
    use tonic::transport::{Certificate, ClientTlsConfig, Identity};

    if endpoint.uri().scheme_str() != Some("https") {
        return Ok(endpoint);
    }
    let tls = super::tls::Tls::of(settings)?;
    let mut config = match tls.authorities {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let Some(client) = tls.client {
        let key = client.key.expose_secret();
        config = config.identity(Identity::from_pem(client.certificate, key));
    }
    endpoint.tls_config(config).map_err(|error| {
        Error::config(format!("otlp: TLS cannot be used: {}", error_chain(&error)))
    })
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
fn secure(endpoint: Endpoint, _: &OtlpSettings) -> Result<Endpoint, Error> {
    Ok(endpoint)
}

impl Transport for Grpc {
    fn send(&mut self, request: Bytes) -> Outcome {
        // Dropped if the call panics.
        let background = mem::take(&mut self.runtime);
        let Some(runtime) = &background.0 else {
            return Outcome::Unanswered("there is no runtime".to_owned());
        };
        let time = Arc::clone(&self.time);
        let outcome = runtime.block_on(async {
            let mut call = pin!(self.call(request));
            loop {
                let step = time.left().min(STEP);
                match time::timeout(step, call.as_mut()).await {
                    Ok(outcome) => return outcome,
                    Err(_) if step.is_zero() => return Outcome::TimedOut,
                    Err(_) => {}
                }
            }
        });
        if matches!(outcome, Outcome::TimedOut) {
            // The connection is replaced, so that a late response cannot arrive on it.
            let _entered = runtime.enter();
            self.client =
                client(&self.endpoint, self.tcp.clone(), self.tunnel.clone(), self.compression);
        }
        self.runtime = background;
        outcome
    }
}

impl Drop for Background {
    /// Ends the runtime without waiting. Dropping a runtime waits for the look-up of a name, which cannot be cancelled,
    /// and panics on a thread of a runtime of the host.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Maps a status to an outcome. The specification lists the retryable codes.
pub(super) fn classify(status: &Status) -> Outcome {
    let reason = format!("the receiver answered {:?}: {}", status.code(), status.message());
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    // The response or the request exceeds the limit of its receiver. tonic uses a code for it that normally permits a
    // retry.
    if status.message().contains("message length too large") {
        return Outcome::Rejected(reason);
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
        _ => Outcome::Rejected(reason),
    }
}

/// A codec without conversion, because requests are already encoded, and the caller decodes responses.
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
    use super::*;

    #[test]
    fn a_panic_does_not_wait_for_a_lookup() {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let (end, looked_up) = std::sync::mpsc::channel::<()>();
        runtime.spawn_blocking(move || looked_up.recv());
        let background = Background(Some(runtime));
        let panicking = std::thread::spawn(move || {
            let _background = background;
            panic!("no events");
        });
        assert!(panicking.join().is_err());
        drop(end);
    }

    #[test]
    fn a_tunnel_uses_the_port_of_the_scheme() {
        for (receiver, expected) in [
            ("http://collector.test", "collector.test:80"),
            ("http://[2001:db8::1]", "[2001:db8::1]:80"),
            ("http://collector.test:4317", "collector.test:4317"),
            ("https://collector.test", "collector.test"),
        ] {
            let target = with_port(receiver.parse().unwrap());
            assert_eq!(target.authority().unwrap(), expected);
        }
    }
}
