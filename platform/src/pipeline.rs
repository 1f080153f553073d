//! Runs a product: loads its sources and builds its models, one at a time.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The
//! warehouse is replaced only if every asset was built.

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

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_plugin::ErrorKind;
use floe_plugin::compute::ComputeEngine;
use floe_plugin::failure::counted;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{Asset as DagsterAsset, AssetOrchestrator, PipelineRun, Trigger};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation;
pub use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{TelemetryConfig, get_current_span, traced};

use self::asset::Asset;
use self::ending::alert_without_plugins;
pub use self::ending::results_path;
pub(crate) use self::ending::write_unbegun;
pub use self::outcome::{Failure, Outcome, QueryError};
use self::progress::Progress;
use self::report::mark_failed;
pub use self::report::{Checks, FailedCheck, Report, RunError, Step};
use self::run::{Orchestration, Run, TRACER_NAME, Tables};
use self::warehouse::Warehouse;
use crate::artifacts::CompiledArtifacts;
use crate::compile::{self, Definition};
use crate::identity::Identity;
use crate::metrics;
use crate::plugins::active::{Active, failed};
use crate::product::{self, OUTPUT_FOLDER, Product};
use crate::word::TraceUrl;

/// The input of a run.
#[derive(Debug)]
pub enum Origin {
    /// The files of a product.
    Files(Box<Definition>),
    /// A product that was compiled before.
    Artifacts(Box<Compiled>),
}

/// A product that was compiled before.
#[derive(Debug)]
pub struct Compiled {
    pub(crate) identity: Identity,
    pub(crate) artifacts: CompiledArtifacts,
    /// Its `floe.yaml`, which may have changed since, if it can be read.
    pub(crate) product: Option<Product>,
}

impl From<Definition> for Origin {
    fn from(definition: Definition) -> Self {
        Self::Files(Box::new(definition))
    }
}

impl Origin {
    /// The product in `folder`, from the artifacts in the file `path`.
    ///
    /// # Errors
    /// One of the two cannot be read; the error names the place.
    pub fn compiled(folder: &Path, path: &Path) -> Result<Self, Error> {
        Ok(Self::Artifacts(Box::new(Compiled::read(folder, path)?)))
    }

    /// The identity, which every span of the run carries.
    pub fn identity(&self) -> &Identity {
        match self {
            Self::Files(definition) => &definition.identity,
            Self::Artifacts(compiled) => &compiled.identity,
        }
    }

    pub(crate) fn identity_mut(&mut self) -> &mut Identity {
        match self {
            Self::Files(definition) => &mut definition.identity,
            Self::Artifacts(compiled) => &mut compiled.identity,
        }
    }

    /// The configuration of the telemetry.
    pub fn telemetry(&self) -> &TelemetryConfig {
        match self {
            Self::Files(definition) => &definition.telemetry,
            Self::Artifacts(compiled) => &compiled.artifacts.observability.telemetry,
        }
    }

    /// The address of a trace in the backend.
    pub(crate) fn trace_url(&self) -> Option<&TraceUrl> {
        match self {
            Self::Files(definition) => definition.manifest.observability.tracing.trace_url.as_ref(),
            Self::Artifacts(compiled) => compiled.artifacts.observability.trace_url.as_ref(),
        }
    }

    /// The specification of the product.
    pub(crate) fn product(&self) -> Option<&Product> {
        match self {
            Self::Files(definition) => Some(&definition.product),
            Self::Artifacts(compiled) => compiled.product.as_ref(),
        }
    }
}

impl Compiled {
    pub(crate) fn read(folder: &Path, path: &Path) -> Result<Self, Error> {
        let artifacts = CompiledArtifacts::read(path)?;
        let identity = Identity::compiled(folder, path, &artifacts)?;
        Ok(Self { product: Product::read(folder).ok(), identity, artifacts })
    }
}

