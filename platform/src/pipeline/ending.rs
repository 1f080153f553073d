//! The end of a run: its results, its alert, and what it says of itself.

use floe_plugin::orchestrator::{Asset as DagsterAsset, PipelineOutcome};
use floe_plugins::process::interrupt;
use floe_telemetry::get_current_span;

use super::alerts::{alert_failed, alert_without_plugins};
use super::outcome::Outcome;
use super::report::{Report, RunError};
use super::{Compiled, measured, metrics, observed, results, unusual};
use crate::identity::Identity;
use crate::plugins::active::Active;

pub(super) fn finish(
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

pub(super) fn failed_assets(report: &Report) -> String {
    let failed = report.count(Outcome::is_failed);
    format!("{failed} of {} assets failed", report.steps().len())
}
