//! One request by `fetch`.

use std::cell::Cell;
use std::time::Duration;

use floe_telemetry::__http::{
    MAX_RESPONSE, Outcome, accepted, accepted_json, credential, explanation, refused, signal_url,
    without_values,
};
use floe_telemetry::config::{OtlpProtocol, Secret, Signal};
use floe_telemetry::{Error, TelemetryConfig, sanitize_error_message};
use js_sys::futures::JsFuture;
use js_sys::{Function, Math, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Response, Url};
use web_time::Instant;

/// The receiver where the configuration names none.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The longest pause after the first failure. It doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause, unless the receiver requires a longer one.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Where the requests of a signal go.
pub(crate) struct Receiver {
    pub(crate) signal: Signal,
    pub(crate) is_json: bool,
    url: String,
    headers: Headers,
    /// The values of the configured headers, which a receiver may quote.
    secrets: Vec<Secret>,
    timeout_millis: u32,
    /// The longest pause after the next failure, before jitter.
    pause: Cell<Duration>,
    /// The end of the pause after the last failure.
    paused_until: Cell<Option<Instant>>,
}

impl Receiver {
    /// The receiver that the configuration names for a signal.
    ///
    /// # Errors
    ///
    /// The endpoint is no URL, or a header has invalid characters.
    pub(crate) fn new(config: &TelemetryConfig, signal: Signal) -> Result<Self, Error> {
        let own = config.otlp.signal(signal);
        let protocol = own.protocol.or(config.otlp_protocol);
        let is_json = protocol == Some(OtlpProtocol::HttpJson);
        let all_signals = config.otlp_endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT);
        let url = match &own.endpoint {
            Some(endpoint) => url(endpoint)?,
            None => url(&signal_url(all_signals, signal))?,
        };
        let refused = |error: JsValue| Error::config(format!("otlp: a header: {}", text(&error)));
        let headers = Headers::new().map_err(refused)?;
        let content = if is_json { "application/json" } else { "application/x-protobuf" };
        headers.set("content-type", content).map_err(refused)?;
        let mut secrets = Vec::new();
        for (name, value) in config.otlp.headers(signal) {
            let value =
                credential(value).map_err(|error| error.within(&format!("the header `{name}`")))?;
            headers
                .set(name, value.expose())
                .map_err(|_| Error::config(format!("otlp: the header `{name}` is invalid")))?;
            secrets.push(value);
        }
        Ok(Self {
            signal,
            is_json,
            url: url.href(),
            headers,
            secrets,
            timeout_millis: u32::try_from(config.otlp.timeout(signal).as_millis())
                .unwrap_or(u32::MAX),
            pause: Cell::new(FIRST_PAUSE),
            paused_until: Cell::new(None),
        })
    }

    /// Starts to send a request. With `keepalive`, it outlives the page.
    ///
    /// # Errors
    ///
    /// The pause after a failure is not over, or the browser has refused the request.
    pub(crate) fn start(&self, body: &[u8], keepalive: bool) -> Result<JsFuture, Outcome> {
        if self.is_paused() {
            let reason = "the pause after a request that failed is not over".to_owned();
            return Err(Outcome::Unanswered(reason));
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&self.headers);
        init.set_body(&Uint8Array::from(body));
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(self.timeout_millis)));
        let started = Reflect::set(&init, &"keepalive".into(), &keepalive.into())
            .and_then(|_| Reflect::get(&js_sys::global(), &"fetch".into()))
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|fetch| fetch.call2(&js_sys::global(), &self.url.as_str().into(), &init))
            .and_then(JsCast::dyn_into::<Promise>);
        started.map(JsFuture::from).map_err(|error| unanswered(&error))
    }

    /// Waits for the answer.
    pub(crate) async fn answer(&self, sent: JsFuture) -> Outcome {
        let outcome = self.read(sent).await;
        let outcome = outcome.unwrap_or_else(|error| unanswered(&error));
        match &outcome {
            Outcome::Retry { after, .. } => self.back_off(after.unwrap_or_default()),
            Outcome::Unanswered(_) => self.back_off(Duration::ZERO),
            Outcome::Accepted { .. } | Outcome::Rejected(_) | Outcome::Invalid(_) => {
                self.pause.set(FIRST_PAUSE);
            }
        }
        outcome
    }

    fn is_paused(&self) -> bool {
        self.paused_until.get().is_some_and(|end| Instant::now() < end)
    }

    /// Begins a pause, and doubles the next one. The failures of one flush count as one.
    fn back_off(&self, required: Duration) {
        // As with the other exporters, nonsense does not stop this one.
        let longest = Duration::from_millis(self.timeout_millis.into()) / 2;
        let mut pause = required.min(longest);
        if !self.is_paused() {
            let own = self.pause.get();
            self.pause.set((own * 2).min(MAX_PAUSE));
            pause = pause.max(own.mul_f64(0.5 + Math::random() / 2.0));
        }
        let end = Some(Instant::now() + pause);
        self.paused_until.set(end.max(self.paused_until.get()));
    }

    async fn read(&self, sent: JsFuture) -> Result<Outcome, JsValue> {
        let response: Response = sent.await?.dyn_into()?;
        let header = |name| response.headers().get(name).ok().flatten();
        let length = header("content-length").and_then(|length| length.parse().ok());
        let is_too_long = length.is_some_and(|length: u64| length > MAX_RESPONSE as u64);
        let body = if is_too_long { Ok(Vec::new()) } else { body(&response).await };
        if response.ok() {
            if is_too_long {
                let reason = format!("the response is longer than {MAX_RESPONSE} bytes");
                return Ok(Outcome::Rejected(reason));
            }
            let reads = if self.is_json { accepted_json } else { accepted };
            return body.map(|body| reads(&body));
        }
        // The status alone decides what becomes of the request.
        let body = body.unwrap_or_default();
        let mut reason = match response.status() {
            0 => "the receiver answered with a redirect, and redirects are not followed".to_owned(),
            status => format!("the receiver answered with status {status}"),
        };
        let content_type = header("content-type").unwrap_or_default();
        if let Some(explanation) = explanation(content_type.as_bytes(), &body) {
            reason = format!("{reason}: {explanation}");
        }
        let after = header("retry-after");
        Ok(refused(response.status(), reason, after.as_deref()))
    }

    /// A text of the receiver, without credentials.
    pub(crate) fn sanitized(&self, text: String) -> String {
        let values = self.secrets.iter().map(Secret::expose);
        sanitize_error_message(&without_values(text, values)).into_owned()
    }
}

async fn body(response: &Response) -> Result<Vec<u8>, JsValue> {
    let body = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&body).to_vec())
}

fn unanswered(error: &JsValue) -> Outcome {
    Outcome::Unanswered(format!("the receiver did not answer: {}", text(error)))
}

/// The text of an exception, without credentials.
pub(crate) fn text(error: &JsValue) -> String {
    let text = match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    };
    sanitize_error_message(&text).into_owned()
}

fn url(endpoint: &str) -> Result<Url, Error> {
    Url::new(endpoint).map_err(|_| {
        Error::config(
            "otlp: the endpoint is no URL, expected one such as `https://collector.example.com`",
        )
    })
}
