//! The end of a run: writes the results, sends an alert if the run failed, and records the metrics.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use floe_plugin::alert::{Message, Severity};
use floe_plugin::orchestrator::{Asset as DagsterAsset, PipelineOutcome};
use floe_plugin::{PluginType, rfc3339};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{Mode, get_current_span, traced};

use super::report::{Report, RunError};
use super::run::{Run, TRACER_NAME};
use crate::history;
use crate::identity::Identity;
use crate::manifest::{self, Manifest};
use crate::metrics;
use crate::plugins::active::{self, Active, CHECK_FAILED, RUN_FAILED};
use crate::product::{self, OUTPUT_FOLDER};
use crate::record::{Outcome, Record, Status};

pub(super) fn report(
    run: &Run<'_>,
    mut report: Report,
    built: Result<(), Error>,
) -> Result<Report, RunError> {
    let Run { identity, plugins, .. } = run;
    let span = get_current_span();
    if let Some(id) = &report.record.dagster_run_id {
        // The id of Dagster's run comes from the environment, or from the run that built the assets.
        span.set_attribute(DagsterAsset::RUN_ID, id.clone());
    }
    let failure = report.failure(&built);
    // The results are written after the warehouse, because a run is not a success before its tables can be read.
    let written = finish(&mut report, built.as_ref().err(), !plugins.warnings().is_empty());
    let dbt_invocation_ids = Some(report.dbt_invocation_ids());
    span.set_attributes(&PipelineOutcome {
        dbt_invocation_ids: dbt_invocation_ids.filter(|ids| !ids.is_empty()),
    });
    if let Some(failure) = failure.filter(|_| !interrupt::is_requested()) {
        let lost = alert_of_run(plugins, identity, report.run_id(), &failure);
        // The run may have failed because of the alert channel, whose failure is then reported already.
        if let Some(lost) = lost.filter(|lost| *lost != failure) {
            report.warn(lost);
        }
    }
    for warning in plugins.warnings() {
        report.warn(warning);
    }
    record_metrics(&identity.name, &report, built.is_err());
    if let Err(error) = built.and(written) {
        let report = Box::new(report);
        return Err(RunError::Unfinished { report, error });
    }
    let failed = report.count(Outcome::is_failed);
    let dbt_invocation_ids = report.dbt_invocation_ids().join(",");
    tracing::info!(
        built = report.built().count(),
        failed,
        skipped = report.count(Outcome::is_skipped),
        unchanged = report.count(Outcome::is_unchanged),
        run_id = report.run_id(),
        lineage_run_id = report.run_id(),
        dagster_run_id = report.record.dagster_run_id,
        dbt_invocation_ids = (!dbt_invocation_ids.is_empty()).then_some(dbt_invocation_ids),
        "run ended"
    );
    if failed > 0 {
        return Err(RunError::AssetsFailed(Box::new(report)));
    }
    Ok(report)
}

