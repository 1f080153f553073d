//! Runs a compiled product: its sources become tables, then its models, one after the other.
//!
//! An asset that fails takes along only those that need it; all others are built. The warehouse
//! is replaced when all went well, and stays as it was otherwise.

mod asset;
mod generate;
mod metrics;
mod model;
mod progress;
mod report;
mod results;
mod run_id;
mod source;

use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_telemetry::plugin::PluginType;
use floe_telemetry::traced;
use rusqlite::Connection;

use self::asset::Asset;
pub use self::asset::Failure;
use self::progress::Progress;
pub use self::report::{Outcome, Report, Step};
pub use self::results::results_path;
pub use self::run_id::RunId;
use crate::artifacts::{self, CompiledArtifacts};
use crate::atomic::{self, Draft};
use crate::compile;
use crate::conventions::PipelineAttributes;
use crate::engine;
use crate::error::Error;
use crate::identity::Identity;
use crate::plugins::BuiltIn;

floe_telemetry::plugin!(BuiltIn {
    kind: PluginType::Orchestrator,
    name: "local",
    tracer_name: "floe.orchestrator.local",
    description: "builds assets one after the other in this process",
});

/// What every asset of a run is built with.
#[derive(Debug)]
struct Run<'a> {
    id: &'a str,
    folder: &'a Path,
    warehouse: &'a Connection,
}

/// Compiles the product and builds all of its assets.
///
/// # Errors
/// [`Error::Failed`] with the report when an asset failed; any other when the run could not go on.
#[traced(
    name = "floe.pipeline.run",
    floe_attributes = PipelineAttributes::manual(&identity.name, run_id.as_str())
)]
pub fn run(identity: &Identity, run_id: &RunId) -> Result<Report, Error> {
    let artifacts = compile::compile(identity, &artifacts::default_path(&identity.folder))?;
    execute(identity, run_id, &artifacts)
}

/// Builds all assets of a product that is compiled already.
///
/// # Errors
/// The same as [`run`].
#[traced(
    name = "floe.pipeline.run",
    floe_attributes = PipelineAttributes::manual(&identity.name, run_id.as_str())
)]
pub fn run_compiled(
    identity: &Identity,
    run_id: &RunId,
    artifacts: &CompiledArtifacts,
) -> Result<Report, Error> {
    execute(identity, run_id, artifacts)
}

/// Builds the assets, and writes down what became of each, also when the run ends early.
fn execute(
    identity: &Identity,
    run_id: &RunId,
    artifacts: &CompiledArtifacts,
) -> Result<Report, Error> {
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
        // For whoever looks for the mistake: what the failed model was to be made from.
        draft.publish_as(&failed)?;
        return Err(Error::Failed(Box::new(report)));
    }
    draft.publish()?;
    atomic::remove(&failed)?;
    Ok(report)
}

/// Builds the assets in order into a new database.
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

/// Opens the database, and sees that it answers.
fn open(database: &Path) -> Result<Connection, Error> {
    let started = Instant::now();
    let opened = engine::create(database).and_then(|it| engine::validate(&it).map(|()| it));
    let error = opened.as_ref().err().map(|_| "unreachable");
    metrics::validated(model::ENGINE, started.elapsed(), error);
    opened
}

/// The product's database.
pub fn warehouse_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("warehouse.db")
}

/// The database of the last run, when it failed.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("warehouse.failed.db")
}
