//! Alerts to any service that accepts webhooks.

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Credential, Destination, Endpoint, Error, Lifecycle, rfc3339};
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
    description: "posts alerts as JSON",
}

/// Posts alerts as JSON to a URL: `{"type": "floe.alert", "timestamp": …, "data": {…}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    /// The URL. The part after its origin may authorize sending, so no span contains it.
    url: Credential,
    /// The authorization of requests. Default: none.
    authorization: Option<Authorization>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Lifecycle for Webhook {
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
            "data": message,
        });
        let request = authorized(
            self.authorization.as_ref(),
            Request::post(self.url.expose()?).secret_url().json(&body),
        )?;
        self.client.send(&request).map(drop)
    }
}
