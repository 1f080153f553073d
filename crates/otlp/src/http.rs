//! OTLP over HTTP
//! ([specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp)).

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};

use super::cause::{Cause, Problem};
use super::compress::compress;
use super::dial::Dialer;
use super::exchange::{self, Answer, Connection, Failure};
use super::peer::Peer;
use super::proxy::{Proxy, default_port};
use super::response::{self, MAX_RESPONSE, Outcome, description, number_and_text};
use super::retry::Transport;
use super::settings::{self, OtlpSettings};
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now, wall_now};
use floe_telemetry_sdk::__parts::config::without_credentials;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::Compression;

/// The maximum size of an error response's body that is read for its message, in bytes.
const MAX_EXPLANATION: u64 = 16 * 1024;

/// The maximum age of an idle connection: more than the default export interval of metrics, so that exports reuse it.
const MAX_IDLE_AGE: Duration = Duration::from_secs(90);

/// A receiver is slow if an answer took longer than the timeout divided by this number.
const SLOW_PARTS: u32 = 4;

struct Http {
    dialer: Dialer,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Client>,
    /// The idle connection of the last request, if the receiver accepted or throttled it, and the time of its end. After
    /// another refusal, the host is looked up anew, because its receivers may have moved.
    kept: Option<(Connection, Instant)>,
    /// Whether the receiver usually answers late, so that a kept connection without an answer may still work.
    is_slow: bool,
    /// The request without the length of its body.
    head: String,
    peer: Peer,
}

/// Creates a client that connects with the first request.
pub(super) fn connect(
    proxy: Option<Proxy>,
    settings: &OtlpSettings,
) -> Result<Box<dyn Transport>, Error> {
    let dialer = Dialer::new(&settings.endpoint, proxy.as_ref(), settings.timeout)?;
    let peer = Peer::new(settings, proxy);
    Ok(Box::new(Http {
        dialer,
        #[cfg(feature = "tls")]
        tls: super::tls::Client::of(settings, None)?,
        kept: None,
        is_slow: false,
        head: head(peer.forwarder(), settings),
        peer,
    }))
}

/// Returns the request without the length of its body. A proxy that forwards the request needs the whole URL.
fn head(forwarder: Option<&Proxy>, settings: &OtlpSettings) -> String {
    let endpoint = &settings.endpoint;
    let host = endpoint.host().unwrap_or_default();
    let own_port = endpoint.port_u16().filter(|own| *own != default_port(endpoint));
    let authority = own_port.map_or_else(|| host.to_owned(), |own| format!("{host}:{own}"));
    let path = endpoint.path_and_query().map_or("/", |path| path.as_str());
    let slash = if path.starts_with('/') { "" } else { "/" };
    let origin = forwarder.map_or_else(String::new, |_| format!("http://{authority}"));
    let of_proxy = forwarder.and_then(|proxy| proxy.credential.as_ref());
    let encoding = (settings.compression == Compression::Gzip).then_some("gzip");
    let own = [
        ("host", Some(&*authority)),
        ("content-type", Some("application/x-protobuf")),
        ("content-encoding", encoding),
        ("user-agent", Some(settings::USER_AGENT)),
        ("proxy-authorization", of_proxy.map(|credential| &*credential.header)),
    ];
    let is_configured = |name| settings.headers.iter().any(|(other, _)| other == name);
    let own = own
        .into_iter()
        .filter(|(name, _)| !is_configured(*name))
        .filter_map(|(name, value)| Some((name, value?)));
    let configured = settings.headers.iter().map(|(name, value)| (&**name, &**value));
    let mut head = format!("POST {origin}{slash}{path} HTTP/1.1\r\n");
    for (name, value) in own.chain(configured) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head
}

impl Http {
    /// Returns the idle connection, if it is still open.
    fn kept(&mut self) -> Option<Connection> {
        let (mut connection, since) = self.kept.take()?;
        let is_young = monotonic_now().saturating_duration_since(since) < MAX_IDLE_AGE;
        (is_young && connection.socket().is_idle()).then_some(connection)
    }

