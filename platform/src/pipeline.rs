//! Runs a product: loads its sources and builds its models, one at a time. dbt builds the models of a dbt project.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The warehouse is replaced
//! only if every asset was built. dbt itself determines which nodes are skipped.

pub(crate) mod asset;
mod checks;
pub(crate) mod dbt;
mod ending;
pub(crate) mod outcome;
pub(crate) mod processes;
mod progress;
mod publish;
pub(crate) mod report;
pub(crate) mod run;
mod source;
pub(crate) mod warehouse;

use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_plugin::ErrorKind;
use floe_plugin::compute::{DbtEngine, QueryEngine};
use floe_plugin::failure::counted;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    Asset as DagsterAsset, LocalOrchestrator, PipelineRun, ProcessOrchestrator,
};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
pub use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{get_current_span, traced};

use self::asset::Asset;
pub use self::ending::results_path;
pub(crate) use self::ending::{report_unread, write_unbegun};
pub use self::outcome::{Failure, QueryError};
use self::progress::Progress;
use self::report::mark_failed;
pub use self::report::{Report, RunError};
use self::run::{Run, TRACER_NAME, Tables};
use self::warehouse::Warehouse;
use crate::artifacts::CompiledArtifacts;
use crate::compile::{self, Definition};
use crate::metrics;
use crate::plugins::active::{Active, failed};
use crate::product::{self, OUTPUT_FOLDER};
use crate::record::Outcome;
pub use crate::record::{FailedCheck, Step};

/// Runs a product: compiles it, builds its tables, publishes them, and reports the run.
///
/// # Errors
/// [`RunError::AssetsFailed`] if an asset failed; another [`RunError`] if the run, or its report, was not finished.
#[traced(
    name = "floe.pipeline.run",
    tracer = TRACER_NAME,
    floe_attributes = PipelineRun {
        run_id: run_id.as_str(),
        name: &definition.identity.name,
        trigger: "manual",
    },
)]
pub fn run(definition: &Definition, run_id: &RunId) -> Result<Report, RunError> {
    let (artifacts, plugins, mut report) = prepare(definition, run_id)?;
    let run = Run {
        dagster_run_id: report.record.dagster_run_id.clone(),
        ..Run::new(
            run_id.as_str(),
            &definition.identity,
            &artifacts,
            Some(&definition.product),
            &plugins,
        )
    };
    let steps = || {
        let started = plugins.start(|_| true);
        let built = started.and_then(|()| build(&run, &mut report));
        ending::report(&run, report, built)
    };
    counted("pipeline", |_| !interrupt::is_requested(), steps)
}

fn build(run: &Run<'_>, report: &mut Report) -> Result<(), Error> {
    check(run)?;
    let plugins = run.plugins;
    run::observe(run, report, |report| {
        if let Some(project) = &run.artifacts.dbt {
            if let Some(orchestrator) = plugins.one::<dyn ProcessOrchestrator>() {
                return processes::build(run, None, report, &orchestrator).map(drop);
            }
            return dbt::build(run, project, report);
        }
        plugins.required::<dyn QueryEngine>()?.name().clone_into(&mut report.engine);
        let warehouse = Warehouse::prepare(run.folder(), plugins)?;
        if warehouse.waited >= warehouse::TICK {
            report.end_stage("wait for another run", warehouse.waited);
        }
        match build_assets(run, &warehouse, report)? {
            Some(mut tables) => {
                publish::publish(run, &mut tables, report)?;
                warehouse.replace(tables, plugins)?;
                report.is_published = true;
            }
            None => warehouse.keep_failed(),
        }
        Ok(())
    })
}

/// Compiles the product, and replaces the results of the previous run.
fn prepare(
    definition: &Definition,
    run_id: &RunId,
) -> Result<(CompiledArtifacts, Active, Report), RunError> {
    let identity = &definition.identity;
    product::check_output_folder(&identity.folder)?;
    let mut report = Report::new(identity, run_id);
    let span = get_current_span();
    span.set_attribute(Lineage::RUN_ID, run_id.to_string());
    if let Some(id) = &report.record.dagster_run_id {
        span.set_attribute(DagsterAsset::RUN_ID, id.clone());
    }
    match compile(definition, &mut report) {
        Ok((artifacts, plugins)) => {
            report.expect(&artifacts);
            ending::start(&mut report)?;
            tracing::info!(
                product = identity.name,
                run_id = report.run_id(),
                lineage_run_id = report.run_id(),
                dagster_run_id = report.record.dagster_run_id,
                "run begins"
            );
            Ok((artifacts, plugins, report))
        }
        Err(error) => {
            // A mistake in the files of a product that was never run creates no results.
            if results_path(&identity.folder).exists() {
                let _ = ending::finish(&mut report, Some(&error), false);
            }
            Err(not_compiled(definition, report, error))
        }
    }
}

