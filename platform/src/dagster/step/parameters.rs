//! The parameters that Dagster and the definitions of floe pass to a step.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use floe_dagster_pipes::Session as Pipes;
use floe_plugins::error::Error;
use serde::Deserialize;
use serde_json::Value;

use crate::artifacts::{self, CompiledArtifacts};
use crate::identity::Identity;
use crate::pipeline::processes::SharedRun;

pub(super) struct Parameters {
    pub(super) shared: Option<SharedRun>,
    pub(super) identity: Identity,
    pub(super) artifacts: CompiledArtifacts,
    pub(super) key: String,
    pub(super) extras: Extras,
}

/// The parameters of a step that the definitions of floe add to those of Dagster.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extras {
    pub(super) step_key: Option<String>,
    /// The `traceparent` of the span of each input.
    pub(super) upstream: HashMap<String, Value>,
    /// The key of each selected asset, by the id of its dbt node; `None` if the project is one asset.
    pub(super) nodes: Option<HashMap<String, String>>,
    /// The key of the asset and the name of each selected check, by the id of its dbt test.
    pub(super) checks: HashMap<String, (String, String)>,
    /// The selectors of the selected nodes and checks, unless all are selected.
    pub(super) select: Option<Vec<String>>,
}

pub(super) fn read(pipes: &Pipes, folder: &Path) -> Result<Parameters, Error> {
    let context = pipes.context();
    let extras = Value::Object(context.extras.clone());
    let extras: Extras = serde_json::from_value(extras)
        .map_err(|error| Error::Setting(format!("the parameters of the step: {error}")))?;
    if extras.select.as_ref().is_some_and(Vec::is_empty) {
        let message = "Dagster's step selects no node of dbt, expected one or several";
        return Err(Error::Setting(message.to_owned()));
    }
    let keys: BTreeSet<&String> = context.asset_keys.iter().collect();
    let key = match (keys.first(), keys.len()) {
        (Some(key), 1) => (*key).clone(),
        // The record of a dbt project has the name of the project.
        _ if extras.nodes.is_some() => String::new(),
        (_, count) => {
            let message = format!("Dagster's step has {count} assets, expected one");
            return Err(Error::Setting(message));
        }
    };
    let shared = SharedRun::from_environment()?;
    let default = artifacts::default_path(folder);
    let path = shared.as_ref().map_or(&default, |shared| &shared.artifacts);
    let artifacts = CompiledArtifacts::read(path)?;
    let identity = Identity::compiled(folder, path, &artifacts)?;
    let key = match &artifacts.dbt {
        Some(project) if extras.nodes.is_some() => project.name.to_string(),
        _ => key,
    };
    Ok(Parameters { shared, identity, artifacts, key, extras })
}