/// A run and the product that it builds.
struct Prepared<'a> {
    origin: &'a Origin,
    identity: &'a Identity,
    run_id: &'a RunId,
    /// The artifacts, compiled by this run or before it.
    artifacts: Cow<'a, CompiledArtifacts>,
}

/// Runs a product: prepare, observe, build, publish, report.
///
/// # Errors
/// [`RunError::AssetsFailed`] if an asset failed, [`RunError::Stopped`] if the run could not continue.
#[traced(
    name = "floe.pipeline.run",
    tracer = TRACER_NAME,
    floe_attributes = PipelineRun {
        run_id: run_id.as_str(),
        name: &origin.identity().name,
        trigger: Trigger::Manual,
    },
)]
pub fn run(origin: &Origin, run_id: &RunId) -> Result<Report, RunError> {
    let (prepared, mut report) = prepare(origin, run_id)?;
    let steps = || {
        let (plugins, built) = match start_plugins(&prepared, &report) {
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
    check(prepared, plugins)?;
    run::observe(prepared, plugins, report, |report| {
        if let Some(project) = &prepared.artifacts.dbt {
            let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
            if !orchestrator.plugin().runs_here() {
                return processes::build(prepared, plugins, None, report, &orchestrator).map(drop);
            }
            return dbt::build(prepared, project, plugins, report);
        }
        let warehouse = Warehouse::prepare(prepared.identity, plugins, report)?;
        match build_assets(prepared, plugins, &warehouse, report)? {
            Some((run, mut tables)) => {
                publish::publish(&run, &mut tables, report)?;
                warehouse.replace(tables, plugins, report)
            }
            None => warehouse.keep_failed(plugins),
        }
    })
}

/// Compiles the product, unless artifacts are given, and replaces the results of the previous run.
fn prepare<'a>(origin: &'a Origin, run_id: &'a RunId) -> Result<(Prepared<'a>, Report), RunError> {
    let identity = origin.identity();
    product::check_output_folder(&identity.folder)?;
    correlate(run_id);
    let mut report = Report::new(identity, run_id);
    // A product that was never built gets no results for a mistake in its files.
    let has_results = results_path(&identity.folder).exists();
    if has_results {
        ending::start(identity, &report)?;
    }
    let compiled = match origin {
        Origin::Artifacts(compiled) => Ok(Cow::Borrowed(&compiled.artifacts)),
        Origin::Files(definition) => compile(definition, &mut report).map(Cow::Owned),
    };
    match compiled {
        Ok(artifacts) => {
            report.expect(&artifacts);
            if !has_results {
                ending::start(identity, &report)?;
            }
            let prepared = Prepared { origin, identity, run_id, artifacts };
            Ok((prepared, report))
        }
        Err(error) => {
            if has_results {
                // If this fails, the results still describe a run that has started.
                let _ = ending::write(identity, &report, None, Some(&error));
            }
            Err(not_compiled(origin, report, error))
        }
    }
}

fn compile(definition: &Definition, report: &mut Report) -> Result<CompiledArtifacts, Error> {
    let started = Instant::now();
    let artifacts = compile::compile(definition)?;
    report.end_stage("compile", started.elapsed());
    for warning in &artifacts.warnings {
        report.warn(warning.clone());
    }
    Ok(artifacts)
}

/// Adds the run's ids in other tools to its span.
fn correlate(run_id: &RunId) {
    let span = get_current_span();
    span.set_attribute(Lineage::RUN_ID, run_id.to_string());
    if let Some(id) = correlation::dagster_run_id() {
        span.set_attribute(DagsterAsset::RUN_ID, id);
    }
}

/// The error of a run whose product could not be compiled.
fn not_compiled(origin: &Origin, mut report: Report, error: Error) -> RunError {
    let identity = origin.identity();
    metrics::record_run(&identity.name, report.took(), true);
    if interrupt::is_requested() {
        return error.into();
    }
    let selected = match origin {
        Origin::Files(definition) => {
            definition.manifest.plugins.selected(&identity.manifest).unwrap_or_default()
        }
        Origin::Artifacts(compiled) => compiled.artifacts.selected(),
    };
    let lost = alert_without_plugins(selected, identity, &report, &error.redacted());
    let Some(lost) = lost else {
        return error.into();
    };
    report.warn(lost);
    let report = Box::new(report);
    RunError::Unfinished { report, error }
}

fn start_plugins(prepared: &Prepared<'_>, report: &Report) -> Result<Active, Error> {
    tracing::info!(
        product = prepared.identity.name,
        run_id = report.run_id().as_str(),
        lineage_run_id = report.run_id().as_str(),
        dagster_run_id = report.dagster_run_id,
        "run begins"
    );
    let plugins = Active::configure(prepared.artifacts.selected(), prepared.identity)?;
    plugins.start(|_| true)?;
    Ok(plugins)
}

/// Checks that the plugins support the run.
fn check(prepared: &Prepared<'_>, plugins: &Active) -> Result<(), Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    if !orchestrator.plugin().runs_here() {
        let name = orchestrator.name();
        let folder = &prepared.identity.folder;
        prepared.artifacts.check_read_by(name, folder)?;
    }
    let engine = plugins.required::<dyn ComputeEngine>()?;
    if prepared.artifacts.dbt.is_none() && !engine.plugin().runs_queries() {
        let message = format!(
            "the compute plugin `{}` is for dbt projects, found a product without a `dbt_project.yml`",
            engine.name()
        );
        return Err(Error::input(Place::file(&prepared.identity.manifest), message));
    }
    let file = product::spec_path(&prepared.identity.folder);
    plugins.check_secrets(&prepared.artifacts.secrets, &file)?;
    authenticate(plugins)
}

