//! OTLP over HTTP, with protobuf bodies
//! ([specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp)).

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::Transport;
use super::response::{self, Answer, MAX_RESPONSE};
use crate::config::OtlpSettings;
use crate::error::Error;

#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    url: Url,
}

impl Http {
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, Error> {
        let url = if settings.is_complete {
            settings.endpoint.clone()
        } else {
            traces_url(&settings.endpoint)
        };
        let url = Url::parse(&url).map_err(|error| {
            Error::config(format!("otlp_endpoint: `{url}` is not a URL: {error}"))
        })?;
        let mut all = HeaderMap::from_iter([(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        )]);
        for (name, value) in &settings.headers {
            // Both were checked.
            if let (Ok(name), Ok(mut value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value))
            {
                value.set_sensitive(true);
                all.insert(name, value);
            }
        }
        let client = Client::builder()
            .default_headers(all)
            .user_agent(concat!(
                "OTel-OTLP-Exporter-Rust/",
                env!("CARGO_PKG_VERSION"),
                " floe-telemetry"
            ))
            // A credential must not follow a redirect to another host.
            .redirect(Policy::none())
            .build()
            .map_err(|error| Error::config(format!("the OTLP exporter cannot be made: {error}")))?;
        Ok(Self { client, url })
    }

    async fn post(&self, request: Bytes) -> Answer {
        match self
            .client
            .post(self.url.clone())
            .body(request)
            .send()
            .await
        {
            Ok(response) => judge(response).await,
            // No answer at all: the receiver is away, or it hung up.
            Err(error) => Answer::Again {
                reason: chain(&error.without_url()),
                after: None,
            },
        }
    }
}

impl Transport for Http {
    fn send(&mut self, request: Bytes) -> Pin<Box<dyn Future<Output = Answer> + '_>> {
        Box::pin(self.post(request))
    }
}

async fn judge(response: Response) -> Answer {
    let status = response.status();
    if status.is_success() {
        return match read(response).await {
            Ok(body) => response::taken(&body),
            Err(reason) => Answer::Refused(reason),
        };
    }
    let after = retry_after(&response);
    let reason = format!("the receiver answered {status}");
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Answer::Again { reason, after },
        _ => Answer::Refused(reason),
    }
}

/// Seconds; a date is rare and the own pause does as well.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_RESPONSE => {
                return Err(format!(
                    "the receiver's answer is longer than {MAX_RESPONSE} bytes"
                ));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(chain(&error.without_url())),
        }
    }
}

/// The error and its causes: the outermost says nothing but that there was one.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// The path of the signal is appended, unless it is there
/// ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp)).
fn traces_url(endpoint: &str) -> String {
    let base = endpoint.trim_end_matches('/');
    if base.ends_with("/v1/traces") {
        base.to_owned()
    } else {
        format!("{base}/v1/traces")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended_once() {
        for endpoint in [
            "http://c:4318",
            "http://c:4318/",
            "http://c:4318/v1/traces",
            "http://c:4318/v1/traces/",
        ] {
            assert_eq!(traces_url(endpoint), "http://c:4318/v1/traces");
        }
        assert_eq!(traces_url("http://c/otlp"), "http://c/otlp/v1/traces");
    }
}
