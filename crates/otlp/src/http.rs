//! OTLP over HTTP
//! ([specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp)).

mod connection;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    USER_AGENT,
};
use http::{Request, StatusCode, Uri};
use ureq::config::AutoHeaderValue;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _};
use ureq::{Agent, Body};

use self::connection::{Connections, LateResolver, MAX_HEAD, TcpConnector};
use super::compress::compress;
use super::failure::{CREDENTIAL_ADVICE, Failure, Peer, error_chain, is_error_without_tls};
use super::proxy::Proxy;
use super::response::{self, MAX_RESPONSE, Outcome, description, number_and_text};
use super::settings::{self, OtlpSettings, signal_path};
use super::time_limit::TimeLimit;
use super::transport::{Transport, UnknownProxy};
use floe_telemetry_core::__sdk::clock::{monotonic_now, wall_now};
use floe_telemetry_sdk::__parts::config::without_credentials;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, OtlpProtocol, Signal};

/// The maximum size of a response that explains a status, and the maximum time until it has arrived.
const MAX_EXPLANATION: u64 = 16 * 1024;
const EXPLANATION_TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than the export interval of metrics, so that the connection is not opened again for each export.
const MAX_IDLE_AGE: Duration = Duration::from_secs(90);

struct Http {
    agent: Agent,
    connections: Arc<Connections>,
    time: Arc<TimeLimit>,
    uri: Uri,
    proxy: Option<Proxy>,
    headers: HeaderMap,
    compression: Compression,
    has_answered: bool,
    signal: Signal,
}

/// Creates a client that connects with the first request.
pub(super) fn connect(
    time: &Arc<TimeLimit>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let url = settings.url();
    let uri: Uri = url.parse().map_err(|error| {
        let shown = without_credentials(&url);
        Error::config(format!("otlp_endpoint: `{shown}` is not a URL: {error}"))
    })?;
    let proxy = match Proxy::of(&uri) {
        Ok(proxy) => proxy,
        Err(unknown) => return Ok(Box::new(unknown)),
    };
    let by = proxy.as_ref().map(|proxy| ureq::Proxy::new(&proxy.url));
    let Ok(by) = by.transpose() else { return Ok(Box::new(UnknownProxy)) };
    let connections = Connections::new(Arc::clone(time), settings.timeout / 2);
    Ok(Box::new(Http {
        agent: agent(&connections, by, uri.scheme_str() == Some("https"), settings)?,
        connections,
        time: Arc::clone(time),
        uri,
        proxy,
        headers: headers(settings),
        compression: settings.compression,
        has_answered: false,
        signal: settings.signal,
    }))
}

/// Creates the client of ureq. It follows no redirects, because a credential must not be sent to another host.
#[cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, reason = "TLS reads files"))]
fn agent(
    connections: &Arc<Connections>,
    proxy: Option<ureq::Proxy>,
    is_tls: bool,
    settings: &OtlpSettings,
) -> Result<Agent, Error> {
    let config = Agent::config_builder()
        .proxy(proxy)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(MAX_HEAD)
        .max_idle_age(MAX_IDLE_AGE)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .user_agent(AutoHeaderValue::None);
    let connector = ().chain(ConnectProxyConnector::default());
    let connector = connector.chain(TcpConnector(Arc::clone(connections)));
    #[cfg(feature = "tls")]
    if is_tls {
        let tls = super::tls::Tls::of(settings)?.of_ureq()?;
        let connector = connector.chain(ureq::unversioned::transport::RustlsConnector::default());
        return Ok(Agent::with_parts(config.tls_config(tls).build(), connector, LateResolver));
    }
    // Without the feature, the caller has rejected `https` endpoints, so these variables are not used.
    let _ = (is_tls, settings);
    Ok(Agent::with_parts(config.build(), connector, LateResolver))
}

impl Http {
    /// The advice for a receiver that does not know the path. The endpoint of one signal is used without changes.
    fn path_advice(&self) -> String {
        let expected = signal_path(self.signal);
        if self.uri.path().ends_with(&expected) {
            return String::new();
        }
        format!("; the URL of one signal is used as it is, and usually ends with `{expected}`")
    }

