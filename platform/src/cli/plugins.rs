//! The plugins that a product runs on, and their health: `floe plugins`.

use std::fmt;
use std::io;

use clap::Args;
use floe_plugin::registry::LinkedPlugin;
use floe_plugin::{ErrorKind, PluginType, Plugins};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::backend;
use floe_telemetry::{TelemetryConfig, printable, traced};
use serde::Serialize;

use super::arguments::ProductArgs;
use super::columns;
use super::observed::{Tree, observed};
use super::output::print;
use crate::compile::Definition;
use crate::pipeline::RunError;
use crate::telemetry::{self, Written};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// Also start each plugin, check its health and stop it: at most 30, 5 and 30 seconds
    #[arg(long)]
    check: bool,
    /// Print JSON instead of a table; the trace of the check is then printed to standard error
    #[arg(long)]
    json: bool,
}

/// Prints the plugins that a product runs on, and checks them.
pub(super) fn plugins(arguments: &Arguments) -> Result<(), RunError> {
    let Arguments { product, check, json } = arguments;
    let definition = product.read()?;
    let mut list = PluginList::new(&definition)?;
    let show = |list: &PluginList| {
        if *json {
            return print(&format_args!("{:#}\n", serde_json::json!(list)));
        }
        print(list)
    };
    if !check {
        return Ok(show(&list)?);
    }
    let config = telemetry::with_environment(definition.telemetry)?;
    let observed = observed(config.clone(), Some(Tree::Full), Written::Nothing, || {
        let checked = list.check(&config);
        show(&list)?;
        Ok(checked?)
    })?;
    if *json {
        observed.print_tree(&mut io::stderr());
    } else {
        observed.print_tree(&mut io::stdout());
    }
    observed.outcome
}

/// The plugins of a product: those that its platform's manifest selects, and the embedded ones.
#[derive(Debug, Serialize)]
struct PluginList {
    plugins: Vec<Listed>,
    #[serde(skip)]
    configured: Plugins,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(rename = "type")]
    kind: PluginType,
    name: &'static str,
    version: &'static str,
    tracer_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
}

/// The result of a check.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Health {
    Healthy,
    Failed { error: String },
}

impl PluginList {
    /// The plugins of a product. Nothing is started, and no credential is read.
    ///
    /// # Errors
    /// A plugin cannot be used; the error names the place in the manifest.
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
            configured.linked().map(|linked| Listed::new(linked, None)).collect();
        plugins.push(Listed {
            kind: PluginType::TelemetryBackend,
            name: backend.name(),
            version: backend.version(),
            tracer_name: None,
            health: None,
        });
        Ok(Self { plugins: sorted(plugins), configured })
    }

    /// Starts each plugin, checks its health and stops it; asks the telemetry backend whether it accepts
    /// telemetry.
    ///
    /// # Errors
    /// A plugin is not healthy; the error has the number of such plugins, and the list has the reasons.
    #[traced(name = "floe.plugins.check")]
    fn check(&mut self, telemetry: &TelemetryConfig) -> Result<(), Error> {
        let health = |result: Result<(), String>| match result {
            Ok(()) => Health::Healthy,
            Err(error) => Health::Failed { error },
        };
        let checked = self.configured.check().into_iter().map(|(linked, result)| {
            Listed::new(linked, Some(health(result.map_err(|it| it.to_string()))))
        });
        let mut plugins: Vec<_> = checked.collect();
        let backends = self.plugins.drain(..);
        plugins.extend(backends.filter(|it| it.kind == PluginType::TelemetryBackend).map(|it| {
            let result = match backend::validate_connection(telemetry) {
                Ok(report) if report.is_ok() => Ok(()),
                Ok(report) => Err(report.to_string()),
                Err(error) => Err(error.to_string()),
            };
            Listed { health: Some(health(result)), ..it }
        }));
        self.plugins = sorted(plugins);
        let failed =
            self.plugins.iter().filter(|it| matches!(it.health, Some(Health::Failed { .. })));
        let (failed, all) = (failed.count(), self.plugins.len());
        if failed == 0 {
            return Ok(());
        }
        let message = format!("{failed} of {all} plugins are not healthy");
        Err(Error::Plugin(floe_plugin::Error::new(ErrorKind::Unavailable, message)))
    }
}

impl Listed {
    fn new(linked: &'static LinkedPlugin, health: Option<Health>) -> Self {
        let plugin = linked.plugin();
        Self {
            kind: plugin.plugin_type(),
            name: plugin.name(),
            version: plugin.version(),
            tracer_name: plugin.tracer_name(),
            health,
        }
    }
}

/// Sorts plugins by type. Plugins of one type stay in the order of their dependencies.
fn sorted(mut plugins: Vec<Listed>) -> Vec<Listed> {
    plugins.sort_by_key(|plugin| plugin.kind.as_str());
    plugins
}

/// A table, with a column for the health after a check.
impl fmt::Display for PluginList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_checked = self.plugins.iter().any(|it| it.health.is_some());
        let rows = self.plugins.iter().map(|it| {
            let health = match &it.health {
                None => String::new(),
                Some(Health::Healthy) => "healthy".to_owned(),
                Some(Health::Failed { error }) => {
                    format!("failed: {}", printable(error))
                }
            };
            [
                it.kind.to_string(),
                format!("{} {}", it.name, it.version),
                it.tracer_name.unwrap_or("-").to_owned(),
                health,
            ]
        });
        let last = if is_checked { "HEALTH" } else { "" };
        columns::write(f, ["PLUGIN", "NAME", "TRACER", last], rows)
    }
}
