//! Alerts to any service that accepts webhooks, in the form of Standard Webhooks.

use std::fmt::Write as _;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::alert::{AlertChannel, Message, Violation};
use floe_plugin::{Credential, Destination, Endpoint, Error, ErrorKind, Lifecycle, rfc3339};
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::json;

use crate::http::service::{Authorization, authorized};
use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Webhook,
    name: "webhook",
    tracer: "floe.alert.webhook",
    api: "1.0",
    description: "posts alerts as JSON, signed by the rules of Standard Webhooks",
}

/// Alerts as JSON to a URL: `{"type": "floe.alert", "timestamp": …, "data": {…}}`, with the headers of
/// Standard Webhooks. The header `webhook-id` is the same whenever the same alert is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    /// The URL. What follows its origin may authorize sending and is in no span.
    url: Credential,
    /// The authorization of requests. Default: none.
    #[serde(default)]
    authorization: Option<Authorization>,
    /// The key that signs requests: `whsec_` and 24 to 64 bytes in base64. Default: they are not signed.
    #[serde(default)]
    signing_key: Option<Credential>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Webhook {
    fn signing_key(&self) -> Result<Option<hmac::Key>, Error> {
        let Some(key) = &self.signing_key else {
            return Ok(None);
        };
        let bytes = key
            .expose()?
            .strip_prefix("whsec_")
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| (24..=64).contains(&bytes.len()));
        match bytes {
            Some(bytes) => Ok(Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
            None => Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "`signing_key` ({}) is not valid, expected `whsec_` and 24 to 64 bytes in base64",
                    key.reference()
                ),
            )),
        }
    }
}

impl Lifecycle for Webhook {
    fn start(&self) -> Result<(), Error> {
        self.signing_key().map(drop)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint::Credential(self.url.reference().clone())]
    }
}

impl AlertChannel for Webhook {
    fn destination(&self) -> Destination<'_> {
        Destination::new(self.url.expose().unwrap_or_default())
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let body = json!({
            "type": "floe.alert",
            "timestamp": rfc3339(message.at),
            "data": {
                "name": message.name,
                "severity": message.severity.as_str(),
                "summary": message.summary,
                "description": message.description,
                "violation": message.violation.map(Violation::as_str),
                "namespace": message.namespace,
                "product": message.product,
                "environment": message.environment,
                "asset": message.asset,
                "run_id": message.run_id,
                "trace_id": message.trace_id,
            },
        })
        .to_string();
        let id = id(&body);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let timestamp = now.unwrap_or_default().as_secs();
        let mut request = Request::post(self.url.expose()?)
            .secret_url()
            .header("webhook-id", id.as_str())
            .header("webhook-timestamp", timestamp.to_string());
        if let Some(key) = self.signing_key()? {
            let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
            request = request.header("webhook-signature", format!("v1,{}", STANDARD.encode(tag)));
        }
        let request = authorized(self.authorization.as_ref(), request)?;
        let request = request.body("application/json", body.into_bytes());
        self.client.send(&request).map(drop)
    }
}

/// The id of a message. Receivers ignore a message with a known id.
fn id(body: &str) -> String {
    let hash = digest::digest(&digest::SHA256, body.as_bytes());
    let mut id = "msg_".to_owned();
    for byte in &hash.as_ref()[..16] {
        // Writing to a `String` cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}
