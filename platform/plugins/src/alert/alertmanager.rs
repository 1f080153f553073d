//! Sends alerts to Prometheus's Alertmanager, with version 2 of its API.

use std::collections::BTreeMap;

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Destination, Endpoint, Error, Lifecycle, rfc3339};
use serde::Deserialize;
use serde_json::json;

use crate::http::service::Service;

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
struct Alertmanager(Service);

impl Lifecycle for Alertmanager {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.0.url.endpoint()]
    }
}

impl AlertChannel for Alertmanager {
    fn destination(&self) -> Destination<'_> {
        Destination::new(self.0.url.as_str())
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        // The labels identify an alert. If the id of the run were a label, each run would create another alert.
        let labels: BTreeMap<_, _> = message.properties().collect();
        let summary = [("summary", message.summary)].into_iter();
        let texts = summary.chain(message.description.map(|text| ("description", text)));
        let annotations: BTreeMap<_, _> = texts.chain(message.ids()).collect();
        let alerts = json!([{
            "labels": labels,
            "annotations": annotations,
            "startsAt": rfc3339(message.at),
        }]);
        self.0.post("/api/v2/alerts", &alerts)
    }
}
