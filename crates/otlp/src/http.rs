//! OTLP over HTTP, with bodies in protobuf or JSON
//! ([specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp)).

mod explanation;
mod json;
mod retry_after;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    PROXY_AUTHORIZATION, RETRY_AFTER, USER_AGENT,
};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time;

use self::explanation::explanation;
pub(super) use self::retry_after::retry_after;
use super::compress::compress;
use super::failure::{CREDENTIAL_ADVICE, advice, error_chain, is_invalid_response};
use super::proxy::ProxyConnector;
use super::response::{self, MAX_RESPONSE, Outcome};
use super::settings::{self, OtlpSettings, signal_path};
use super::transport::Transport;
use floe_telemetry_core::__sdk::clock::wall_now;
use floe_telemetry_sdk::__parts::config::{Compression, OtlpProtocol, Signal, without_credentials};
use floe_telemetry_sdk::Error;

/// The most bytes of a response that explain a status, and the longest time until they have arrived.
const MAX_EXPLANATION: usize = 16 * 1024;
const EXPLANATION_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Http {
    client: Box<dyn PostClient>,
    uri: Uri,
    headers: HeaderMap,
    compression: Compression,
    has_answered: bool,
    signal: Signal,
    is_json: bool,
    /// Reads the body of a successful response.
    reads: fn(&[u8]) -> Outcome,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Creates a client that connects with the first request.
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, Error> {
        let url = settings.url();
        let uri: Uri = url.parse().map_err(|error| {
            let shown = without_credentials(&url);
            Error::config(format!("otlp_endpoint: `{shown}` is not a URL: {error}"))
        })?;
        let mut headers = headers(settings);
        let connector = ProxyConnector::of(&uri, settings.timeout);
        let client = if uri.scheme_str() == Some("https") {
            secure(connector, settings)?
        } else {
            let (connector, credential) = connector.forwarding();
            headers.extend(credential.map(|credential| (PROXY_AUTHORIZATION, credential)));
            pooled(connector)
        };
        Ok(Self {
            client,
            uri,
            headers,
            compression: settings.compression,
            signal: settings.signal,
            has_answered: false,
            is_json: is_json(settings),
            reads: match settings.protocol {
                OtlpProtocol::HttpJson => json::accepted,
                _ => response::accepted,
            },
        })
    }

    /// What to change if the receiver does not know the path: the endpoint of one signal is used as it is.
    fn path_advice(&self) -> String {
        let expected = signal_path(self.signal);
        if self.uri.path().ends_with(&expected) {
            return String::new();
        }
        format!("; the URL of one signal is used as it is, and usually ends with `{expected}`")
    }

    async fn post(&mut self, body: Bytes) -> Outcome {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().clone_from(&self.headers);
        match self.client.post(request).await {
            Ok(response) => {
                self.has_answered = true;
                let is_missing = response.status() == StatusCode::NOT_FOUND;
                match classify(response, self.reads).await {
                    Outcome::Rejected(reason) if is_missing => {
                        Outcome::Rejected(reason + &self.path_advice())
                    }
                    outcome => outcome,
                }
            }
            Err(error) => {
                let reason = format!("the connection failed: {}", error_chain(&error));
                let advice = advice(&error, &self.uri, OtlpProtocol::Http, self.has_answered);
                disconnected(&error, reason + &advice)
            }
        }
    }
}

impl Transport for Http {
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        let request =
            if self.is_json { json::encode(self.signal, &request)?.into() } else { request };
        compress(self.compression, request)
    }

    fn send(&mut self, request: Bytes, _: Duration) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        Box::pin(self.post(request))
    }
}

type Responding<'a> = Pin<Box<dyn Future<Output = Result<Response<Incoming>, ClientError>> + 'a>>;

/// A client, independent of the type of its connector.
trait PostClient: Send {
    fn post(&self, request: Request<Full<Bytes>>) -> Responding<'_>;
}

impl<C: Connect + Clone + Send + Sync + 'static> PostClient for Client<C, Full<Bytes>> {
    fn post(&self, request: Request<Full<Bytes>>) -> Responding<'_> {
        Box::pin(self.request(request))
    }
}

/// Creates a client with a connection pool. It follows no redirects, because a credential must not be
/// sent to another host.
fn pooled<C: Connect + Clone + Send + Sync + 'static>(connector: C) -> Box<dyn PostClient> {
    let client: Client<C, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    Box::new(client)
}

