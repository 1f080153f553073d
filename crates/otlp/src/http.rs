//! OTLP over HTTP
//! ([specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp)).

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    USER_AGENT,
};
use http::{Request, StatusCode, Uri};
use ureq::config::{AutoHeaderValue, Config};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Timeout};

use super::compress::compress;
use super::failure::{CREDENTIAL_ADVICE, Peer};
use super::proxy::{Proxy, UNUSABLE};
use super::response::{self, MAX_RESPONSE, Outcome, description, number_and_text};
use super::retry::Transport;
use super::settings::{self, OtlpSettings};
use floe_telemetry_core::__sdk::clock::wall_now;
use floe_telemetry_sdk::__parts::config::without_credentials;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{Compression, OtlpProtocol, Signal};

/// The maximum size of an error response's body that is read for its message, in bytes.
const MAX_EXPLANATION: u64 = 16 * 1024;

/// The maximum age of an idle connection: more than the default export interval of metrics, so that exports reuse it.
const MAX_IDLE_AGE: Duration = Duration::from_secs(90);

struct Http {
    agent: Agent,
    addresses: Addresses,
    peer: Peer,
    headers: HeaderMap,
    compression: Compression,
    signal: Signal,
}

/// Creates a client that connects with the first request.
#[cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, reason = "TLS reads files"))]
pub(super) fn connect(
    endpoint: Uri,
    proxy: Option<Proxy>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let by = proxy.as_ref().map(|proxy| ureq::Proxy::new(&proxy.url)).transpose();
    let Ok(by) = by else { return Ok(Box::new(UNUSABLE)) };
    // If an address does not answer, half of the timeout is left for the request.
    let connect = Some(settings.timeout / 2);
    // Redirects are not followed, because a credential must not be sent to another host.
    let config = Agent::config_builder()
        .proxy(by)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_age(MAX_IDLE_AGE)
        .timeout_resolve(connect)
        .timeout_connect(connect)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .user_agent(AutoHeaderValue::None);
    #[cfg(feature = "tls")]
    let config = match endpoint.scheme_str() {
        Some("https") => config.tls_config(super::tls::Tls::of(settings)?.of_ureq()?),
        _ => config,
    };
    let addresses = Addresses::default();
    let agent = Agent::with_parts(config.build(), DefaultConnector::default(), addresses.clone());
    let protocol = OtlpProtocol::Http;
    Ok(Box::new(Http {
        agent,
        addresses,
        peer: Peer { endpoint, proxy, protocol, has_answered: false },
        headers: headers(settings),
        compression: settings.compression,
        signal: settings.signal,
    }))
}

/// Keeps the addresses of the receiver or proxy until a request fails. ureq would look them up before each request.
#[derive(Clone, Debug, Default)]
struct Addresses(Arc<Mutex<Option<ResolvedSocketAddrs>>>);

impl Addresses {
    fn known(&self) -> MutexGuard<'_, Option<ResolvedSocketAddrs>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if let Some(known) = &*self.known() {
            return Ok(known.clone());
        }
        let found = DefaultResolver::default().resolve(uri, config, timeout);
        let found =
            found.map_err(|error| ureq::Error::Other(format!("dns error: {error}").into()))?;
        *self.known() = Some(found.clone());
        Ok(found)
    }
}

impl Http {
    /// Returns advice for a receiver that does not know the URL's path. The endpoint of one signal is used unchanged.
    fn path_advice(&self) -> String {
        let expected = format!("/v1/{}", self.signal.as_str());
        if self.peer.endpoint.path().ends_with(&expected) {
            return String::new();
        }
        format!("; the URL of one signal is used as it is, and usually ends with `{expected}`")
    }

    fn post(&self, body: &[u8], time: Duration) -> Result<http::Response<Body>, ureq::Error> {
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        request.uri_mut().clone_from(&self.peer.endpoint);
        request.headers_mut().clone_from(&self.headers);
        let request = self.agent.configure_request(request).timeout_global(Some(time));
        // If the body of an error response stalls, half of the time is left for a retry.
        self.agent.run(request.timeout_recv_body(Some(time / 2)).build())
    }

    fn outcome(&self, response: http::Response<Body>) -> Outcome {
        let (head, mut body) = response.into_parts();
        match classify(head.status, &head.headers, &mut body.as_reader()) {
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

    fn send(&mut self, request: Bytes, time: Duration) -> Outcome {
        let error = match self.post(&request, time) {
            Ok(response) => {
                self.peer.has_answered = true;
                return self.outcome(response);
            }
            Err(error) => error,
        };
        self.addresses.known().take();
        match error {
            ureq::Error::Timeout(Timeout::Global) => Outcome::TimedOut,
            error => self.peer.failure(&error, is_invalid(&error)),
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
    if settings.compression == Compression::Gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers
}

/// Whether the error is an answer that does not follow the protocol or exceeds a limit.
const fn is_invalid(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..))
}

pub(super) fn classify(status: StatusCode, headers: &HeaderMap, body: &mut dyn Read) -> Outcome {
    if status.is_success() {
        // A web server that answers every path with a page has not accepted the request.
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
        reason = format!("{reason} with a redirect to `{target}`, and redirects are not followed");
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

/// Returns the delay that a `Retry-After` header requires, as a number of seconds or by a date
/// ([field](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)).
pub(super) fn retry_after(field: &str, now: SystemTime) -> Option<Duration> {
    let field = field.trim();
    if let Ok(seconds) = field.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(field).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

fn explained(headers: &HeaderMap, body: &mut dyn Read) -> Option<String> {
    let mut text = Vec::new();
    if !headers.contains_key(CONTENT_ENCODING) {
        // An incomplete explanation is better than none.
        let _ = body.take(MAX_EXPLANATION).read_to_end(&mut text);
    }
    // The text is redacted and shortened later, together with the message that contains it.
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
    let reason = format!("the response is incomplete: {error}");
    match error {
        ureq::Error::Timeout(Timeout::RecvBody) => Outcome::Rejected(reason),
        ureq::Error::Timeout(_) => Outcome::TimedOut,
        _ if is_invalid(&error) => Outcome::Rejected(reason),
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
