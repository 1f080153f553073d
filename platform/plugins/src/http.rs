//! HTTP requests of plugins to their services: time limits, retries by the protocol's rules, the trace's
//! context in the headers, and errors without credentials.

pub(crate) mod service;

use std::fmt;
use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use floe_plugin::{Destination, Error, ErrorKind, origin};
use floe_telemetry::propagation;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, SendBody};

use crate::quote::without_credentials;
use crate::time_limit::{TIMEOUT, TimeLimit};

/// The maximum number of attempts of a request.
const ATTEMPTS: u32 = 3;

/// The wait before the second attempt. It doubles with each attempt.
const BACKOFF: Duration = Duration::from_millis(200);

/// The longest `Retry-After` that is accepted. A request that would have to wait longer fails at once.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

const LONGEST_RESPONSE: u64 = 4 << 20;

/// The number of bytes that are read of an error response. More is read than quoted, because credentials must be
/// removed before the text is cut: the start of a cut credential would remain.
const LONGEST_REFUSAL: u64 = 64 << 10;

/// The maximum length, in characters, of the quote of a response in an error.
const LONGEST_QUOTE: usize = 200;

/// A client for one service. Connections are reused. Redirections are not followed, because they could send the
/// credential to another host.
///
/// In a plugin's configuration, a client is written as the time limit of its requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "TimeLimit")]
pub(crate) struct Client(Agent);

pub(crate) struct Request {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    /// Statuses that are accepted besides successful ones.
    accepted: Vec<u16>,
    /// Credentials that are removed from quotes in errors.
    credentials: Vec<String>,
}

pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Returns a client with the same time limit, which trusts only certificates of these authorities.
    ///
    /// # Errors
    /// `pem` contains no certificate.
    pub(crate) fn trusting(&self, pem: &[u8]) -> Result<Self, Error> {
        let certificates: Vec<_> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            let message = "expected one or several certificates in PEM, found none";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let timeout = self.0.config().timeouts().global.unwrap_or(TIMEOUT);
        Ok(Self::with_roots(timeout, certificates.into()))
    }

    fn with_roots(timeout: Duration, roots: RootCerts) -> Self {
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .user_agent(concat!("floe/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(config.into())
    }

    /// Sends a request and reads the response. If the service is unavailable or limits the rate, the request is
    /// repeated, so it may be processed twice.
    ///
    /// # Errors
    /// The service cannot be reached, does not answer in time, or answers with a status that is not accepted.
    pub(crate) fn send(&self, request: &Request) -> Result<Response, Error> {
        let response = self.attempts(request)?;
        let (parts, mut body) = response.into_parts();
        let body = body
            .with_config()
            .limit(LONGEST_RESPONSE)
            .read_to_vec()
            .map_err(|error| request.failed(&error))?;
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }

    fn attempts(&self, request: &Request) -> Result<http::Response<Body>, Error> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(request) {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let is_repeatable =
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited);
            let wait = error.retry_delay().unwrap_or(BACKOFF * 2_u32.pow(attempt - 1));
            if !is_repeatable || attempt == ATTEMPTS || wait > LONGEST_WAIT {
                return Err(error);
            }
            thread::sleep(wait);
            attempt += 1;
        }
    }

    fn attempt(&self, request: &Request) -> Result<http::Response<Body>, Error> {
        let invalid = |what: &dyn fmt::Display| request.error(ErrorKind::Rejected, what);
        let mut builder = http::Request::builder().method(request.method.clone()).uri(&request.url);
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                invalid(&format_args!("the header `{name}` has a control character"))
            })?;
            value.set_sensitive(true);
            builder = builder.header(HeaderName::from_static(name), value);
        }
        if let Some(headers) = builder.headers_mut() {
            propagation::inject_context(headers);
        }
        // A request without a body gets no `Content-Length`, because methods such as GET have no body.
        let body = match &request.body {
            None => SendBody::none(),
            Some(body) => {
                builder = builder.header("content-length", body.len());
                SendBody::from_owned_reader(io::Cursor::new(body.clone()))
            }
        };
        let built = builder.body(body).map_err(|_| invalid(&"the URL is not valid"))?;
        let mut response = self.0.run(built).map_err(|error| request.failed(&error))?;
        let status = response.status();
        if status.is_success() || request.accepted.contains(&status.as_u16()) {
            return Ok(response);
        }
        let mut quoted = Vec::new();
        // If the body cannot be read, it is not quoted.
        let _ = response.body_mut().as_reader().take(LONGEST_REFUSAL).read_to_end(&mut quoted);
        Err(request.refused(status, response.headers(), &quoted))
    }
}

