//! Alerts to Prometheus's Alertmanager, by version 2 of its API.

use floe_plugin::alert::{AlertChannel, Message, Violation};
use floe_plugin::{Destination, Endpoint, Error, Lifecycle, rfc3339};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::address::ServiceUrl;
use crate::http::service::{Authorization, authorized};
use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Alertmanager,
    name: "alertmanager",
    tracer: "floe.alert.alertmanager",
    api: "1.0",
    description: "sends alerts to Alertmanager",
}

/// Alerts to Prometheus's Alertmanager, which groups and routes them by their labels: `alertname`, `severity`,
/// `namespace`, `product`, `environment`, `asset`, `violation`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Alertmanager {
    /// The address, for example `http://alertmanager:9093`.
    url: ServiceUrl,
    /// The authorization of requests. Default: none.
    #[serde(default)]
    authorization: Option<Authorization>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Alertmanager {
    fn send<'a>(&'a self, request: Request<'a>) -> Result<(), Error> {
        let request = authorized(self.authorization.as_ref(), request)?;
        self.client.send(&request).map(drop)
    }
}

impl Lifecycle for Alertmanager {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.url.endpoint()]
    }
}

impl AlertChannel for Alertmanager {
    fn destination(&self) -> Destination<'_> {
        Destination::new(self.url.as_str())
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        // The labels are the identity of an alert: with the id of the run among them, each run would create
        // another alert.
        let labels = texts([
            ("alertname", Some(message.name)),
            ("severity", Some(message.severity.as_str())),
            ("namespace", Some(message.namespace)),
            ("product", Some(message.product)),
            ("environment", Some(message.environment)),
            ("asset", message.asset),
            ("violation", message.violation.map(Violation::as_str)),
        ]);
        let annotations = texts([
            ("summary", Some(message.summary)),
            ("description", message.description),
            ("run_id", message.run_id),
            ("trace_id", message.trace_id),
        ]);
        let alerts = json!([{
            "labels": labels,
            "annotations": annotations,
            "startsAt": rfc3339(message.at),
        }]);
        self.send(Request::post(self.url.at("/api/v2/alerts")).json(&alerts))
    }
}

/// The labels without empty ones, which Alertmanager removes, too.
fn texts<const N: usize>(texts: [(&str, Option<&str>); N]) -> Map<String, Value> {
    let texts = texts.into_iter().filter_map(|(name, text)| {
        let text = text.filter(|text| !text.is_empty())?;
        Some((name.to_owned(), text.into()))
    });
    texts.collect()
}