    /// Sends a request, and repeats it once if the receiver has closed an idle connection.
    fn post(&self, body: &[u8]) -> Result<http::Response<Body>, ureq::Error> {
        let opened = self.connections.opened();
        let answer = self.agent.run(self.request(body));
        let is_closed = matches!(answer, Err(ureq::Error::Io(_)));
        if is_closed && opened > 0 && self.connections.opened() == opened {
            return self.agent.run(self.request(body));
        }
        answer
    }

    fn request<'a>(&self, body: &'a [u8]) -> Request<&'a [u8]> {
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        request.uri_mut().clone_from(&self.uri);
        request.headers_mut().clone_from(&self.headers);
        request
    }

    fn outcome(&self, response: http::Response<Body>) -> Outcome {
        let (head, mut body) = response.into_parts();
        // The explanation of a status has only a short time to arrive.
        let soon = monotonic_now() + EXPLANATION_TIMEOUT.min(self.time.left());
        let deadline = (!head.status.is_success()).then(|| self.time.set(soon));
        let outcome = classify(head.status, &head.headers, &mut body.as_reader());
        if let Some(deadline) = deadline {
            self.time.set(deadline);
        }
        match outcome {
            Outcome::Rejected(reason) if head.status == StatusCode::NOT_FOUND => {
                Outcome::Rejected(reason + &self.path_advice())
            }
            outcome => outcome,
        }
    }
}

impl Transport for Http {
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        compress(self.compression, request)
    }

    fn send(&mut self, request: Bytes) -> Outcome {
        match self.post(&request) {
            Ok(response) => {
                self.has_answered = true;
                self.outcome(response)
            }
            Err(_) if self.time.left().is_zero() => Outcome::TimedOut,
            Err(error) => failure(&error).outcome(&Peer {
                endpoint: &self.uri,
                proxy: self.proxy.as_ref(),
                protocol: OtlpProtocol::Http,
                has_answered: self.has_answered,
            }),
        }
    }
}

fn headers(settings: &OtlpSettings) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf")),
        (USER_AGENT, HeaderValue::from_static(settings::USER_AGENT)),
    ]);
    for (name, value) in &settings.headers {
        // The settings contain only valid names and values.
        if let (Ok(name), Ok(mut value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    let encoding = match settings.compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
        _ => return headers,
    };
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    headers
}

/// The reason for a missing or incomplete answer.
fn failure(error: &ureq::Error) -> Failure {
    use ureq::Error::{ConnectProxyFailed, HostNotFound, Io, LargeResponseHeader, Other, Protocol};

    let (text, is_without_tls) = match error {
        Io(error) => (error_chain(error), is_error_without_tls(error)),
        Other(error) => (error.to_string(), None),
        other => (other.to_string(), None),
    };
    Failure {
        text,
        is_unconnected: matches!(error, HostNotFound | ConnectProxyFailed(_) | Other(_)),
        is_invalid: matches!(error, Protocol(_) | LargeResponseHeader(..)),
        is_without_tls,
    }
}

/// Returns the outcome of a request.
pub(super) fn classify(status: StatusCode, headers: &HeaderMap, body: &mut dyn Read) -> Outcome {
    if status.is_success() {
        // A web server that answers every path with a page has not accepted the spans.
        if is_web_page(headers) {
            return Outcome::Rejected(format!(
                "the receiver answered {status} with a web page: it is not an OTLP receiver"
            ));
        }
        // The request accepts no compression, so a compressed response is not read.
        if let Some(encoding) = headers.get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Outcome::Rejected(format!(
                "the receiver answered {status} with a compressed body, which was not requested"
            ));
        }
        return read(body);
    }
    let mut reason = format!("the receiver answered {status}");
    if status.is_redirection()
        && let Some(target) = headers.get(LOCATION)
    {
        let target = without_credentials(&String::from_utf8_lossy(target.as_bytes()));
        reason = format!("{reason} to `{target}`, and redirects are not followed");
    }
    if let Some(explanation) = explained(headers, body) {
        reason = format!("{reason}: {explanation}");
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        reason += CREDENTIAL_ADVICE;
    }
    let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    match status.as_u16() {
        // https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
        429 | 502 | 503 | 504 => {
            Outcome::Retry { reason, after: after.and_then(|after| retry_after(after, wall_now())) }
        }
        _ => Outcome::Rejected(reason),
    }
}

