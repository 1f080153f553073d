//! Runs a product: loads its sources and builds its models, one at a time.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The
//! warehouse is replaced only if every asset was built. A run of selected assets begins with a copy of it.

mod asset;
mod dagster_sensor;
mod dagster_step;
mod dbt_models;
mod excerpt;
mod generate;
pub(crate) mod history;
pub(crate) mod measured;
mod metrics;
mod model;
mod orchestration;
mod outcome;
mod preview;
mod processes;
mod progress;
mod publish;
mod read_previews;
mod report;
mod results;
mod run;
mod shared_run;
mod source;
mod source_table;
mod unusual;
mod warehouse_copy;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use floe_plugin::PluginType;
use floe_plugin::alert::Severity;
use floe_plugin::compute::{ComputeEngine, Session};
use floe_plugin::failure::counted;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::lineage::{Engine, Job, JobType, Lineage, RunEvent, RunState};
use floe_plugin::orchestrator::{
    Asset as DagsterAsset, AssetOrchestrator, PipelineOutcome, PipelineRun, Trigger,
};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access, Draft};
use floe_plugins::files::confine;
use floe_plugins::files::input_file;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::{self, LineageParent};
pub use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::Status;
use floe_telemetry::{get_current_span, traced};

use self::asset::Asset;
pub use self::dagster_sensor::{DagsterSensor, Evaluation};
pub use self::dagster_step::DagsterStep;
use self::dbt_models::DbtModels;
use self::orchestration::Orchestration;
pub use self::outcome::{Failure, Outcome, QueryError};
pub use self::preview::{Preview, PreviewColumn};
use self::progress::Progress;
use self::read_previews::read_previews;
use self::report::ASSETS_FAILED;
pub use self::report::{Checks, Report, RunError, Step};
pub(crate) use self::report::{Elapsed, Thousands};
pub use self::results::results_path;
use self::run::{DBT_INVOCATION_ID, Run, TRACER_NAME};
use crate::artifacts::{self, CompiledArtifacts};
use crate::compile;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::manifest::selection::Selected;
use crate::plugins::active::{self, Active, RUN_FAILED};
use crate::product::{self, OUTPUT_FOLDER, warehouse_path};

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
        select: identity.select.written().as_deref(),
    },
)]
pub fn run(identity: &Identity, run_id: &RunId) -> Result<Report, RunError> {
    product::check_output_folder(&identity.folder)?;
    correlate(run_id);
    let mut report = Report::new(identity, run_id);
    // A product that was never built gets no results for a mistake in its files.
    let has_results = results_path(&identity.folder).exists();
    if has_results {
        results::start(identity, &report)?;
    }
    let path = artifacts::default_path(&identity.folder);
    let started = Instant::now();
    match compile::compile(identity, &path) {
        Ok(artifacts) => {
            report.end_stage("compile", started.elapsed());
            for warning in &artifacts.warnings {
                report.warn(warning.clone());
            }
            if let Err(error) = select(identity, &artifacts, &mut report) {
                if has_results {
                    let _ = results::write(identity, &report, None, Some(&error));
                }
                return Err(error.into());
            }
            let compiled = Compiled {
                artifacts: &artifacts,
                path: &path,
                has_definitions: true,
            };
            execute(identity, &compiled, report)
        }
        Err(error) => {
            if has_results {
                // If they cannot be written, they remain those of a run that started.
                let _ = results::write(identity, &report, None, Some(&error));
            }
            metrics::not_compiled(&identity.name, report.took());
            let Some(lost) = alert_not_compiled(identity, run_id, &error) else {
                return Err(error.into());
            };
            report.warn(lost);
            let report = Box::new(report);
            Err(RunError::Unfinished { report, error })
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
        select: identity.select.written().as_deref(),
    },
)]
pub fn run_compiled(
    identity: &Identity,
    run_id: &RunId,
    artifacts: &CompiledArtifacts,
) -> Result<Report, RunError> {
    product::check_output_folder(&identity.folder)?;
    correlate(run_id);
    let compiled = Compiled {
        artifacts,
        path: &identity.manifest,
        has_definitions: false,
    };
    let mut report = Report::new(identity, run_id);
    select(identity, artifacts, &mut report)?;
    execute(identity, &compiled, report)
}

