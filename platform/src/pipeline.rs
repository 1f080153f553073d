//! Runs a product: loads its sources and builds its models, one at a time.
//!
//! When an asset fails, the assets that depend on it are skipped and all others are built. The
//! warehouse is replaced only if every asset was built. A run of selected assets begins with a copy of it.

mod alerts;
mod asset;
mod build;
mod dagster_sensor;
mod dagster_step;
mod dbt_models;
mod ending;
mod excerpt;
mod generate;
pub(crate) mod history;
mod lineage;
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
mod unusual;
mod warehouse;

use std::path::Path;
use std::time::Instant;

use floe_plugin::failure::counted;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::lineage::{Lineage, RunState};
use floe_plugin::orchestrator::{Asset as DagsterAsset, AssetOrchestrator, PipelineRun, Trigger};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation;
pub use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{get_current_span, traced};

use self::alerts::alert_not_compiled;
use self::build::build;
pub use self::dagster_sensor::{DagsterSensor, Evaluation};
pub use self::dagster_step::DagsterStep;
use self::ending::{failed_assets, finish};
use self::lineage::lineage;
pub use self::outcome::{Failure, Outcome, QueryError};
pub use self::preview::{Preview, PreviewColumn};
pub use self::report::{Checks, Report, RunError, Step};
pub(crate) use self::report::{Elapsed, Thousands};
pub use self::results::results_path;
use self::run::TRACER_NAME;
pub use self::warehouse::{failed_path, warehouse_path};
use crate::artifacts::{self, CompiledArtifacts};
use crate::compile;
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::product;

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
