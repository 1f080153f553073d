//! The plugins that a platform has selected, as the artifacts contain them, and the embedded plugins of other types.

use std::path::Path;

use floe_plugin::{PluginType, Selection};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A selected plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selected {
    /// The type of the plugin.
    #[serde(rename = "type")]
    pub kind: PluginType,
    /// The name of the plugin.
    pub name: String,
    /// The effect of a failed operation of the plugin on the run.
    pub on_failure: OnFailure,
    /// The configuration, which contains references instead of credentials.
    pub config: Value,
}

/// The effect of a failed operation of a plugin on the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The run fails.
    Fail,
    /// The run continues; the failure is in the trace and in the log.
    Continue,
}

impl OnFailure {
    /// Returns the default: a run tolerates failures of alert channels and of lineage backends, but no others.
    pub fn of(kind: PluginType) -> Self {
        match kind {
            PluginType::AlertChannel | PluginType::LineageBackend => Self::Continue,
            _ => Self::Fail,
        }
    }
}

impl Selected {
    fn embedded(kind: PluginType, name: &str) -> Self {
        Self { kind, name: name.to_owned(), on_failure: OnFailure::of(kind), config: json!({}) }
    }

    pub(crate) fn selection(&self, folder: &Path) -> Selection {
        Selection::new(self.kind, &*self.name, self.config.clone()).in_folder(folder)
    }
}

/// The transport of lineage events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineageTransport {
    /// `OpenLineage` events are sent over HTTP by the plugin `marquez`.
    Http,
    /// Events are printed on the terminal by the plugin `console`.
    Console,
    /// Events are discarded.
    Noop,
}

/// Adds the lineage backend that `observability.lineage` selects, or removes all if lineage is disabled or discarded.
pub(crate) fn with_lineage(
    mut selected: Vec<Selected>,
    is_enabled: bool,
    transport: Option<LineageTransport>,
    endpoint: Option<&str>,
) -> Vec<Selected> {
    let kind = PluginType::LineageBackend;
    if !is_enabled || transport == Some(LineageTransport::Noop) {
        selected.retain(|it| it.kind != kind);
        selected.push(Selected::embedded(kind, NONE));
        return selected;
    }
    let mut backend = match (transport, endpoint) {
        (Some(LineageTransport::Console), _) => Selected::embedded(kind, "console"),
        (Some(LineageTransport::Http), _) | (None, Some(_)) => Selected::embedded(kind, "marquez"),
        _ => return selected,
    };
    if let (Some(endpoint), "marquez") = (endpoint, &*backend.name) {
        backend.config = json!({ "url": endpoint });
    }
    selected.push(backend);
    selected
}

/// Replaces the orchestrator with the one `chosen` on the command line, unless the manifest selects that one, too.
pub(crate) fn with_orchestrator(
    mut selected: Vec<Selected>,
    chosen: Option<&str>,
) -> Vec<Selected> {
    let kind = PluginType::Orchestrator;
    let Some(chosen) = chosen else {
        return selected;
    };
    if !selected.iter().any(|it| it.kind == kind && it.name == chosen) {
        selected.retain(|it| it.kind != kind);
        selected.push(Selected::embedded(kind, chosen));
    }
    selected
}

/// The name that disables a type of plugins: `lineage_backend: { type: none }`.
const NONE: &str = "none";

const EMBEDDED: [(PluginType, &str); 8] = [
    (PluginType::Secrets, "env"),
    (PluginType::Ingestion, "csv"),
    (PluginType::Compute, "sqlite"),
    (PluginType::Orchestrator, "local"),
    (PluginType::Quality, "sql"),
    (PluginType::Storage, "local"),
    (PluginType::LineageBackend, "file"),
    (PluginType::AlertChannel, "terminal"),
];

/// Adds the embedded plugin of each type that the manifest does not mention, and in any case the plugin for CSV files.
/// Removes the selections that only disable a type.
pub(crate) fn with_defaults(mut selected: Vec<Selected>) -> Vec<Selected> {
    for (kind, name) in EMBEDDED {
        let is_missing = match kind {
            PluginType::Ingestion => !selected.iter().any(|it| it.kind == kind && it.name == name),
            _ => !selected.iter().any(|it| it.kind == kind),
        };
        if is_missing {
            selected.push(Selected::embedded(kind, name));
        }
    }
    selected.retain(|it| it.name != NONE);
    selected
}
