//! The assets of a run, in the order of the orchestrator.

use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::get_current_span;
use floe_telemetry::opentelemetry::trace::Status;

use super::asset::Asset;
use super::dbt_models::DbtModels;
use super::outcome::Outcome;
use super::progress::Progress;
use super::report::{ASSETS_FAILED, Report};
use super::run::Run;
use super::warehouse::Warehouse;
use super::{Prepared, model, processes};
use crate::plugins::active::{Active, failed};

/// Builds the assets in the draft of the warehouse, in the order of the orchestrator. Returns the run with the draft open if
/// none has failed.
pub(super) fn build<'a>(
    prepared: &'a Prepared<'a>,
    plugins: &'a Active,
    warehouse: &Warehouse,
    report: &mut Report,
) -> Result<Option<Run<'a>>, Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    if !orchestrator.plugin().runs_here() {
        return processes::build(prepared, plugins, warehouse, report, &orchestrator);
    }
    let (identity, artifacts) = (prepared.identity, &*prepared.artifacts);
    let (run_id, database) = (prepared.run_id.as_str(), warehouse.create(plugins)?);
    let run = Run {
        dbt: DbtModels::prepare(warehouse.database(), identity, artifacts, plugins)?,
        dagster_run_id: report.dagster_run_id.clone(),
        ..Run::new(run_id, identity, artifacts, plugins, database)
    };
    let (assets, product) = (Asset::all(artifacts), artifacts.product());
    let progress = Progress::new(identity, report, artifacts);
    let mut has_run_dbt = false;
    let mut build = |key: &str| {
        interrupt::check()?;
        let Some(asset) = assets.iter().find(|asset| asset.key() == key) else {
            return Err(Error::Setting(format!("there is no asset `{key}`")));
        };
        progress.start(key);
        // The sources are the first assets.
        if let (Asset::Model(_), Some(dbt), false) = (asset, &run.dbt, has_run_dbt) {
            has_run_dbt = true;
            model::build_all_by_dbt(dbt, &can_be_built(&assets, report), &run)?;
        }
        let (step, built) = report.time(key, |done, id| asset.build(&run, id, done));
        if step.outcome.is_failed() {
            // The span of the orchestrator: it is between that of the asset and that of the run.
            let span = get_current_span();
            span.set_attribute("error.type", ASSETS_FAILED);
            span.set_status(Status::error("assets failed"));
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

/// The models that read no asset which was not built.
fn can_be_built<'a>(assets: &[Asset<'a>], done: &Report) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for asset in assets {
        let is_missing = |need: &&str| !done.is_built(need) && !names.contains(need);
        if matches!(asset, Asset::Model(_)) && !asset.needs().iter().any(is_missing) {
            names.push(asset.key());
        }
    }
    names
}
