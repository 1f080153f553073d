//! Models that dbt builds, with a command for each.

use std::path::Path;
use std::sync::OnceLock;

use floe_plugin::compute::ComputeEngine;
use floe_plugin::dbt::{DbtCommand, DbtRunner, PartOfRun, Project};
use floe_plugin::lineage::{LineageBackend, Parent, Root};
use floe_plugin::{Handle, PluginType};
use tempfile::TempDir;

use super::outcome::Failure;
use super::run::{AssetRun, Run, tags};
use super::warehouse_path;
use crate::active::Active;
use crate::artifacts::{CompiledArtifacts, CompiledModel};
use crate::environment::Environment;
use crate::error::Error;
use crate::identity::Identity;
use crate::sql::quoted_name;

/// The models of a product, as a dbt project on the database of a run.
pub(super) struct DbtModels {
    runner: Handle<dyn DbtRunner>,
    /// Only this user can read it: the profile may have credentials.
    folder: TempDir,
    environment: Environment,
    /// The namespace of the tables in lineage.
    data_namespace: String,
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
        let profile =
            profile.map_err(|error| Error::of_plugin(PluginType::Compute, engine.name(), error))?;
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new().prefix("floe-dbt-").tempdir();
        let folder = folder.map_err(Error::io("create a folder in", &parent))?;
        let written = runner.generate_project(&product, &profile, folder.path());
        written.map_err(|error| Error::of_plugin(PluginType::Dbt, runner.name(), error))?;
        let warehouse = absolute(&warehouse_path(&identity.folder))?;
        let system = engine.plugin().system_name();
        Ok(Some(Self {
            runner,
            folder,
            environment: identity.environment,
            data_namespace: format!("{system}://{}", warehouse.display()),
        }))
    }

    /// Builds a model, and returns the number of its rows.
    pub(super) fn build(
        &self,
        model: &CompiledModel,
        run: &Run<'_>,
        asset: &AssetRun<'_>,
    ) -> Result<u64, Failure> {
        let backends: Vec<Handle<dyn LineageBackend>> = run.plugins.plugins().all().collect();
        let root = run.started_by.root().unwrap_or(Root {
            run_id: run.id,
            job: run.job(&run.identity.name),
        });
        let part_of = PartOfRun {
            backends: &backends,
            namespace: &run.identity.namespace,
            data_namespace: &self.data_namespace,
            parent: Parent {
                run_id: asset.run_id.as_str(),
                job: run.job(asset.job),
                root: Some(root),
            },
            tags: tags(run.id, run.dagster_run_id.as_deref()),
            invocation_id: OnceLock::new(),
        };
        let project = Project {
            folder: self.folder.path(),
            profiles: None,
            target: Some(self.environment.as_str()),
            select: Some(&model.name),
            exclude: None,
            full_refresh: false,
            part_of: Some(&part_of),
        };
        let built = self.runner.run(DbtCommand::Run, &project);
        if let Some(id) = part_of.invocation_id.get() {
            let mut ids = run.dbt_invocation_ids.borrow_mut();
            ids.insert(asset.key.to_owned(), id.clone());
        }
        let file = run.folder().join(&*model.query.path);
        let failed = |error| Failure::of_query(error, &file, "");
        built.map_err(failed)?;
        let count = format!("SELECT count(*) AS rows FROM {}", quoted_name(&model.name));
        let counted = run.warehouse.borrow_mut().count(&count);
        counted.map_err(failed)
    }
}
