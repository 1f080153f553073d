//! Runs a product: loads its sources and builds its models, one at a time.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The
//! warehouse is replaced only if every asset was built.

mod alerts;
mod asset;
mod build;
mod checks;
mod dagster_sensor;
mod dagster_step;
mod dbt;
mod ending;
mod excerpt;
mod generate;
pub(crate) mod history;
mod lineage;
pub(crate) mod measured;
mod metrics;
mod model;
mod nodes;
mod orchestration;
mod outcome;
mod prepare;
mod processes;
mod progress;
mod publish;
mod report;
mod results;
mod run;
mod shared_run;
mod source;
mod unusual;
mod warehouse;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use floe_plugin::failure::counted;
use floe_plugin::orchestrator::{PipelineRun, Trigger};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
pub use floe_plugins::runs::run_id::RunId;
use floe_telemetry::traced;

pub use self::dagster_sensor::{DagsterSensor, Evaluation};
pub use self::dagster_step::DagsterStep;
pub use self::outcome::{Failure, Outcome, QueryError};
pub use self::report::{Checks, FailedCheck, Report, RunError, Step};
pub(crate) use self::report::{Elapsed, Thousands};
pub use self::results::results_path;
pub(crate) use self::results::write_unbegun;
use self::run::TRACER_NAME;
use self::warehouse::Warehouse;
use crate::artifacts::CompiledArtifacts;
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::product::OUTPUT_FOLDER;

/// A run and the product that it builds.
struct Prepared<'a> {
    identity: &'a Identity,
    run_id: &'a RunId,
    /// The artifacts, compiled by this run or before it.
    artifacts: Cow<'a, CompiledArtifacts>,
}

/// Runs a product: prepare, observe, build, publish, report. Without `artifacts`, the product is compiled first.
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
pub fn run(
    identity: &Identity,
    run_id: &RunId,
    artifacts: Option<&CompiledArtifacts>,
) -> Result<Report, RunError> {
    let (prepared, mut report) = prepare::prepare(identity, run_id, artifacts)?;
    let steps = || {
        let (plugins, built) = match prepare::plugins(&prepared, &report) {
            Ok(plugins) => {
                let built = build(&prepared, &plugins, &mut report);
                (Some(plugins), built)
            }
            Err(error) => (None, Err(error)),
        };
        ending::report(&prepared, report, plugins.as_ref(), built)
    };
    counted("pipeline", |_| !interrupt::is_requested(), steps)
}

/// Builds and publishes the tables, with the lineage of the run.
fn build(prepared: &Prepared<'_>, plugins: &Active, report: &mut Report) -> Result<(), Error> {
    prepare::check(prepared, plugins)?;
    lineage::observe(prepared, plugins, report, |report| {
        if let Some(project) = &prepared.artifacts.dbt {
            return dbt::build(prepared, project, plugins, report);
        }
        let warehouse = Warehouse::prepare(prepared.identity, plugins, report)?;
        match build::build(prepared, plugins, &warehouse, report)? {
            Some(run) => {
                publish::publish(&run, report)?;
                warehouse.replace(run.warehouse.into_inner(), plugins, report)
            }
            None => warehouse.keep_failed(plugins),
        }
    })
}

/// The path of the failed run's database.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