/// Records the metrics of a run. `stopped` is `true` if the run ended early.
fn record_metrics(product: &str, report: &Report, stopped: bool) {
    metrics::record_run(product, report.took(), stopped || report.count(Outcome::is_failed) > 0);
    for (status, count) in [
        ("success", report.built().count()),
        ("failed", report.count(Outcome::is_failed)),
        ("skipped", report.count(Outcome::is_skipped)),
        ("unchanged", report.count(Outcome::is_unchanged)),
    ] {
        metrics::last_assets(product, status, count);
    }
    for step in report.steps().iter().filter(|it| !it.is_only_tested()) {
        metrics::asset(&step.key, step.outcome.as_str());
        if step.noun() == "model" && step.is_built() {
            let layer = if step.kind == "model" { "dbt" } else { &step.kind };
            metrics::model(&step.key, layer, step.seconds, step.rows());
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Alert<'a> {
    /// A run that failed.
    OfRun,
    /// A failed check, or a failed test of dbt.
    OfCheck { asset: &'a str },
}

pub(super) fn alert(
    plugins: &Active,
    identity: &Identity,
    run_id: &str,
    summary: &str,
    about: Alert<'_>,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let message = match about {
        Alert::OfRun => {
            Message { severity: Severity::Critical, ..Message::new(RUN_FAILED, summary) }
        }
        Alert::OfCheck { asset } => Message {
            severity: Severity::Error,
            violation: Some("quality"),
            asset: Some(asset),
            ..Message::new(CHECK_FAILED, summary)
        },
    };
    plugins.alert(&Message {
        namespace: &identity.namespace,
        product: &identity.name,
        environment: identity.environment.as_str(),
        run_id: Some(run_id),
        trace_id: ids.as_ref().map(|(trace, _)| &**trace),
        ..message
    })
}

/// Sends the alert of a failed run. Returns the error of a lost alert. That error does not replace the error of the run.
fn alert_of_run(
    plugins: &Active,
    identity: &Identity,
    run_id: &str,
    summary: &str,
) -> Option<String> {
    let error = alert(plugins, identity, run_id, summary, Alert::OfRun).err()?;
    tracing::warn!(%error, "the alert was not sent");
    Some(error.redacted())
}

/// Sends an alert to the channels of the manifest about a product that could not be read or compiled. Returns the error
/// of a lost alert. Without a channel, nothing is sent, because the program prints the error.
pub(super) fn alert_of_mistake(
    identity: &Identity,
    manifest: &Manifest,
    run_id: &str,
    summary: &str,
) -> Option<String> {
    let mut selected = manifest.plugins.selected(&identity.manifest).ok()?;
    // The plugins of other types are left out, because the alert may be about a mistake in their configuration.
    selected.retain(|it| matches!(it.kind, PluginType::AlertChannel | PluginType::Secrets));
    if !selected.iter().any(|it| it.kind == PluginType::AlertChannel) {
        return None;
    }
    let plugins = match Active::configure(selected, identity) {
        Ok(plugins) => plugins,
        // The command has already reported a mistake in the manifest, which may be this one.
        Err(_) if summary.starts_with(&*identity.manifest.to_string_lossy()) => return None,
        Err(error) => return Some(error.redacted()),
    };
    let started = plugins.start(|kind| kind == PluginType::AlertChannel);
    let lost = alert_of_run(&plugins, identity, run_id, summary);
    started.err().map(|error| error.redacted()).or(lost).or(plugins.warnings().pop())
}

/// Returns the path of the results of the last run.
pub fn results_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("run_results.json")
}

/// Reports a run whose product or manifest cannot be read: in its results, and by an alert to the channels of the
/// manifest. Returns the error of a lost alert.
pub(crate) fn report_unread(
    folder: &Path,
    manifest: Option<&Path>,
    environment: Option<Mode>,
    stopped: &Error,
) -> Option<String> {
    let run_id = RunId::new().to_string();
    write_unbegun(folder, &run_id, stopped);
    let path = manifest::locate(folder, manifest).ok()?;
    let manifest = Manifest::read(&path).ok()?;
    let identity = Identity::unnamed(folder, path, &manifest, environment);
    alert_of_mistake(&identity, &manifest, &run_id, &stopped.redacted())
}

/// Replaces the results of an earlier run, if any, with the results of a run that could not begin.
pub(crate) fn write_unbegun(folder: &Path, run_id: &str, stopped: &Error) {
    let Ok(earlier) = fs::read(results_path(folder)) else {
        return;
    };
    let earlier: Record = serde_json::from_slice(&earlier).unwrap_or_default();
    let now = rfc3339(SystemTime::now());
    let record = Record {
        command: "run".to_owned(),
        product_name: earlier.product_name,
        product_version: earlier.product_version,
        environment: earlier.environment,
        status: Status::Failed,
        started_at: now.clone(),
        ended_at: Some(now),
        message: Some(stopped.redacted()),
        run_id: Some(run_id.to_owned()),
        lineage_run_id: Some(run_id.to_owned()),
        ..Record::default()
    };
    let checked = product::check_output_folder(folder);
    let written = checked.and_then(|()| {
        history::add(folder, &record);
        save(folder, &record)
    });
    if let Err(error) = written {
        tracing::warn!(%error, "the results of this run were not written");
    }
}

/// Replaces the results of an earlier run with the results of a run that starts.
pub(super) fn start(report: &mut Report) -> Result<(), Error> {
    for warning in history::add(&report.folder, &report.record) {
        report.warn(warning);
    }
    let written = save(&report.folder, &report.record);
    if matches!(written, Err(Error::Io { .. })) {
        // The results of the earlier run would be mistaken for the results of this run.
        atomic::remove(&results_path(&report.folder))?;
    }
    written
}

/// Writes the results of a run. `stopped` is the error that ended the run early.
pub(super) fn finish(
    report: &mut Report,
    stopped: Option<&Error>,
    has_warnings: bool,
) -> Result<(), Error> {
    report.end();
    let is_success = stopped.is_none() && report.count(Outcome::is_failed) == 0;
    let (_, failed) = report.checks();
    let ids = active::ids_at_end(!is_success || failed > 0 || has_warnings);
    (report.record.trace_id, report.record.span_id) = ids.unzip();
    report.record.status = Status::of(is_success);
    report.record.message = stopped.map(Error::redacted);
    for warning in add_to_history(&report.folder, &report.record) {
        tracing::warn!("{warning}");
        report.warn(warning);
    }
    save(&report.folder, &report.record)
}

#[traced(name = "floe.history.write", tracer = TRACER_NAME)]
fn add_to_history(folder: &Path, record: &Record) -> Vec<String> {
    history::add(folder, record)
}

#[traced(name = "floe.results.write", tracer = TRACER_NAME)]
fn save(folder: &Path, record: &Record) -> Result<(), Error> {
    atomic::write(&results_path(folder), Access::Private, |file| {
        serde_json::to_writer_pretty(&mut *file, record)?;
        file.write_all(b"\n")
    })
}