fn compile(
    definition: &Definition,
    report: &mut Report,
) -> Result<(CompiledArtifacts, Active), Error> {
    let started = Instant::now();
    let artifacts = compile::compile(definition)?;
    report.end_stage("compile", started.elapsed());
    let plugins = Active::configure(artifacts.selected(), &definition.identity)?;
    Ok((artifacts, plugins))
}

fn not_compiled(definition: &Definition, mut report: Report, error: Error) -> RunError {
    metrics::record_run(&definition.identity.name, report.took(), true);
    if interrupt::is_requested() {
        return error.into();
    }
    let Definition { identity, manifest, .. } = definition;
    let run_id = report.run_id();
    let Some(lost) = ending::alert_of_mistake(identity, manifest, run_id, &error.redacted()) else {
        return error.into();
    };
    report.warn(lost);
    let report = Box::new(report);
    RunError::Unfinished { report, error }
}

fn check(run: &Run<'_>) -> Result<(), Error> {
    let Run { identity, artifacts, plugins, .. } = run;
    if let Some(orchestrator) = plugins.one::<dyn ProcessOrchestrator>() {
        artifacts.check_read_by(orchestrator.name(), &identity.folder)?;
    }
    if let Some(engine) = plugins.one::<dyn DbtEngine>().filter(|_| artifacts.dbt.is_none()) {
        let message = format!(
            "the compute plugin `{}` is for dbt projects, found a product without a `dbt_project.yml`",
            engine.name()
        );
        return Err(Error::input(Place::file(&identity.manifest), message));
    }
    plugins.check_secrets(&artifacts.secrets, &product::spec_path(&identity.folder))?;
    authenticate(plugins)
}

fn authenticate(plugins: &Active) -> Result<(), Error> {
    let Some(provider) = plugins.one::<dyn IdentityProvider>() else {
        return Ok(());
    };
    let authenticated = provider.authenticate();
    plugins.tolerate(&provider, authenticated).map(drop)
}

/// Builds the assets in the draft of the warehouse, in the order of the orchestrator. Returns the open draft if no
/// asset failed.
fn build_assets(
    run: &Run<'_>,
    warehouse: &Warehouse,
    report: &mut Report,
) -> Result<Option<Tables>, Error> {
    let Run { identity, artifacts, plugins, .. } = run;
    if let Some(orchestrator) = plugins.one::<dyn ProcessOrchestrator>() {
        if !processes::build(run, Some(warehouse), report, &orchestrator)? {
            return Ok(None);
        }
        return Ok(Some(Tables::new(warehouse::open(&warehouse.database(), plugins)?)));
    }
    let orchestrator = plugins.required::<dyn LocalOrchestrator>()?;
    let mut tables = Tables::new(warehouse.create(plugins)?);
    let assets = Asset::all(artifacts);
    let product = artifacts.product();
    let progress = Progress::new(identity, report, artifacts);
    let mut build = |key: &str| {
        interrupt::check()?;
        let Some(asset) = assets.iter().find(|asset| asset.key() == key) else {
            return Err(Error::Setting(format!("there is no asset `{key}`")));
        };
        let (step, built) = asset.build(run, report, &mut tables);
        if step.outcome.is_failed() {
            mark_failed();
        }
        progress.finish(&step);
        report.record.assets.push(step);
        built
    };
    let ran = orchestrator.run(&product, &mut |key| build(key).map_err(Error::into_plugin));
    ran.map_err(failed(&orchestrator))?;
    interrupt::check()?;
    // Without this check, an orchestrator that leaves out an asset would remove the asset's table from the warehouse.
    let is_done = |asset: &&Asset<'_>| report.record.asset(asset.key()).is_some();
    if let Some(asset) = assets.iter().find(|asset| !is_done(asset)) {
        let message = format!("it did not build `{}`", asset.key());
        let error = floe_plugin::Error::new(ErrorKind::Other, message);
        return Err(failed(&orchestrator)(error));
    }
    if report.count(Outcome::is_failed) == 0 {
        return Ok(Some(tables));
    }
    interrupt::check()?;
    Ok(None)
}

/// Returns the path of the database that a failed run leaves.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