/// Checks the identity of the platform, if the manifest selects a provider.
fn authenticate(plugins: &Active) -> Result<(), Error> {
    let Some(provider) = plugins.one::<dyn IdentityProvider>() else {
        return Ok(());
    };
    let authenticated = provider.authenticate();
    plugins.tolerate(&provider, authenticated).map(drop)
}

/// Builds the assets in the draft of the warehouse, in the order of the orchestrator. If no asset fails, returns the
/// run with the open draft.
fn build_assets<'a>(
    prepared: &'a Prepared<'a>,
    plugins: &'a Active,
    warehouse: &Warehouse,
    report: &mut Report,
) -> Result<Option<(Run<'a>, Tables)>, Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    let (identity, artifacts) = (prepared.identity, &*prepared.artifacts);
    let run = |report: &Report| Run {
        dagster_run_id: report.dagster_run_id.clone(),
        ..Run::new(
            prepared.run_id.as_str(),
            identity,
            artifacts,
            prepared.origin.product(),
            plugins,
        )
    };
    if !orchestrator.plugin().runs_here() {
        let is_built = processes::build(prepared, plugins, Some(warehouse), report, &orchestrator)?;
        if !is_built {
            return Ok(None);
        }
        let tables = Tables::new(warehouse::open(warehouse.database(), plugins)?);
        let run = Run { orchestration: Orchestration::Dagster, has_tables: true, ..run(report) };
        return Ok(Some((run, tables)));
    }
    let mut tables = Tables::new(warehouse.create(plugins)?);
    let run = run(report);
    let (assets, product) = (Asset::all(artifacts), artifacts.product());
    let progress = Progress::new(identity, report, artifacts);
    let mut build = |key: &str| {
        interrupt::check()?;
        let Some(asset) = assets.iter().find(|asset| asset.key() == key) else {
            return Err(Error::Setting(format!("there is no asset `{key}`")));
        };
        let (step, built) = report.time(key, |done, id| asset.build(&run, id, done, &mut tables));
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
        let error = floe_plugin::Error::new(ErrorKind::Other, message);
        return Err(failed(&orchestrator)(error));
    }
    if report.count(Outcome::is_failed) == 0 {
        return Ok(Some((run, tables)));
    }
    tables.close()?;
    interrupt::check()?;
    Ok(None)
}

/// The path of the failed run's database.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