#[cfg(feature = "tls")]
fn secure(
    connector: ProxyConnector,
    settings: &OtlpSettings,
) -> Result<Box<dyn PostClient>, Error> {
    let config = super::tls::Tls::of(settings)?.config()?;
    let connector = hyper_rustls::HttpsConnector::from((connector, config));
    Ok(pooled(connector))
}

/// Without the feature, the caller has rejected `https` endpoints.
#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
fn secure(connector: ProxyConnector, _: &OtlpSettings) -> Result<Box<dyn PostClient>, Error> {
    Ok(pooled(connector))
}

fn is_json(settings: &OtlpSettings) -> bool {
    settings.protocol == OtlpProtocol::HttpJson
}

fn headers(settings: &OtlpSettings) -> HeaderMap {
    let content_type =
        if is_json(settings) { "application/json" } else { "application/x-protobuf" };
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
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

/// Returns the outcome of a request. `reads` is for the body of a successful response.
pub(super) async fn classify<B>(response: Response<B>, reads: fn(&[u8]) -> Outcome) -> Outcome
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Unpin,
{
    let status = response.status();
    if status.is_success() {
        // A web server that returns a page for every path has not accepted the spans.
        if is_web_page(&response) {
            return Outcome::Rejected(format!(
                "the receiver answered {status} with a web page: it is not an OTLP receiver"
            ));
        }
        // The request does not accept any, so what it would decompress to is not read.
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Outcome::Rejected(format!(
                "the receiver answered {status} with a compressed body, which was not requested"
            ));
        }
        return read(response, reads).await.unwrap_or_else(|outcome| outcome);
    }
    let after = response.headers().get(RETRY_AFTER).cloned();
    let mut reason = format!("the receiver answered {status}");
    if status.is_redirection()
        && let Some(target) = response.headers().get(LOCATION)
    {
        let target = without_credentials(&String::from_utf8_lossy(target.as_bytes()));
        reason = format!("{reason} to `{target}`, and redirects are not followed");
    }
    if let Some(explanation) = explained(response).await {
        reason = format!("{reason}: {explanation}");
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        reason += CREDENTIAL_ADVICE;
    }
    let after = after.as_ref().and_then(|after| after.to_str().ok());
    match status.as_u16() {
        // https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
        429 | 502 | 503 | 504 => {
            Outcome::Retry { reason, after: after.and_then(|after| retry_after(after, wall_now())) }
        }
        _ => Outcome::Rejected(reason),
    }
}

/// What the receiver says about a status. A body that does not end is not waited for.
async fn explained<B>(response: Response<B>) -> Option<String>
where
    B: Body<Data = Bytes> + Unpin,
{
    let is_encoded = response.headers().contains_key(CONTENT_ENCODING);
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let reading = async {
        while body.len() < MAX_EXPLANATION
            && let Some(Ok(frame)) = incoming.frame().await
        {
            body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
    };
    if !is_encoded {
        let _ = time::timeout(EXPLANATION_TIMEOUT, reading).await;
    }
    // It is shortened where it is shown, once it has no credentials any more.
    body.truncate(MAX_EXPLANATION);
    let content_type = parts.headers.get(CONTENT_TYPE);
    explanation(content_type.map_or(&[], |kind| kind.as_bytes()), &body)
}

fn is_web_page<B>(response: &Response<B>) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    let html = b"text/html";
    content_type.is_some_and(|kind| {
        let kind = kind.as_bytes().get(..html.len());
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(html))
    })
}

/// The outcome if there was no connection, or it was closed without a complete response.
fn disconnected(error: &(dyn std::error::Error + 'static), reason: String) -> Outcome {
    if is_invalid_response(error) { Outcome::Rejected(reason) } else { Outcome::Unanswered(reason) }
}

/// Reads the body of a successful response.
async fn read<B>(response: Response<B>, reads: fn(&[u8]) -> Outcome) -> Result<Outcome, Outcome>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Unpin,
{
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| {
            let reason = format!("the response is incomplete: {}", error_chain(&error));
            disconnected(&error, reason)
        })?;
        let chunk = frame.data_ref().map_or(&[][..], |data| data);
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Err(Outcome::Rejected(format!(
                "the response is longer than {MAX_RESPONSE} bytes"
            )));
        }
        body.extend_from_slice(chunk);
    }
    Ok(reads(&body))
}
