//! Lineage to Marquez, or to another service with the HTTP API of `OpenLineage`.

use floe_plugin::lineage::{LineageBackend, RunEvent};
use floe_plugin::{Endpoint, Error, Lifecycle};
use serde::Deserialize;

use crate::http::service::Service;

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
struct Marquez(Service);

impl Lifecycle for Marquez {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.0.url.endpoint()]
    }
}

impl LineageBackend for Marquez {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        self.0.post("/api/v1/lineage", &event.to_json())
    }
}