impl Request {
    fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            accepted: Vec::new(),
            credentials: Vec::new(),
        }
    }

    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    pub(crate) fn post(url: impl Into<String>) -> Self {
        Self::new(Method::POST, url)
    }

    /// Adds a header. `name` is in lower case.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}")).credential(token)
    }

    /// Registers a credential that the request contains, so that no error quotes it.
    pub(crate) fn credential(mut self, credential: impl Into<String>) -> Self {
        self.credentials.push(credential.into());
        self
    }

    /// Declares the URL itself a credential: no error quotes the URL, the part after its origin, or a long piece of
    /// this part.
    pub(crate) fn secret_url(mut self) -> Self {
        const LONG: usize = 16;

        let url = self.url.clone();
        let path = &url[origin(&url).len()..];
        let parts = path.split(['/', '?', '&', '=']).filter(|part| part.len() >= LONG);
        self.credentials.extend(parts.map(str::to_owned));
        // A path that is only a slash is not a credential. Otherwise, every slash in a text would be removed.
        if path.len() > 1 {
            self.credentials.push(path.to_owned());
        }
        self.credential(url)
    }

    pub(crate) fn body(mut self, kind: &'static str, body: String) -> Self {
        self.body = Some(body.into_bytes());
        self.header("content-type", kind)
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn also_accept(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    /// Creates an error of this request with only the origin of the URL, because the rest of a webhook's URL is its
    /// credential.
    pub(crate) fn error(&self, kind: ErrorKind, what: &dyn fmt::Display) -> Error {
        let what = self.redact(&what.to_string());
        let origin = Destination::new(&self.url);
        Error::new(kind, format!("{} {origin}: {what}", self.method))
    }

    /// Creates the error for a response that has an accepted status but means a failure.
    pub(crate) fn refusal(&self, response: &Response) -> Error {
        self.refused(response.status, &response.headers, &response.body)
    }

    fn redact(&self, text: &str) -> String {
        without_credentials(text, self.credentials.iter().map(String::as_str))
    }

    fn failed(&self, error: &ureq::Error) -> Error {
        let kind = match error {
            ureq::Error::Timeout(_) => ErrorKind::TimedOut,
            ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => {
                ErrorKind::Unavailable
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => ErrorKind::Rejected,
            _ => ErrorKind::InvalidResponse,
        };
        self.error(kind, &error)
    }

    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        let kind = match status.as_u16() {
            401 | 403 => ErrorKind::Unauthorized,
            404 => ErrorKind::NotFound,
            408 => ErrorKind::TimedOut,
            429 => ErrorKind::RateLimited,
            502..=504 => ErrorKind::Unavailable,
            400..=499 => ErrorKind::Rejected,
            _ => ErrorKind::InvalidResponse,
        };
        let text = self.redact(&String::from_utf8_lossy(body)).replace(char::is_control, " ");
        let mut quote: String = text.trim().chars().take(LONGEST_QUOTE).collect();
        if !quote.is_empty() {
            quote.insert_str(0, ": ");
        }
        let error = self.error(kind, &format_args!("{status}{quote}"));
        match retry_after(headers) {
            Some(delay) => error.retry_after(delay),
            None => error,
        }
    }
}

impl Response {
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = without_value(&error.to_string());
            Error::new(
                ErrorKind::InvalidResponse,
                format!("the response is not JSON in the protocol's form: {what}"),
            )
        })
    }
}

/// Returns the text of a serde error without the value, which may be a secret of a store.
fn without_value(error: &str) -> String {
    let value = error.find(": ").zip(error.rfind(", expected "));
    match value {
        Some((start, end)) if start < end => format!("{}{}", &error[..start], &error[end..]),
        _ => error.to_owned(),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.parse();
    seconds.ok().map(Duration::from_secs)
}

impl Default for Client {
    fn default() -> Self {
        Self::from(TimeLimit::default())
    }
}

impl From<TimeLimit> for Client {
    fn from(limit: TimeLimit) -> Self {
        Self::with_roots(limit.0, RootCerts::PlatformVerifier)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_error_of_json_does_not_repeat_a_value() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only parsed")]
        struct Secret {
            data: BTreeMap<String, u8>,
        }
        let explained = |body: &str| {
            let response = Response {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: body.as_bytes().to_vec(),
            };
            response.json::<Secret>().unwrap_err().to_string()
        };
        let beginning = "the response is not JSON in the protocol's form: ";
        for (body, expected) in [
            ("{}", "missing field `data` at line 1 column 2"),
            (r#"{"data":"c4n4ry"}"#, "invalid type, expected a map at line 1 column 16"),
            (
                r#"{"data":{"a":"c4n4ry: x, expected y"}}"#,
                "invalid type, expected u8 at line 1 column 36",
            ),
            (r#"{"data":{"a":4711}}"#, "invalid value, expected u8 at line 1 column 17"),
            ("<html>", "expected value at line 1 column 1"),
        ] {
            assert_eq!(explained(body), format!("{beginning}{expected}"), "{body}");
        }
    }
}