/// Sets the assets that the run has to build.
fn select(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    report: &mut Report,
) -> Result<(), Error> {
    let (sources, models) = (&artifacts.sources, &artifacts.models);
    let selected = identity.select.of(sources, models)?;
    report.expect(selected, artifacts);
    Ok(())
}

/// A compiled product.
struct Compiled<'a> {
    artifacts: &'a CompiledArtifacts,
    /// The file with the artifacts.
    path: &'a Path,
    /// Whether the files of the orchestrator were written, too.
    has_definitions: bool,
}

/// Adds the ids that other tools have for the run to its span.
fn correlate(run_id: &RunId) {
    let span = get_current_span();
    span.set_attribute(Lineage::RUN_ID, run_id.to_string());
    if let Some(id) = correlation::dagster_run_id() {
        span.set_attribute(DagsterAsset::RUN_ID, id);
    }
}

/// Builds the assets and writes their results, even if the run stops early.
fn execute(
    identity: &Identity,
    compiled: &Compiled<'_>,
    report: Report,
) -> Result<Report, RunError> {
    counted(
        "pipeline",
        |_| !interrupt::is_requested(),
        || finish(identity, compiled, report),
    )
}

fn finish(
    identity: &Identity,
    compiled: &Compiled<'_>,
    mut report: Report,
) -> Result<Report, RunError> {
    let artifacts = compiled.artifacts;
    tracing::info!(
        product = identity.name,
        run_id = report.run_id().as_str(),
        lineage_run_id = report.run_id().as_str(),
        dagster_run_id = report.dagster_run_id(),
        "run begins"
    );
    results::start(identity, &report)?;
    let started = Active::configure(artifacts.selected(), identity)
        .and_then(|plugins| plugins.start(|_| true).map(|()| plugins));
    let (plugins, built) = match started {
        Ok(plugins) => {
            let built = observed(identity, compiled, &mut report, &plugins);
            (Some(plugins), built)
        }
        Err(error) => (None, Err(error)),
    };
    if let Some(id) = report.dagster_run_id() {
        // That of the environment, or that of the run which has built the assets.
        get_current_span().set_attribute(DagsterAsset::RUN_ID, id.to_owned());
    }
    let failed = report.count(Outcome::is_failed);
    let is_success = built.is_ok() && failed == 0;
    let unusual = measured::add(
        identity,
        &mut report,
        artifacts,
        is_success,
        unusual::sentences,
    );
    let dbt_invocation_ids = Some(report.dbt_invocation_ids());
    let told: Vec<&str> = unusual.iter().map(String::as_str).collect();
    get_current_span().set_attributes(&PipelineOutcome {
        dbt_invocation_ids: dbt_invocation_ids.filter(|ids| !ids.is_empty()),
        unusual: Some(told).filter(|told| !told.is_empty()),
    });
    report.set_unusual(unusual);
    // The results follow the warehouse: a run is not a success before its tables can be read.
    let mut written = results::write(identity, &report, plugins.as_ref(), built.as_ref().err());
    let summary = match &built {
        Err(error) => Some(error.redacted()),
        Ok(()) => (failed > 0).then(|| failed_assets(&report)),
    };
    let summary = summary.filter(|_| !interrupt::is_requested());
    if let Some(summary) = &summary {
        // The failure of the run is the error, not that of its alert.
        let lost = match &plugins {
            Some(plugins) => {
                let unusual = report.unusual().join("\n");
                alert_failed(plugins, identity, report.run_id(), summary, &unusual)
                    .err()
                    .map(|error| error.redacted())
            }
            None => alert_without_plugins(artifacts.selected(), identity, report.run_id(), summary),
        };
        // The channel may be what has failed the run.
        if let Some(lost) = lost.filter(|lost| lost != summary) {
            report.warn(lost);
        }
    }
    let stopped = plugins.as_ref().map_or(Ok(()), Active::stop);
    let built = match (built, stopped) {
        // An asset that failed is reported, and the other error is in the log.
        (Ok(()), Err(error)) if failed == 0 => {
            written = results::write(identity, &report, plugins.as_ref(), Some(&error));
            Err(error)
        }
        (built, _) => built,
    };
    for warning in plugins.iter().flat_map(Active::warnings) {
        report.warn(warning);
    }
    report.end();
    metrics::record(&identity.name, artifacts, &report, built.is_err());
    if let Err(error) = built.and(written) {
        let report = Box::new(report);
        return Err(RunError::Unfinished { report, error });
    }
    let dbt_invocation_ids = report.dbt_invocation_ids().join(",");
    tracing::info!(
        built = report.count(Outcome::is_built),
        failed,
        skipped = report.count(Outcome::is_skipped),
        run_id = report.run_id().as_str(),
        lineage_run_id = report.run_id().as_str(),
        dagster_run_id = report.dagster_run_id(),
        dbt_invocation_ids = (!dbt_invocation_ids.is_empty()).then_some(dbt_invocation_ids),
        "run ended"
    );
    if failed > 0 {
        return Err(RunError::AssetsFailed(Box::new(report)));
    }
    Ok(report)
}

