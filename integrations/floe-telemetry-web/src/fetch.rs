//! One request by `fetch`.

use floe_telemetry::config::{OtlpProtocol, Signal};
use floe_telemetry::{Error, TelemetryConfig, sanitize_error_message};
use js_sys::futures::JsFuture;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use secrecy::ExposeSecret;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, Headers, RequestInit, Response, Url};

/// The receiver where the configuration names none.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// Where the requests of a signal go.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) signal: Signal,
    pub(crate) is_json: bool,
    url: String,
    headers: Headers,
    timeout_millis: u32,
}

/// Why a request was not delivered.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    /// Whether it may be delivered later, by
    /// [OTLP's specification](https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes).
    pub(crate) can_be_retried: bool,
}

impl Receiver {
    /// The receiver that the configuration names for a signal.
    ///
    /// # Errors
    ///
    /// The endpoint is no URL, or a header has invalid characters.
    pub(crate) fn new(config: &TelemetryConfig, signal: Signal) -> Result<Self, Error> {
        let (all, own) = (&config.otlp.all, config.otlp.signal(signal));
        let protocol = own.protocol.or(config.otlp_protocol);
        let is_json = protocol == Some(OtlpProtocol::HttpJson);
        let all_signals = config.otlp_endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT);
        let url = url(own.endpoint.as_deref().unwrap_or(all_signals))?;
        if own.endpoint.is_none() {
            let path = url.pathname();
            let base = path.trim_end_matches('/');
            // A general endpoint is often configured with the path of traces.
            let base = base.strip_suffix("/v1/traces").unwrap_or(base);
            url.set_pathname(&format!("{base}/v1/{}", signal.as_str()));
        }
        let refused = |error: JsValue| Error::config(format!("otlp: a header: {}", text(&error)));
        let headers = Headers::new().map_err(refused)?;
        let content = if is_json {
            "application/json"
        } else {
            "application/x-protobuf"
        };
        headers.set("content-type", content).map_err(refused)?;
        let configured = if own.headers.is_empty() {
            &all.headers
        } else {
            &own.headers
        };
        for (name, value) in configured {
            headers
                .set(name, value.expose_secret())
                .map_err(|_| Error::config(format!("otlp: the header `{name}` is invalid")))?;
        }
        Ok(Self {
            signal,
            is_json,
            url: url.href(),
            headers,
            timeout_millis: u32::try_from(config.otlp.timeout(signal).as_millis())
                .unwrap_or(u32::MAX),
        })
    }

    /// Starts to send a request. With `keepalive`, it outlives the page.
    pub(crate) fn start(&self, body: &[u8], keepalive: bool) -> Result<Promise, Failure> {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&self.headers);
        init.set_body(&Uint8Array::from(body));
        init.set_signal(Some(&AbortSignal::timeout_with_u32(self.timeout_millis)));
        let started = Reflect::set(&init, &"keepalive".into(), &keepalive.into())
            .and_then(|_| Reflect::get(&js_sys::global(), &"fetch".into()))
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|fetch| fetch.call2(&js_sys::global(), &self.url.as_str().into(), &init))
            .and_then(JsCast::dyn_into::<Promise>);
        started.map_err(|error| Failure::unanswered(&error))
    }
}

/// Waits for the answer.
pub(crate) async fn answer(sent: Promise) -> Result<(), Failure> {
    let answer = JsFuture::from(sent).await;
    let response = answer.and_then(JsCast::dyn_into::<Response>);
    let response = response.map_err(|error| Failure::unanswered(&error))?;
    if response.ok() {
        return Ok(());
    }
    let status = response.status();
    Err(Failure {
        reason: format!("the receiver answered with status {status}"),
        can_be_retried: matches!(status, 429 | 502 | 503 | 504),
    })
}

impl Failure {
    fn unanswered(error: &JsValue) -> Self {
        Self {
            reason: format!("the receiver did not answer: {}", text(error)),
            can_be_retried: true,
        }
    }
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
