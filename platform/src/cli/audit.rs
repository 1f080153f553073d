//! Audits the instrumentation of the program: every annotated function, tracer and plugin.

use std::fmt;

use floe_plugin::registry::{self, LinkedPlugin};
use floe_plugin::{InstrumentationWarning, PluginType};
use floe_plugins::error::Error;
use floe_telemetry::backend::{self, LinkedBackend};
use floe_telemetry::callsite::{self, CallSite, Scope};
use serde::Serialize;
use serde_json::{Value, json};

use super::columns;
use super::output::{print, print_warnings};

pub(super) fn audit(is_json: bool) -> Result<(), Error> {
    let audit = Audit::new()?;
    if is_json {
        print(&format_args!("{:#}\n", audit.to_json()))?;
    } else {
        print(&audit)?;
    }
    print_warnings(audit.warnings());
    Ok(())
}

/// The result of the audit.
#[derive(Debug)]
pub struct Audit {
    functions: Vec<&'static CallSite>,
    tracers: Vec<&'static Scope>,
    plugins: Vec<Plugin>,
    warnings: Vec<InstrumentationWarning>,
}

/// A plugin or a telemetry backend that is linked into the program.
#[derive(Debug, Serialize)]
struct Plugin {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    floe_api_version: Option<&'static str>,
    tracer_name: Option<&'static str>,
    description: &'static str,
}

impl Audit {
    /// Audits this program without calling an annotated function.
    ///
    /// # Errors
    /// Two plugins of a type have the same name, or a plugin is incompatible with this platform.
    pub fn new() -> Result<Self, Error> {
        let refused = |error: registry::Error| Error::Setting(error.to_string());
        let mut plugins: Vec<_> =
            registry::discover().map_err(refused)?.into_iter().map(Plugin::new).collect();
        plugins.extend(backend::linked().map(Plugin::backend));
        plugins.sort_by_key(|plugin| (plugin.kind, plugin.name));
        let mut functions: Vec<_> = callsite::all().collect();
        functions.sort_by_key(|it| (it.name(), it.location()));
        let mut tracers: Vec<_> = callsite::tracers().collect();
        tracers.sort_by_key(|it| (it.name(), it.location()));
        Ok(Self { functions, tracers, plugins, warnings: floe_plugin::audit().map_err(refused)? })
    }

    /// Returns a warning for each plugin that is not instrumented.
    pub fn warnings(&self) -> &[InstrumentationWarning] {
        &self.warnings
    }

    /// Returns the audit as JSON.
    pub fn to_json(&self) -> Value {
        let functions = self.functions.iter().map(|site| {
            json!({
                "span": site.name(),
                "kind": kind(site),
                "tracer": site.scope_name(),
                "function": format!("{}::{}", site.location().module(), site.function()),
                "file": site.location().file(),
                "line": site.location().line(),
                "attributes": site.attributes().collect::<Vec<_>>(),
                "metrics": site.has_metrics(),
            })
        });
        let tracers = self.tracers.iter().map(|scope| {
            json!({
                "name": scope.name(),
                "version": scope.version(),
                "module": scope.location().module(),
                "file": scope.location().file(),
                "line": scope.location().line(),
            })
        });
        json!({
            "functions": functions.collect::<Vec<_>>(),
            "tracers": tracers.collect::<Vec<_>>(),
            "plugins": self.plugins,
            "warnings": self.warnings,
        })
    }
}

fn kind(site: &CallSite) -> String {
    format!("{:?}", site.kind()).to_lowercase()
}

impl Plugin {
    fn new(linked: &'static LinkedPlugin) -> Self {
        let plugin = linked.plugin();
        Self {
            kind: plugin.plugin_type().as_str(),
            name: plugin.name(),
            version: plugin.version(),
            floe_api_version: Some(plugin.floe_api_version()),
            tracer_name: plugin.tracer_name(),
            description: plugin.description(),
        }
    }

    fn backend(linked: &'static LinkedBackend) -> Self {
        let backend = linked.backend();
        Self {
            kind: PluginType::TelemetryBackend.as_str(),
            name: backend.name(),
            version: backend.version(),
            floe_api_version: None,
            tracer_name: None,
            description: backend.description(),
        }
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.functions.iter().map(|it| {
            [
                it.name().to_owned(),
                kind(it),
                it.scope_name().to_owned(),
                it.location().to_string(),
                it.attributes().collect::<Vec<_>>().join(" "),
            ]
        });
        columns::write(f, ["SPAN", "KIND", "TRACER", "FUNCTION AT", "ATTRIBUTES"], functions)?;
        writeln!(f)?;
        let plugins = self.plugins.iter().map(|it| {
            [
                it.kind.to_owned(),
                format!("{} {}", it.name, it.version),
                it.tracer_name.unwrap_or("-").to_owned(),
                it.description.to_owned(),
            ]
        });
        columns::write(f, ["PLUGIN", "NAME", "TRACER", "DESCRIPTION"], plugins)?;
        writeln!(f)?;
        writeln!(
            f,
            "{} annotated functions, {} plugins, {} warnings",
            self.functions.len(),
            self.plugins.len(),
            self.warnings.len()
        )
    }
}
