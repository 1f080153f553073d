//! The embedded orchestrator: assets are built one after the other, in this process.

use floe_plugin::orchestrator::LocalOrchestrator;
use floe_plugin::product::Product;
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;

floe_plugin::plugin! {
    kind: LocalOrchestrator,
    plugin: Local,
    name: "local",
    tracer: "floe.orchestrator.local",
    api: "1.0",
    description: "builds assets one after the other in this process",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {}

impl Lifecycle for Local {}

impl LocalOrchestrator for Local {
    fn run(
        &self,
        product: &Product<'_>,
        build: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sources = product.sources.iter().map(|source| source.name);
        let models = product.models.iter().map(|model| model.name);
        sources.chain(models).try_for_each(build)
    }
}
