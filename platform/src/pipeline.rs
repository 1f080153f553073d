//! Runs a product: loads its sources and builds its models, one at a time.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The
//! warehouse is replaced only if every asset was built.

mod asset;
mod generate;
mod metrics;
mod model;
mod outcome;
mod progress;
mod report;
mod results;
mod run;
mod source;

use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_plugin::PluginType;
use floe_plugin::orchestrator::{PipelineRun, Trigger};
use floe_telemetry::traced;
use rusqlite::Connection;

use self::asset::Asset;
pub use self::outcome::{Failure, Outcome};
use self::progress::Progress;
pub use self::report::{Report, RunError, Step};
pub use self::results::results_path;
pub use self::run::RunId;
use self::run::{Run, TRACER_NAME};
use crate::artifacts::{self, CompiledArtifacts};
use crate::atomic::{self, Draft};
use crate::compile;
use crate::engine;
use crate::error::Error;
use crate::identity::Identity;
use crate::plugins::BuiltIn;

floe_plugin::plugin!(BuiltIn {
    kind: PluginType::Orchestrator,
    name: "local",
    tracer_name: TRACER_NAME,
    description: "builds assets one after the other in this process",
});

/// Compiles the product and builds all of its assets.
///
/// # Errors
/// [`RunError::AssetsFailed`] if an asset failed, [`RunError::Stopped`] if the run could not continue.
#[traced(
    name = "floe.pipeline.run",
    tracer = TRACER_NAME,
    floe_attributes = PipelineRun {
        run_id: run_id.as_str(),
        name: &identity.name,
        trigger: Trigger::Manual,
    },
)]
pub fn run(identity: &Identity, run_id: &RunId) -> Result<Report, RunError> {
    let artifacts = compile::compile(identity, &artifacts::default_path(&identity.folder))?;
    execute(identity, run_id, &artifacts)
}

/// Builds all assets of a compiled product.
///
/// # Errors
/// As for [`run`].
#[traced(
    name = "floe.pipeline.run",
    tracer = TRACER_NAME,
    floe_attributes = PipelineRun {
        run_id: run_id.as_str(),
        name: &identity.name,
        trigger: Trigger::Manual,
    },
)]
pub fn run_compiled(
    identity: &Identity,
    run_id: &RunId,
    artifacts: &CompiledArtifacts,
) -> Result<Report, RunError> {
    execute(identity, run_id, artifacts)
}

/// Builds the assets and writes their results, even if the run stops early.
fn execute(
    identity: &Identity,
    run_id: &RunId,
    artifacts: &CompiledArtifacts,
) -> Result<Report, RunError> {
    tracing::info!(
        product = identity.name,
        run_id = run_id.as_str(),
        "run begins"
    );
    let draft = Draft::new(&warehouse_path(&identity.folder))?;
    let mut report = Report::new(identity, run_id);
    let built = build(identity, artifacts, draft.path(), &mut report);
    metrics::record(&identity.name, artifacts, &report);
    let written = results::write(identity, &report);
    built.and(written)?;
    tracing::info!(
        built = report.count(Outcome::is_built),
        failed = report.count(Outcome::is_failed),
        skipped = report.count(Outcome::is_skipped),
        "run ended"
    );
    let failed = failed_path(&identity.folder);
    if report.count(Outcome::is_failed) > 0 {
        // Kept for debugging: it contains the inputs of the failed model.
        draft.publish_as(&failed)?;
        return Err(RunError::AssetsFailed(Box::new(report)));
    }
    draft.publish()?;
    atomic::remove(&failed)?;
    Ok(report)
}

/// Builds the assets, in order, in a new database.
fn build(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    database: &Path,
    report: &mut Report,
) -> Result<(), Error> {
    let warehouse = open(database)?;
    let run_id = report.run_id().clone();
    let run = Run {
        id: run_id.as_str(),
        folder: &identity.folder,
        warehouse: &warehouse,
    };
    let assets = Asset::all(artifacts);
    let progress = Progress::new(assets.len());
    for asset in assets {
        progress.start(asset.key());
        let step = report.time(asset.key(), |done| asset.build(&run, done))?;
        progress.finish(step);
    }
    Ok(())
}

/// Creates the database and checks that the engine runs a query.
fn open(database: &Path) -> Result<Connection, Error> {
    let started = Instant::now();
    let opened = engine::create(database).and_then(|it| engine::validate(&it).map(|()| it));
    let error = opened.as_ref().err().map(|_| "unreachable");
    metrics::validated(model::ENGINE, started.elapsed(), error);
    opened
}

/// The path of a product's database.
pub fn warehouse_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("warehouse.db")
}

/// The path of the database of the last run, if that run failed.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("warehouse.failed.db")
}
