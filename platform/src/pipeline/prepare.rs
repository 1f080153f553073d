//! Prepares a run: compiles the product, and starts the plugins.

use std::borrow::Cow;
use std::time::Instant;

use floe_plugin::compute::ComputeEngine;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{Asset as DagsterAsset, AssetOrchestrator};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::get_current_span;

use super::alerts::alert_without_plugins;
use super::report::{Report, RunError};
use super::{Prepared, metrics, results};
use crate::artifacts::{self, CompiledArtifacts};
use crate::compile;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::plugins::active::Active;
use crate::product;

/// Compiles the product, unless artifacts are given, and replaces the results of the previous run.
pub(super) fn prepare<'a>(
    identity: &'a Identity,
    run_id: &'a RunId,
    artifacts: Option<&'a CompiledArtifacts>,
) -> Result<(Prepared<'a>, Report), RunError> {
    product::check_output_folder(&identity.folder)?;
    correlate(run_id);
    let mut report = Report::new(identity, run_id);
    // A product that was never built gets no results for a mistake in its files.
    let has_results = results::results_path(&identity.folder).exists();
    if has_results {
        results::start(identity, &report)?;
    }
    let compiled = match artifacts {
        Some(artifacts) => Ok(Cow::Borrowed(artifacts)),
        None => compile(identity, &mut report).map(Cow::Owned),
    };
    match compiled {
        Ok(artifacts) => {
            report.expect(&artifacts);
            if !has_results {
                results::start(identity, &report)?;
            }
            let prepared = Prepared { identity, run_id, artifacts };
            Ok((prepared, report))
        }
        Err(error) => {
            if has_results {
                // If they cannot be written, they remain those of a run that started.
                let _ = results::write(identity, &report, None, Some(&error));
            }
            Err(not_compiled(identity, report, error))
        }
    }
}

fn compile(identity: &Identity, report: &mut Report) -> Result<CompiledArtifacts, Error> {
    let started = Instant::now();
    let artifacts = compile::compile(identity, &artifacts::default_path(&identity.folder))?;
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
fn not_compiled(identity: &Identity, mut report: Report, error: Error) -> RunError {
    metrics::not_compiled(&identity.name, report.took());
    if interrupt::is_requested() {
        return error.into();
    }
    let selected = Manifest::read(&identity.manifest)
        .and_then(|manifest| manifest.plugins.selected(&identity.manifest));
    let summary = error.redacted();
    let lost = selected
        .ok()
        .and_then(|selected| alert_without_plugins(selected, identity, &report, &summary));
    let Some(lost) = lost else {
        return error.into();
    };
    report.warn(lost);
    let report = Box::new(report);
    RunError::Unfinished { report, error }
}

pub(super) fn plugins(prepared: &Prepared<'_>, report: &Report) -> Result<Active, Error> {
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
pub(super) fn check(prepared: &Prepared<'_>, plugins: &Active) -> Result<(), Error> {
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
