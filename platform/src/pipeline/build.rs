//! The assets of a run, in the order of the orchestrator.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::Path;

use floe_plugin::PluginType;
use floe_plugin::compute::ComputeEngine;
use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access, Draft};
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::LineageParent;
use floe_telemetry::get_current_span;
use floe_telemetry::opentelemetry::trace::Status;

use super::asset::Asset;
use super::dbt_models::DbtModels;
use super::orchestration::Orchestration;
use super::outcome::Outcome;
use super::progress::Progress;
use super::read_previews::read_previews;
use super::report::{ASSETS_FAILED, Report};
use super::run::Run;
use super::warehouse::{check_replaced, failed_path, lock_warehouse, open, warehouse_path};
use super::{Compiled, model, processes, publish, results, warehouse};
use crate::identity::Identity;
use crate::plugins::active::Active;

/// Builds the assets in a new database, which replaces the warehouse if all of them were built.
pub(super) fn build(
    identity: &Identity,
    compiled: &Compiled<'_>,
    report: &mut Report,
    plugins: &Active,
) -> Result<(), Error> {
    let warehouse = warehouse_path(&identity.folder);
    if let Some(server) = plugins.required::<dyn ComputeEngine>()?.plugin().server() {
        report.set_server(&server.address);
        report.set_engine(plugins.required::<dyn ComputeEngine>()?.name());
        fill(&warehouse, identity, compiled, report, plugins)?;
        if report.count(Outcome::is_failed) == 0 {
            report.publish();
        }
        return Ok(());
    }
    let failed = failed_path(&identity.folder);
    let engine = plugins.required::<dyn ComputeEngine>()?;
    report.set_engine(engine.name());
    for path in [&warehouse, &failed] {
        check_replaced(&identity.folder, path, engine.name())?;
    }
    let lock = if report.is_partial() {
        Some(lock_warehouse(identity, report)?)
    } else {
        None
    };
    let draft = Draft::new(&warehouse, Access::Private)?;
    fill(draft.path(), identity, compiled, report, plugins)?;
    if report.count(Outcome::is_failed) > 0 {
        // Kept for debugging: it contains the inputs of the failed model.
        return draft.publish_as(&failed);
    }
    // Otherwise a run that began with a copy would bring back the tables of that time.
    let _lock = match lock {
        Some(lock) => lock,
        None => lock_warehouse(identity, report)?,
    };
    draft.publish()?;
    report.publish();
    atomic::remove(&failed)
}

/// Builds the assets, in the order of the orchestrator.
fn fill(
    database: &Path,
    identity: &Identity,
    compiled: &Compiled<'_>,
    report: &mut Report,
    plugins: &Active,
) -> Result<(), Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    if !orchestrator.plugin().runs_here() {
        let engine = plugins.required::<dyn ComputeEngine>()?;
        if engine.plugin().server().is_some() {
            return Err(Error::Setting(format!(
                "the compute plugin {} needs a run in one process, expected `--orchestrator local`, found {}",
                engine.name(),
                orchestrator.name()
            )));
        }
        return processes::fill(database, identity, compiled, report, plugins, &orchestrator);
    }
    let artifacts = compiled.artifacts;
    let run_id = report.run_id().clone();
    let run = Run {
        id: run_id.as_str(),
        identity,
        artifacts,
        plugins,
        warehouse: RefCell::new(if report.is_partial() {
            warehouse::create(&identity.folder, database, plugins)?
        } else {
            open(database, plugins)?
        }),
        dbt: DbtModels::prepare(database, identity, artifacts, plugins)?,
        dbt_invocation_ids: RefCell::default(),
        built_by_dbt: RefCell::default(),
        spans: RefCell::default(),
        orchestration: Orchestration::Local,
        has_tables: report.is_partial(),
        checked: RefCell::default(),
        generated: Cell::default(),
        columns: RefCell::default(),
        started_by: LineageParent::from_environment(),
        dagster_run_id: report.dagster_run_id().map(str::to_owned),
    };
    let engine = plugins.required::<dyn ComputeEngine>()?;
    if engine.plugin().server().is_some() {
        // Not before its lock is held: a run that another one keeps from it does not concern the other hosts.
        report.set_shared(results::share_start(identity, report, plugins));
    }
    let mut assets = Asset::all(artifacts);
    assets.retain(|asset| report.is_selected(asset.key()));
    check_read(&run, &assets, report)?;
    let mut product = artifacts.product();
    product.sources.retain(|it| report.is_selected(it.name));
    product.models.retain(|it| report.is_selected(it.name));
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
        let (step, built) = report.time(
            key,
            |done, id| asset.build(&run, id, done),
            || run.details(key, asset.bytes(&identity.folder)),
        );
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
    let failed = |error| Error::of_plugin(PluginType::Orchestrator, orchestrator.name(), error);
    ran.map_err(failed)?;
    interrupt::check()?;
    report.end_assets();
    // Otherwise the warehouse would be replaced by one without its table.
    let is_done = |asset: &&Asset<'_>| report.steps().iter().any(|step| step.key == asset.key());
    if let Some(asset) = assets.iter().find(|asset| !is_done(asset)) {
        let message = format!("it did not build `{}`", asset.key());
        let error = floe_plugin::Error::new(floe_plugin::ErrorKind::Other, message);
        return Err(failed(error));
    }
    if report.count(Outcome::is_failed) == 0 {
        publish::publish(&run, report)?;
        report.set_previews(read_previews(&run, |table| report.rows(table)));
    }
    let mut warehouse = run.warehouse.into_inner();
    if report.count(Outcome::is_failed) == 0 && engine.plugin().server().is_some() {
        interrupt::check()?;
        let published = warehouse.publish();
        return published
            .and_then(|()| warehouse.close())
            .map_err(|error| Error::of_plugin(PluginType::Compute, engine.name(), error));
    }
    warehouse.close().map_err(Error::from_plugin)?;
    interrupt::check()
}

/// The models that read no asset which was not built.
fn can_be_built<'a>(assets: &[Asset<'a>], done: &Report) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for asset in assets {
        let is_missing = |need: &String| {
            done.is_selected(need) && !done.is_built(need) && !names.contains(&need.as_str())
        };
        if matches!(asset, Asset::Model(_)) && !asset.needs().into_iter().flatten().any(is_missing)
        {
            names.push(asset.key());
        }
    }
    names
}

/// Checks that the warehouse has the tables that the selected assets read and the run does not build.
fn check_read(run: &Run<'_>, assets: &[Asset<'_>], report: &Report) -> Result<(), Error> {
    let (mut missing, mut found) = (BTreeSet::new(), BTreeSet::new());
    let mut readers = BTreeSet::new();
    for asset in assets {
        for need in asset.needs().into_iter().flatten() {
            let is_known = report.is_selected(need) || found.contains(need);
            if is_known || !missing.contains(need) && run.has_table(need)? {
                found.insert(need);
                continue;
            }
            missing.insert(need);
            readers.insert(asset.key());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<_> = missing.iter().map(|it| format!("`{it}`")).collect();
    Err(Error::Setting(format!(
        "`--select`: no run has built what the selected assets read, {}, expected `--select {}`",
        missing.join(", "),
        run.identity.select.with_above(&readers)
    )))
}
