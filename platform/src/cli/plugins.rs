//! The plugins that a product runs on: `floe plugins`.

use std::fmt;

use clap::Args;
use floe_plugin::{PluginMetadata, PluginType, Plugins};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::backend;

use super::arguments::ProductArgs;
use super::columns;
use super::output::print;
use crate::compile::Definition;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
}

/// Prints the plugins that the manifest selects, and the embedded plugins of the other types.
pub(super) fn plugins(arguments: &Arguments) -> Result<(), Error> {
    let Definition { identity, manifest, telemetry, .. } = arguments.product.read()?;
    let selected = manifest.selected_plugins(&identity.manifest, &identity.folder)?;
    let selections: Vec<_> = selected.iter().map(|it| it.selection(&identity.folder)).collect();
    let refused = |message: String| Error::input(Place::file(&identity.manifest), message);
    let configured = Plugins::configure(&selections).map_err(|error| refused(error.to_string()))?;
    let backend = backend::find(&telemetry.backend).map_err(|error| refused(error.to_string()))?;
    let mut rows: Vec<_> = configured.linked().map(|linked| row(linked.plugin())).collect();
    rows.push([
        PluginType::TelemetryBackend.to_string(),
        format!("{} {}", backend.name(), backend.version()),
        "-".to_owned(),
    ]);
    rows.sort();
    print(&PluginList(rows))
}

fn row(plugin: &'static dyn PluginMetadata) -> [String; 3] {
    [
        plugin.plugin_type().to_string(),
        format!("{} {}", plugin.name(), plugin.version()),
        plugin.tracer_name().unwrap_or("-").to_owned(),
    ]
}

struct PluginList(Vec<[String; 3]>);

impl fmt::Display for PluginList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        columns::write(f, ["PLUGIN", "NAME", "TRACER"], self.0.iter().cloned())
    }
}