fn failed_assets(report: &Report) -> String {
    let failed = report.count(Outcome::is_failed);
    format!("{failed} of {} assets failed", report.steps().len())
}

/// Builds the assets, with the lineage of the run.
fn observed(
    identity: &Identity,
    compiled: &Compiled<'_>,
    report: &mut Report,
    plugins: &Active,
) -> Result<(), Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    if report.is_partial() && !orchestrator.plugin().runs_here() {
        let name = orchestrator.name();
        return Err(Error::Setting(format!(
            "`--select`: the orchestrator {name} runs all assets, expected `--orchestrator local` with it, or a selection in {name} itself"
        )));
    }
    plugins.check_secrets(
        &compiled.artifacts.secrets,
        &product::spec_path(&identity.folder),
    )?;
    authenticate(plugins)?;
    lineage(identity, plugins, report, RunState::Start, None)?;
    let built = build(identity, compiled, report, plugins);
    let failed = report.count(Outcome::is_failed);
    let message = match &built {
        Err(error) => Some(error.redacted()),
        Ok(()) => (failed > 0).then(|| failed_assets(report)),
    };
    let state = match &built {
        Ok(()) if failed == 0 => RunState::Complete,
        _ if interrupt::is_requested() => RunState::Abort,
        _ => RunState::Fail,
    };
    let emitted = lineage(identity, plugins, report, state, message.as_deref());
    built.and(emitted)
}

/// Checks the identity of the platform, if the manifest selects a provider.
fn authenticate(plugins: &Active) -> Result<(), Error> {
    let Some(provider) = plugins.one::<dyn IdentityProvider>() else {
        return Ok(());
    };
    let token = provider.authenticate();
    let Some(token) = plugins.tolerate(&provider, token)? else {
        return Ok(());
    };
    let is_valid = provider.validate_token(&token.token);
    if plugins.tolerate(&provider, is_valid)? == Some(false) {
        let message = "the provider issued a token that is not valid";
        let error = floe_plugin::Error::new(floe_plugin::ErrorKind::Unauthorized, message);
        plugins.tolerate::<_, ()>(&provider, Err(error))?;
    }
    Ok(())
}

fn lineage(
    identity: &Identity,
    plugins: &Active,
    report: &Report,
    state: RunState,
    error: Option<&str>,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let run_id = report.run_id();
    let started_by = LineageParent::from_environment();
    let job = Job {
        namespace: &identity.namespace,
        name: &identity.name,
    };
    let dbt_invocation_ids = report.dbt_invocation_ids();
    let mut tags = run::tags(run_id.as_str(), report.dagster_run_id());
    tags.extend(dbt_invocation_ids.iter().map(|id| (DBT_INVOCATION_ID, *id)));
    tags.extend(report.select().map(|select| ("floe_select", select)));
    plugins.lineage(&RunEvent {
        job_type: Some(JobType::PRODUCT),
        parent: started_by.parent(),
        trace: ids.as_ref().map(|(trace, span)| (&**trace, &**span)),
        tags,
        engine: Some(Engine {
            name: "floe",
            version: env!("CARGO_PKG_VERSION"),
        }),
        error,
        ..RunEvent::new(state, SystemTime::now(), run_id.as_str(), job)
    })
}

