//! OTLP over gRPC ([specification](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc)).

mod http_status;
mod message_body;
mod write_buffer;

use std::error::Error as _;
use std::future::Future;
use std::mem;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use tonic::codec::CompressionEncoding;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{AsciiMetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt as _};

use self::http_status::HttpStatusService;
use self::message_body::{Message, MessageService};
use self::write_buffer::BufferingConnector;
use super::failure::{CREDENTIAL_ADVICE, advice, causes, error_chain, is_invalid_response};
use super::proxy::ProxyConnector;
use super::response::{self, MAX_RESPONSE, Outcome};
use super::settings::{OtlpSettings, USER_AGENT};
use super::transport::Transport;
use floe_telemetry_sdk::__parts::config::{Compression, OtlpProtocol, Signal, without_credentials};
use floe_telemetry_sdk::Error;

/// The gRPC method of a signal.
const fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        _ => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

/// A connection on which a request waits is checked with a ping after this part of the timeout, and is
/// given up after another one. So there is time for a retry over a new connection, and servers that limit
/// pings (gRPC's own allow two within five minutes beyond the first) see few of them.
const KEEPALIVE_PARTS: u32 = 4;

/// The shortest time that a receiver has to answer a ping, and the longest one.
const PING_TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(20);

/// The longest timeout that is sent to the receiver.
const MAX_SENT_TIMEOUT: Duration = Duration::from_secs(3600);

#[cfg(feature = "zstd")]
const ZSTD: CompressionEncoding = CompressionEncoding::Zstd;
/// The caller has rejected zstd.
#[cfg(not(feature = "zstd"))]
const ZSTD: CompressionEncoding = CompressionEncoding::Gzip;

type Client = tonic::client::Grpc<MessageService<HttpStatusService<Channel>>>;

#[derive(Debug)]
pub(super) struct Grpc {
    client: Client,
    endpoint: Endpoint,
    connector: ProxyConnector,
    compression: Compression,
    has_answered: bool,
    headers: MetadataMap,
    export: PathAndQuery,
}

impl Grpc {
    /// Creates a client that connects with the first request. Call this within the runtime.
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, Error> {
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
        let endpoint = secure(endpoint, settings)?;
        let connector = ProxyConnector::of(endpoint.uri(), settings.timeout);
        let mut metadata = MetadataMap::new();
        for (name, value) in &settings.headers {
            let key = AsciiMetadataKey::from_bytes(name.as_bytes());
            let value = MetadataValue::try_from(value);
            let (Ok(key), Ok(mut value)) = (key, value) else {
                return Err(Error::config(
                    "a header of the OTLP exporter cannot be sent over gRPC",
                ));
            };
            value.set_sensitive(true);
            metadata.insert(key, value);
        }
        Ok(Self {
            client: client(&endpoint, &connector, settings.compression),
            endpoint,
            connector,
            compression: settings.compression,
            has_answered: false,
            headers: metadata,
            export: PathAndQuery::from_static(method(settings.signal)),
        })
    }

    async fn call(&mut self, mut request: Bytes, timeout: Duration) -> Outcome {
        if let Err(error) = self.client.ready().await {
            return self.disconnected(&error);
        }
        let mut extensions = Extensions::default();
        if self.compression == Compression::None {
            extensions.insert(Message(mem::take(&mut request)));
        }
        let mut request = Request::from_parts(self.headers.clone(), extensions, request);
        request.set_timeout(timeout.min(MAX_SENT_TIMEOUT));
        let response = self.client.unary(request, self.export.clone(), BytesCodec);
        let status = match response.await {
            Ok(response) => {
                self.has_answered = true;
                return response::accepted(response.get_ref());
            }
            Err(status) => status,
        };
        if let Some(error) = status.source() {
            // The status comes from this side: there was no response.
            return self.disconnected(error);
        }
        self.has_answered = true;
        classify(&status)
    }

    /// The outcome if there is no connection, or it ended without a response.
    fn disconnected(&self, error: &(dyn std::error::Error + 'static)) -> Outcome {
        if causes(error).any(<dyn std::error::Error>::is::<TimeoutExpired>) {
            return Outcome::Unanswered("no response".to_owned());
        }
        let reason = format!("the connection failed: {}", error_chain(error))
            + &advice(error, self.endpoint.uri(), OtlpProtocol::Grpc, self.has_answered);
        if is_invalid_response(error) {
            Outcome::Rejected(reason)
        } else {
            Outcome::Unanswered(reason)
        }
    }
}

/// Creates a client that connects with the first request.
fn client(endpoint: &Endpoint, connector: &ProxyConnector, compression: Compression) -> Client {
    let connector = BufferingConnector(connector.clone());
    let channel = endpoint.connect_with_connector_lazy(connector);
    let client = tonic::client::Grpc::new(MessageService(HttpStatusService(channel)));
    compressed(client.max_decoding_message_size(MAX_RESPONSE), compression)
}

/// Enables compression, whose feature was checked by the caller. Responses may be compressed in any case, as many
/// receivers use the compression of the request; the limit of a response applies to what they contain.
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
    fn send(
        &mut self,
        request: Bytes,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        Box::pin(self.call(request, timeout))
    }

    fn reconnect(&mut self) {
        self.client = client(&self.endpoint, &self.connector, self.compression);
    }
}

/// Maps a status to an outcome. The retryable codes are those of the specification.
pub(super) fn classify(status: &Status) -> Outcome {
    let details = status.get_error_details();
    let texts = [status.message().to_owned()].into_iter().chain(texts(&details));
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    let reason = format!("the receiver answered {:?}: {}", status.code(), texts.join("; "));
    let after = details.retry_info().and_then(|info| info.retry_delay);
    // The response, or the request, is larger than its receiver accepts. tonic uses a code that can be
    // retried.
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

/// What the details of a status say to a reader.
fn texts(details: &ErrorDetails) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(message) = details.localized_message() {
        texts.push(message.message.clone());
    }
    if let Some(error) = details.error_info() {
        texts.push(format!("{} ({})", error.reason, error.domain));
    }
    for violation in details.bad_request().map_or(&[][..], |it| &it.field_violations) {
        texts.push(format!("{}: {}", violation.field, violation.description));
    }
    for violation in details.precondition_failure().map_or(&[][..], |it| &it.violations) {
        texts.push(format!("{}: {}", violation.subject, violation.description));
    }
    for violation in details.quota_failure().map_or(&[][..], |it| &it.violations) {
        texts.push(format!("{}: {}", violation.subject, violation.description));
    }
    for link in details.help().map_or(&[][..], |it| &it.links) {
        texts.push(format!("{}: {}", link.description, link.url));
    }
    texts
}

/// A codec without conversion: requests are encoded already, and responses are decoded by the caller.
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
    fn the_details_of_a_status_are_part_of_its_reason() {
        let mut details = ErrorDetails::with_error_info("KEY_EXPIRED", "acme.example", []);
        details.add_bad_request_violation("resource", "has no service.name");
        details.set_localized_message("en", "The key has expired.");
        details.add_help_link("new keys", "https://acme.example/keys");
        let status = Status::with_error_details(Code::Unauthenticated, "no access", details);
        let Outcome::Rejected(reason) = classify(&status) else {
            panic!("not rejected");
        };
        assert_eq!(
            reason,
            "the receiver answered Unauthenticated: no access; The key has expired.; \
             KEY_EXPIRED (acme.example); resource: has no service.name; new keys: https://acme.example/keys\
             ; a credential is a header in `OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)"
        );
    }
}
