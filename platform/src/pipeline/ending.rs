//! The end of a run: its results, its alert, and its summary.

use floe_plugin::orchestrator::{Asset as DagsterAsset, PipelineOutcome};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::get_current_span;

use super::alerts::{alert, alert_without_plugins};
use super::outcome::Outcome;
use super::report::{Report, RunError};
use super::{Prepared, measured, metrics, results, unusual};
use crate::plugins::active::Active;

/// Reports a finished run, whether it has built its tables or not.
pub(super) fn report(
    prepared: &Prepared<'_>,
    mut report: Report,
    plugins: Option<&Active>,
    built: Result<(), Error>,
) -> Result<Report, RunError> {
    let (identity, artifacts) = (prepared.identity, &*prepared.artifacts);
    let span = get_current_span();
    if let Some(id) = &report.dagster_run_id {
        // That of the environment, or that of the run which has built the assets.
        span.set_attribute(DagsterAsset::RUN_ID, id.clone());
    }
    let failure = report.failure(&built);
    let is_success = failure.is_none();
    report.unusual =
        measured::add(identity, &mut report, artifacts, is_success, unusual::sentences);
    let dbt_invocation_ids = Some(report.dbt_invocation_ids());
    let told: Vec<&str> = report.unusual.iter().map(String::as_str).collect();
    span.set_attributes(&PipelineOutcome {
        dbt_invocation_ids: dbt_invocation_ids.filter(|ids| !ids.is_empty()),
        unusual: Some(told).filter(|told| !told.is_empty()),
    });
    // The results follow the warehouse: a run is not a success before its tables can be read.
    let mut written = results::write(identity, &report, plugins, built.as_ref().err());
    if let Some(failure) = failure.filter(|_| !interrupt::is_requested()) {
        let lost = match plugins {
            Some(plugins) => alert(plugins, identity, &report, &failure),
            None => alert_without_plugins(artifacts.selected(), identity, &report, &failure),
        };
        // The channel may be what has failed the run.
        if let Some(lost) = lost.filter(|lost| *lost != failure) {
            report.warn(lost);
        }
    }
    let stopped = plugins.map_or(Ok(()), Active::stop);
    let built = match (built, stopped) {
        // An asset that failed is reported, and the other error is in the log.
        (Ok(()), Err(error)) if is_success => {
            written = results::write(identity, &report, plugins, Some(&error));
            Err(error)
        }
        (built, _) => built,
    };
    for warning in plugins.into_iter().flat_map(Active::warnings) {
        report.warn(warning);
    }
    report.end();
    metrics::record(&identity.name, artifacts, &report, built.is_err());
    if let Err(error) = built.and(written) {
        let report = Box::new(report);
        return Err(RunError::Unfinished { report, error });
    }
    let failed = report.count(Outcome::is_failed);
    let dbt_invocation_ids = report.dbt_invocation_ids().join(",");
    tracing::info!(
        built = report.count(Outcome::is_built),
        failed,
        skipped = report.count(Outcome::is_skipped),
        run_id = report.run_id().as_str(),
        lineage_run_id = report.run_id().as_str(),
        dagster_run_id = report.dagster_run_id,
        dbt_invocation_ids = (!dbt_invocation_ids.is_empty()).then_some(dbt_invocation_ids),
        "run ended"
    );
    if failed > 0 {
        return Err(RunError::AssetsFailed(Box::new(report)));
    }
    Ok(report)
}
