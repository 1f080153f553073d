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
mod quotes;
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
pub(crate) use self::quotes::QuoteCheck;
pub use self::report::{Report, RunError, Step};
pub use self::results::results_path;
pub use self::run::RunId;
use self::run::{Run, TRACER_NAME};
use crate::artifacts::{self, CompiledArtifacts};
use crate::atomic::{self, Access, Draft};
use crate::compile;
use crate::engine;
use crate::error::Error;
use crate::identity::Identity;
use crate::interrupt;
use crate::plugins::BuiltIn;
use crate::product::{self, OUTPUT_FOLDER};

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
    product::check_output_folder(&identity.folder)?;
    let report = Report::new(identity, run_id);
    // A product that was never built gets no results for a mistake in its files.
    let has_results = results_path(&identity.folder).exists();
    if has_results {
        results::start(identity, &report)?;
    }
    match compile::compile(identity, &artifacts::default_path(&identity.folder)) {
        Ok(artifacts) => execute(identity, &artifacts, report),
        Err(error) => {
            if has_results {
                // If they cannot be written, they remain those of a run that started.
                let _ = results::write(identity, &report, Some(&error));
            }
            Err(error.into())
        }
    }
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
    product::check_output_folder(&identity.folder)?;
    execute(identity, artifacts, Report::new(identity, run_id))
}

/// Builds the assets and writes their results, even if the run stops early.
fn execute(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    mut report: Report,
) -> Result<Report, RunError> {
    tracing::info!(
        product = identity.name,
        run_id = report.run_id().as_str(),
        "run begins"
    );
    results::start(identity, &report)?;
    let built = build(identity, artifacts, &mut report);
    metrics::record(&identity.name, artifacts, &report, built.is_err());
    // The results follow the warehouse: a run is not a success before its tables can be read.
    let written = results::write(identity, &report, built.as_ref().err());
    built.and(written)?;
    tracing::info!(
        built = report.count(Outcome::is_built),
        failed = report.count(Outcome::is_failed),
        skipped = report.count(Outcome::is_skipped),
        "run ended"
    );
    if report.count(Outcome::is_failed) > 0 {
        return Err(RunError::AssetsFailed(Box::new(report)));
    }
    Ok(report)
}

/// Builds the assets in a new database, which replaces the warehouse if all of them were built.
fn build(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    report: &mut Report,
) -> Result<(), Error> {
    let draft = Draft::new(&warehouse_path(&identity.folder), Access::Private)?;
    fill(draft.path(), identity, artifacts, report)?;
    let failed = failed_path(&identity.folder);
    if report.count(Outcome::is_failed) > 0 {
        // Kept for debugging: it contains the inputs of the failed model.
        return draft.publish_as(&failed);
    }
    draft.publish()?;
    atomic::remove(&failed)
}

/// Builds the assets, in order.
fn fill(
    database: &Path,
    identity: &Identity,
    artifacts: &CompiledArtifacts,
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
        interrupt::check()?;
        progress.start(asset.key());
        let step = report.time(asset.key(), |done| asset.build(&run, done))?;
        progress.finish(step);
    }
    interrupt::check()
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
    folder.join(OUTPUT_FOLDER).join("warehouse.db")
}

/// The path of the database of the last run, if that run failed.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
