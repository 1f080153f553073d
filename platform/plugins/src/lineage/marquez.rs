//! Lineage to Marquez, or to another service with the HTTP API of `OpenLineage`.

use floe_plugin::lineage::{LineageBackend, RunEvent};
use floe_plugin::{Endpoint, Error, Lifecycle};
use serde::Deserialize;

use crate::address::ServiceUrl;
use crate::http::service::{Authorization, authorized};
use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: LineageBackend,
    plugin: Marquez,
    name: "marquez",
    tracer: "floe.lineage.marquez",
    api: "1.0",
    description: "stores lineage in Marquez",
}

/// Lineage in Marquez: each event of `OpenLineage` is posted to `/api/v1/lineage`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marquez {
    /// The address, for example `http://marquez:5000`.
    url: ServiceUrl,
    /// The authorization of requests. Default: none.
    #[serde(default)]
    authorization: Option<Authorization>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Marquez {
    fn send<'a>(&'a self, request: Request<'a>) -> Result<(), Error> {
        let request = authorized(self.authorization.as_ref(), request)?;
        self.client.send(&request).map(drop)
    }
}

impl Lifecycle for Marquez {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.url.endpoint()]
    }
}

impl LineageBackend for Marquez {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        self.send(Request::post(self.url.at("/api/v1/lineage")).json(&event.to_json()))
    }
}
