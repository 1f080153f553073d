//! Builds the assets of a run, in the order of the orchestrator.

use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;

use super::asset::Asset;
use super::orchestration::Orchestration;
use super::outcome::Outcome;
use super::progress::Progress;
use super::report::{Report, mark_failed};
use super::run::Run;
use super::warehouse::{self, Warehouse};
use super::{Prepared, processes};
use crate::plugins::active::{Active, failed};

/// Builds the assets in the draft of the warehouse, in the order of the orchestrator. If no asset fails, returns the
/// run with the open draft.
pub(super) fn build<'a>(
    prepared: &'a Prepared<'a>,
    plugins: &'a Active,
    warehouse: &Warehouse,
    report: &mut Report,
) -> Result<Option<Run<'a>>, Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    let (identity, artifacts) = (prepared.identity, &*prepared.artifacts);
    let run_id = prepared.run_id.as_str();
    if !orchestrator.plugin().runs_here() {
        let is_built = processes::build(prepared, plugins, Some(warehouse), report, &orchestrator)?;
        if !is_built {
            return Ok(None);
        }
        let database = warehouse::open(warehouse.database(), plugins)?;
        return Ok(Some(Run {
            orchestration: Orchestration::Dagster,
            has_tables: true,
            dagster_run_id: report.dagster_run_id.clone(),
            ..Run::new(run_id, identity, artifacts, plugins, database)
        }));
    }
    let database = warehouse.create(plugins)?;
    let run = Run {
        dagster_run_id: report.dagster_run_id.clone(),
        ..Run::new(run_id, identity, artifacts, plugins, database)
    };
    let (assets, product) = (Asset::all(artifacts), artifacts.product());
    let progress = Progress::new(identity, report, artifacts);
    let mut build = |key: &str| {
        interrupt::check()?;
        let Some(asset) = assets.iter().find(|asset| asset.key() == key) else {
            return Err(Error::Setting(format!("there is no asset `{key}`")));
        };
        progress.start(key);
        let (step, built) = report.time(key, |done, id| asset.build(&run, id, done));
        if step.outcome.is_failed() {
            mark_failed();
        }
        progress.finish(step);
        built
    };
    let ran = orchestrator.run(&product, &mut |key| build(key).map_err(Error::into_plugin));
    ran.map_err(failed(&orchestrator))?;
    interrupt::check()?;
    report.end_assets();
    // Otherwise the warehouse would be replaced by one without its table.
    let is_done = |asset: &&Asset<'_>| report.steps().iter().any(|step| step.key == asset.key());
    if let Some(asset) = assets.iter().find(|asset| !is_done(asset)) {
        let message = format!("it did not build `{}`", asset.key());
        let error = floe_plugin::Error::new(floe_plugin::ErrorKind::Other, message);
        return Err(failed(&orchestrator)(error));
    }
    if report.count(Outcome::is_failed) == 0 {
        return Ok(Some(run));
    }
    let closed = run.warehouse.into_inner().close();
    closed.map_err(Error::from_plugin)?;
    interrupt::check()?;
    Ok(None)
}