    fn connect(&self, deadline: Instant) -> Result<Connection, Problem> {
        let socket = self.dialer.dial(deadline)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(socket)?));
        }
        Ok(Box::new(socket))
    }

    /// Sends a request on the kept connection, or a new one. The receiver may have closed the kept connection meanwhile, or
    /// a machine in between may have dropped it; without an answer, the request is then sent on a new one.
    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Answer, Failure> {
        if let Some(mut kept) = self.kept() {
            if !self.is_slow {
                kept.socket().silence = deadline.saturating_duration_since(monotonic_now()) / 2;
            }
            match self.exchange_on(kept, request, deadline) {
                Err(Failure::Unanswered(_)) if monotonic_now() < deadline => {}
                Ok(answer) if ends_an_idle_connection(&answer) => {}
                result => return result,
            }
        }
        let connection = self.connect(deadline).map_err(Failure::Unconnected)?;
        let result = self.exchange_on(connection, request, deadline);
        self.is_slow |= result.is_err() && monotonic_now() >= deadline;
        result
    }

    fn exchange_on(
        &mut self,
        mut connection: Connection,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let head = format!("{}content-length: {}\r\n\r\n", self.head, request.len());
        connection.socket().deadline = deadline;
        let start = monotonic_now();
        let result = exchange::send(connection, head.as_bytes(), request);
        if result.is_ok() {
            let time = monotonic_now().saturating_duration_since(start);
            self.is_slow = time > self.peer.settings.timeout / SLOW_PARTS;
        }
        result
    }

    /// Returns the rule for the path of the endpoint, which the receiver does not know.
    fn path_rule(&self) -> String {
        let settings = &self.peer.settings;
        let expected = format!("/v1/{}", settings.signal.as_str());
        match settings.endpoint.path().ends_with(&expected) {
            true if settings.config.otlp.signal(settings.signal).endpoint.is_some() => {
                String::new()
            }
            true => format!(", to which `{expected}` is appended"),
            false => format!(", which is used unchanged: its path is usually `{expected}`"),
        }
    }

    fn outcome(&mut self, mut answer: Answer, deadline: Instant) -> Outcome {
        // If the body stalls, half of the time is left for a retry.
        let now = monotonic_now();
        answer.limit(now + deadline.saturating_duration_since(now) / 2);
        let status = answer.head.status;
        let headers = std::mem::take(&mut answer.head.headers);
        let outcome = classify(status, &headers, &mut answer, &self.answerer(status));
        // A receiver that throttles is alive, and another connection would only burden it.
        let is_kept =
            matches!(outcome, Outcome::Accepted(_)) || status == StatusCode::TOO_MANY_REQUESTS;
        let connection = answer.into_connection().filter(|_| is_kept);
        self.kept = connection.map(|connection| (connection, monotonic_now()));
        outcome.advised(&self.advice(status))
    }

    /// Returns the name of the side that has answered with this status, for messages.
    fn answerer(&self, status: StatusCode) -> String {
        let Some(proxy) = self.peer.forwarder() else { return THE_RECEIVER.to_owned() };
        let is_certain = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        let or_receiver = if is_certain { "" } else { ", or the receiver behind it," };
        format!("the proxy `{}`{or_receiver}", proxy.address())
    }

    /// Returns the remedies for an answer with this status.
    fn advice(&self, status: StatusCode) -> String {
        let is_forwarded = self.peer.forwarder().is_some();
        let row = |cause| self.peer.row(cause);
        let of_receiver = match status.as_u16() {
            200..=399 => row(Cause::Address),
            401 | 403 => row(Cause::Credential),
            404 => row(Cause::Address) + &self.path_rule(),
            413 => row(Cause::TooLarge),
            _ => String::new(),
        };
        let of_proxy = match status.as_u16() {
            403 | 407 if is_forwarded => row(Cause::RefusedByProxy),
            502..=504 if is_forwarded => row(Cause::Proxy),
            _ => String::new(),
        };
        of_receiver + &of_proxy
    }
}

impl Transport for Http {
    fn encode(&self, request: Bytes) -> Bytes {
        compress(self.peer.settings.compression, request)
    }

    fn send(&mut self, request: Bytes, time: Duration) -> Outcome {
        let deadline = monotonic_now() + time;
        match self.exchange(&request, deadline) {
            Ok(answer) => {
                self.peer.has_answered = true;
                self.outcome(answer, deadline)
            }
            Err(Failure::Unconnected(problem)) => self.peer.unanswered(&problem),
            Err(Failure::Unanswered(_) | Failure::Interrupted(_))
                if monotonic_now() >= deadline =>
            {
                self.peer.silent()
            }
            Err(Failure::Unanswered(error) | Failure::Interrupted(error)) => {
                self.peer.unanswered(&error.into())
            }
            Err(Failure::Invalid { problem, is_http }) => self.peer.invalid(&problem, !is_http),
        }
    }
}

/// Whether the answer is no answer to a request: the receiver has closed a connection that was idle
/// ([status](https://www.rfc-editor.org/rfc/rfc9110#status.408)).
fn ends_an_idle_connection(answer: &Answer) -> bool {
    let mut options = answer.head.headers.get_all(CONNECTION).iter();
    answer.head.status == StatusCode::REQUEST_TIMEOUT
        && options.any(|list| {
            let mut options = list.as_bytes().split(|byte| *byte == b',');
            options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
        })
}

/// The side that has answered if there is no proxy.
pub(super) const THE_RECEIVER: &str = "the receiver";

/// Returns the outcome of an answer. `by` names the side that answered: the receiver or a proxy.
pub(super) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    body: &mut dyn Read,
    by: &str,
) -> Outcome {
    if status.is_success() {
        // A web server that answers every path with a page has not accepted the request.
        if is_web_page(headers) {
            return Outcome::Rejected(format!("{by} answered {status} with a web page"));
        }
        // The request accepts no compression, so a compressed response is not read.
        if let Some(encoding) = headers.get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Outcome::Rejected(format!(
                "{by} answered {status} with a compressed body, which was not requested"
            ));
        }
        return read(body);
    }
    let mut reason = format!("{by} answered {status}");
    if status.is_redirection()
        && let Some(target) = headers.get(LOCATION)
    {
        let target = without_credentials(&String::from_utf8_lossy(target.as_bytes()));
        reason = format!("{reason} with a redirect to `{target}`, and redirects are not followed");
    }
    if let Some(explanation) = explained(headers, body) {
        reason = format!("{reason}: {explanation}");
    }
    let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    match response::refused(status, reason) {
        Outcome::Retry { reason, .. } => {
            Outcome::Retry { reason, after: after.and_then(|after| retry_after(after, wall_now())) }
        }
        refused => refused,
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
        number_and_text(body)?.1
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
        Err(error) => incomplete(&error),
    }
}

fn incomplete(error: &io::Error) -> Outcome {
    let reason = format!("the response is incomplete: {error}");
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::InvalidData => Outcome::Rejected(reason),
        _ => Outcome::Unanswered(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
