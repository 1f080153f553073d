//! Models that dbt builds: all of a run with one command, or the one of a step of Dagster.
//!
//! In Dagster a model is an asset, which it builds in a process of its own, retries and skips. The price is the start
//! of dbt for each model. A run writes the project to a private folder, since its profile has the path of the
//! database that the run creates.

use std::path::Path;

use floe_plugin::Handle;
use floe_plugin::compute::ComputeEngine;
use floe_plugin::dbt::{CommandRun, DbtCommand, DbtRunner, Project};
use floe_plugins::error::Error;
use tempfile::TempDir;

use crate::artifacts::CompiledArtifacts;
use crate::environment::Environment;
use crate::identity::Identity;
use crate::plugins::active::{Active, failed};

/// The models of a product, as a dbt project on the database of a run.
pub(super) struct DbtModels {
    runner: Handle<dyn DbtRunner>,
    /// Only this user can read it: the profile may have credentials.
    folder: TempDir,
    environment: Environment,
}

impl DbtModels {
    /// Writes the project; `None` if dbt does not build the models.
    pub(super) fn prepare(
        database: &Path,
        identity: &Identity,
        artifacts: &CompiledArtifacts,
        plugins: &Active,
    ) -> Result<Option<Self>, Error> {
        let runner = plugins.one::<dyn DbtRunner>();
        let Some(runner) = runner.filter(|it| it.plugin().builds_models()) else {
            return Ok(None);
        };
        let engine = plugins.required::<dyn ComputeEngine>()?;
        let absolute = |path: &Path| std::path::absolute(path).map_err(Error::io("resolve", path));
        let product = artifacts.product();
        let profile = engine.generate_profile(&absolute(database)?, product.environment);
        let profile = profile.map_err(failed(&engine))?;
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new().prefix("floe-dbt-").tempdir();
        let folder = folder.map_err(Error::io("create a folder in", &parent))?;
        let written = runner.generate_project(&product, &profile, folder.path());
        written.map_err(failed(&runner))?;
        Ok(Some(Self { runner, folder, environment: identity.environment }))
    }

    /// Builds models with one command.
    pub(super) fn build(&self, models: &[&str]) -> CommandRun {
        let select = models.join(" ");
        let project = Project {
            folder: self.folder.path(),
            profiles: None,
            target: Some(self.environment.as_str()),
            select: Some(&select),
            exclude: None,
            full_refresh: false,
        };
        self.runner.run(DbtCommand::Run, &project)
    }

    /// The name of the plugin that runs dbt.
    pub(super) fn runner(&self) -> &'static str {
        self.runner.name()
    }
}
