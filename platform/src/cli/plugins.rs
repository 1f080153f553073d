//! The plugins that a product runs on: `floe plugins`.

use std::fmt;

use clap::Args;
use floe_plugin::{PluginMetadata, PluginType, Plugins};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::backend;
use serde::Serialize;

use super::arguments::ProductArgs;
use super::columns;
use super::output::print;
use crate::compile::Definition;

/// The arguments of `floe plugins`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn plugins(arguments: &Arguments) -> Result<(), Error> {
    let list = PluginList::new(&arguments.product.read()?)?;
    if arguments.json {
        return print(&format_args!("{:#}\n", serde_json::json!(list)));
    }
    print(&list)
}

/// The plugins of a product, sorted by type.
#[derive(Debug, Serialize)]
struct PluginList {
    plugins: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(rename = "type")]
    kind: PluginType,
    name: &'static str,
    version: &'static str,
    tracer_name: Option<&'static str>,
}

impl PluginList {
    /// The plugins that the manifest selects, and the embedded ones of the other types.
    ///
    /// # Errors
    ///
    /// A plugin or the telemetry backend cannot be used with its configuration.
    fn new(definition: &Definition) -> Result<Self, Error> {
        let Definition { identity, manifest, telemetry, .. } = definition;
        let selected = manifest.selected_plugins(&identity.manifest, &identity.folder)?;
        let selections: Vec<_> = selected.iter().map(|it| it.selection(&identity.folder)).collect();
        let refused = |message: String| Error::input(Place::file(&identity.manifest), message);
        let configured =
            Plugins::configure(&selections).map_err(|error| refused(error.to_string()))?;
        let backend =
            backend::find(&telemetry.backend).map_err(|error| refused(error.to_string()))?;
        let mut plugins: Vec<_> =
            configured.linked().map(|linked| Listed::new(linked.plugin())).collect();
        plugins.push(Listed {
            kind: PluginType::TelemetryBackend,
            name: backend.name(),
            version: backend.version(),
            tracer_name: None,
        });
        plugins.sort_by_key(|plugin| plugin.kind.as_str());
        Ok(Self { plugins })
    }
}

impl Listed {
    fn new(plugin: &'static dyn PluginMetadata) -> Self {
        Self {
            kind: plugin.plugin_type(),
            name: plugin.name(),
            version: plugin.version(),
            tracer_name: plugin.tracer_name(),
        }
    }
}

impl fmt::Display for PluginList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.plugins.iter().map(|it| {
            [
                it.kind.to_string(),
                format!("{} {}", it.name, it.version),
                it.tracer_name.unwrap_or("-").to_owned(),
            ]
        });
        columns::write(f, ["PLUGIN", "NAME", "TRACER"], rows)
    }
}