/// The delay of a `Retry-After` header, which is a number of seconds or a date
/// ([field](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)).
pub(super) fn retry_after(field: &str, now: SystemTime) -> Option<Duration> {
    let field = field.trim();
    if let Ok(seconds) = field.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(field).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// The receiver's explanation of a status.
fn explained(headers: &HeaderMap, body: &mut dyn Read) -> Option<String> {
    let mut text = Vec::new();
    if !headers.contains_key(CONTENT_ENCODING) {
        // An incomplete explanation is better than none.
        let _ = body.take(MAX_EXPLANATION).read_to_end(&mut text);
    }
    // The message that contains the text is redacted and then shortened.
    let content_type = headers.get(CONTENT_TYPE);
    explanation(content_type.map_or(&[], |kind| kind.as_bytes()), &text)
}

/// Returns the message in the body of a response with this `Content-Type`: the message of a
/// [`google.rpc.Status`](https://opentelemetry.io/docs/specs/otlp/#failures-1) in protobuf, or a text. `None` if no
/// message is readable.
fn explanation(content_type: &[u8], body: &[u8]) -> Option<String> {
    let message = if content_type.starts_with(b"application/x-protobuf") {
        number_and_text(body).ok()?.1
    } else if description(body) == "a web page" {
        "a web page".to_owned()
    } else {
        String::from_utf8_lossy(body).trim().to_owned()
    };
    (!message.is_empty()).then_some(message)
}

fn is_web_page(headers: &HeaderMap) -> bool {
    let html = b"text/html";
    headers.get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes().get(..html.len());
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(html))
    })
}

/// Reads the body of a successful response.
fn read(body: &mut dyn Read) -> Outcome {
    let mut bytes = Vec::new();
    match body.take(MAX_RESPONSE as u64 + 1).read_to_end(&mut bytes) {
        Ok(read) if read > MAX_RESPONSE => {
            Outcome::Rejected(format!("the response is longer than {MAX_RESPONSE} bytes"))
        }
        Ok(_) => response::accepted(&bytes),
        Err(error) => incomplete(error),
    }
}

fn incomplete(error: io::Error) -> Outcome {
    let error = ureq::Error::from(error);
    let failure = failure(&error);
    let reason = format!("the response is incomplete: {}", failure.text);
    match error {
        ureq::Error::Timeout(_) => Outcome::TimedOut,
        _ if failure.is_invalid => Outcome::Rejected(reason),
        _ => Outcome::Unanswered(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_each_kind_of_body_is_found() {
        for (kind, body, expected) in [
            ("application/x-protobuf", &b"\x08\x10\x12\x0eno such tenant"[..], "no such tenant"),
            ("application/json", br#"{"code":16}"#, r#"{"code":16}"#),
            ("text/plain", b"404 page not found\n", "404 page not found"),
            ("text/html", b"<!doctype html><p>login</p>", "a web page"),
            ("", b"rejected", "rejected"),
        ] {
            let found = explanation(kind.as_bytes(), body);
            assert_eq!(found.as_deref(), Some(expected));
        }
        for (kind, body) in [("text/plain", &b" \n"[..]), ("application/x-protobuf", &[0xff])] {
            assert_eq!(explanation(kind.as_bytes(), body), None);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
        for (field, expected) in [
            ("2", Some(2)),
            (" 0 ", Some(0)),
            ("999999999", Some(999_999_999)),
            ("Fri, 20 Nov 2026 10:00:07 GMT", Some(7)),
            ("Fri, 20 Nov 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            let found = retry_after(field, now).map(|wait| wait.as_secs());
            assert_eq!(found, expected, "{field}");
        }
    }
}