/// Sends the alert of a run that failed, with what was unusual about it.
fn alert_failed(
    plugins: &Active,
    identity: &Identity,
    run_id: &RunId,
    summary: &str,
    unusual: &str,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let mut message = active::message(identity, run_id.as_str(), RUN_FAILED, summary);
    message.severity = Severity::Critical;
    message.description = Some(unusual).filter(|text| !text.is_empty());
    message.trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    plugins.alert(&message)
}

/// Sends the alert of a run whose product could not be compiled, if the manifest can be read.
fn alert_not_compiled(identity: &Identity, run_id: &RunId, error: &Error) -> Option<String> {
    if interrupt::is_requested() {
        return None;
    }
    let selected = Manifest::read(&identity.manifest)
        .and_then(|manifest| manifest.plugins.selected(&identity.manifest));
    alert_without_plugins(selected.ok()?, identity, run_id, &error.redacted())
}

/// Sends the alert of a run whose plugins cannot be used, to the channels that can. Without a selected channel
/// there is nothing to send: the program prints the error. Returns why an alert was not sent.
fn alert_without_plugins(
    mut selected: Vec<Selected>,
    identity: &Identity,
    run_id: &RunId,
    summary: &str,
) -> Option<String> {
    // A mistake in another plugin's configuration may be what the alert is about.
    selected.retain(|it| matches!(it.kind, PluginType::AlertChannel | PluginType::Secrets));
    let (channels, stores): (Vec<_>, Vec<_>) = selected
        .into_iter()
        .partition(|it| it.kind == PluginType::AlertChannel);
    let mut lost = None;
    for channel in channels {
        let mut selected = stores.clone();
        selected.push(channel);
        let send = || {
            let plugins = Active::configure(selected, identity)?;
            plugins.start(|kind| kind == PluginType::AlertChannel)?;
            alert_failed(&plugins, identity, run_id, summary, "")?;
            Ok(plugins.warnings().pop())
        };
        let outcome: Result<Option<String>, Error> = send();
        match outcome {
            Ok(failed) => lost = failed.or(lost),
            Err(error) => {
                tracing::warn!(%error, "the alert was not sent");
                lost = Some(error.redacted());
            }
        }
    }
    lost
}

/// Builds the assets in a new database, which replaces the warehouse if all of them were built.
fn build(
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

/// Locks the warehouse. The time is a stage of the run if another run has the lock.
fn lock_warehouse(identity: &Identity, report: &mut Report) -> Result<File, Error> {
    let started = Instant::now();
    let lock = warehouse_copy::lock(&identity.folder)?;
    if started.elapsed() >= warehouse_copy::TICK {
        report.end_stage(unusual::WAIT, started.elapsed());
    }
    Ok(lock)
}

/// Checks that no file other than a database would be replaced. The databases of other engines are not recognized.
fn check_replaced(folder: &Path, path: &Path, engine: &str) -> Result<(), Error> {
    confine::check_file(folder, path.strip_prefix(folder).unwrap_or(path))?;
    if !matches!(engine, "sqlite" | "duckdb") {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = match input_file::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.and_then(|file| file.take(16).read_to_end(&mut start)),
    };
    read.map_err(Error::io("read", path))?;
    let is_database = start.is_empty()
        || start.starts_with(b"SQLite format 3\0")
        || start.get(8..12) == Some(b"DUCK");
    if is_database {
        return Ok(());
    }
    let message = "it is a file that does not contain a database, expected a new file, or a database, which is replaced";
    Err(Error::input(Place::file(path), message))
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
            warehouse_copy::create(&identity.folder, database, plugins)?
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

/// Creates the database.
fn open(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    let started = Instant::now();
    let opened = engine.create_database(database);
    let error = opened.as_ref().err().map(|_| "unreachable");
    metrics::validated(engine.name(), started.elapsed(), error);
    opened.map_err(|error| Error::of_plugin(PluginType::Compute, engine.name(), error))
}

/// The path of the database of the last run, if that run failed.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
