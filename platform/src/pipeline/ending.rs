//! The end of a run: its results in the files of the product, its alerts, and its summary.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use floe_plugin::alert::{Message, Severity, Violation};
use floe_plugin::orchestrator::{Asset as DagsterAsset, PipelineOutcome};
use floe_plugin::{PluginType, rfc3339};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{get_current_span, traced};
use serde::{Deserialize, Serialize};

use super::Prepared;
use super::outcome::Outcome;
use super::report::{Checks, FailedCheck, Report, RunError, Step};
use super::run::TRACER_NAME;
use crate::artifacts::CompiledArtifacts;
use crate::environment::Environment;
use crate::history::{self, Job, Record, measured, unusual};
use crate::identity::{Identity, Lines};
use crate::manifest::selection::Selected;
use crate::metrics;
use crate::plugins::active::{self, Active, CHECK_FAILED, RUN_FAILED};
use crate::product::{self, OUTPUT_FOLDER};

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
        // The id is from the environment, or from the run that has built the assets.
        span.set_attribute(DagsterAsset::RUN_ID, id.clone());
    }
    let failure = report.failure(&built);
    let is_success = failure.is_none();
    report.unusual = compare(identity, &mut report, is_success);
    let dbt_invocation_ids = Some(report.dbt_invocation_ids());
    let told: Vec<&str> = report.unusual.iter().map(String::as_str).collect();
    span.set_attributes(&PipelineOutcome {
        dbt_invocation_ids: dbt_invocation_ids.filter(|ids| !ids.is_empty()),
        unusual: Some(told).filter(|told| !told.is_empty()),
    });
    // The results follow the warehouse: a run is not a success before its tables can be read.
    let mut written = write(identity, &report, plugins, built.as_ref().err());
    if let Some(failure) = failure.filter(|_| !interrupt::is_requested()) {
        let lost = match plugins {
            Some(plugins) => alert_of_run(plugins, identity, &report, &failure),
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
            written = write(identity, &report, plugins, Some(&error));
            Err(error)
        }
        (built, _) => built,
    };
    for warning in plugins.into_iter().flat_map(Active::warnings) {
        report.warn(warning);
    }
    report.end();
    record_metrics(&identity.name, artifacts, &report, built.is_err());
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

/// Records the metrics of a run. `stopped` is whether it ended early.
fn record_metrics(product: &str, artifacts: &CompiledArtifacts, report: &Report, stopped: bool) {
    metrics::record_run(product, report.took(), stopped || report.count(Outcome::is_failed) > 0);
    for (status, count) in [
        ("success", report.built().count()),
        ("failed", report.count(Outcome::is_failed)),
        ("skipped", report.count(Outcome::is_skipped)),
    ] {
        metrics::last_assets(product, status, count);
    }
    for step in report.steps().iter().filter(|it| !report.is_only_tested(it)) {
        metrics::asset(&step.key, Status::of(&step.outcome).as_str());
        let model = artifacts.models.iter().find(|model| *model.name == *step.key);
        let layer = match model {
            Some(model) => model.layer.as_str(),
            None if report.kind(&step.key) == "model" => "dbt",
            None => continue,
        };
        if let Outcome::Built { rows } = step.outcome {
            metrics::model(&step.key, layer, step.took, rows);
        }
    }
}

/// Adds a finished run to the measurements. Returns the unusual findings, and adds problems of the file to the warnings
/// of the report. A run that a signal stopped is not compared.
#[traced(name = "floe.runs.compare", tracer = TRACER_NAME)]
fn compare(identity: &Identity, report: &mut Report, is_success: bool) -> Vec<String> {
    if interrupt::is_requested() {
        return Vec::new();
    }
    let mut run = report.measured(identity.environment.as_str(), is_success);
    for warning in measured::add(&identity.folder, &mut run, unusual::sentences) {
        tracing::warn!("{warning}");
        report.warn(warning);
    }
    run.unusual
}

/// The subject of an alert.
#[derive(Clone, Copy)]
pub(super) enum Alert<'a> {
    /// A run that failed.
    OfRun { unusual: &'a str },
    /// A check that failed, also a test of dbt.
    OfCheck { asset: &'a str },
}

/// Sends an alert to each channel.
pub(super) fn alert(
    plugins: &Active,
    identity: &Identity,
    run_id: &str,
    summary: &str,
    about: Alert<'_>,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let message = match about {
        Alert::OfRun { unusual } => Message {
            severity: Severity::Critical,
            description: Some(unusual).filter(|text| !text.is_empty()),
            ..active::message(identity, run_id, RUN_FAILED, summary)
        },
        Alert::OfCheck { asset } => Message {
            severity: Severity::Error,
            violation: Some(Violation::Quality),
            asset: Some(asset),
            ..active::message(identity, run_id, CHECK_FAILED, summary)
        },
    };
    let trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    plugins.alert(&Message { trace_id, ..message })
}

/// Sends the alert of a failed run, with its unusual findings. Returns the failure of the alert, which does not replace
/// the error of the run.
fn alert_of_run(
    plugins: &Active,
    identity: &Identity,
    report: &Report,
    summary: &str,
) -> Option<String> {
    let about = Alert::OfRun { unusual: &report.unusual.join("\n") };
    let error = alert(plugins, identity, report.run_id().as_str(), summary, about).err()?;
    tracing::warn!(%error, "the alert was not sent");
    Some(error.redacted())
}

/// Sends the alert of a run whose plugins cannot be used, to the channels that can. Without a selected channel nothing
/// is sent, and the program prints the error.
pub(super) fn alert_without_plugins(
    mut selected: Vec<Selected>,
    identity: &Identity,
    report: &Report,
    summary: &str,
) -> Option<String> {
    // A mistake in another plugin's configuration may be what the alert is about.
    selected.retain(|it| matches!(it.kind, PluginType::AlertChannel | PluginType::Secrets));
    let (channels, stores): (Vec<_>, Vec<_>) =
        selected.into_iter().partition(|it| it.kind == PluginType::AlertChannel);
    let mut lost = None;
    for channel in channels {
        let mut selected = stores.clone();
        selected.push(channel);
        let started = Active::configure(selected, identity).and_then(|plugins| {
            plugins.start(|kind| kind == PluginType::AlertChannel)?;
            Ok(plugins)
        });
        match started {
            Ok(plugins) => {
                let failed = alert_of_run(&plugins, identity, report, summary);
                lost = failed.or(plugins.warnings().pop()).or(lost);
            }
            Err(error) => {
                tracing::warn!(%error, "the alert was not sent");
                lost = Some(error.redacted());
            }
        }
    }
    lost
}

#[derive(Serialize)]
struct Results<'a> {
    run_id: &'a str,
    product_name: &'a str,
    product_version: &'a str,
    environment: Environment,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    lineage_run_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dagster_run_id: Option<&'a str>,
    /// The reason why the run ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    assets: Vec<Asset<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// The run is in progress, or the program was killed.
    Started,
    Success,
    Failed,
    Skipped,
}

#[derive(Serialize)]
struct Asset<'a> {
    key: &'a str,
    status: Status,
    /// `None` for a skipped asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    lineage_run_id: Option<&'a str>,
    /// `None` for an asset that dbt did not build.
    #[serde(skip_serializing_if = "Option::is_none")]
    dbt_invocation_id: Option<&'a str>,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    /// The reason why the asset failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// The dependency that was not built.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
    /// The numbers of checks; `None` for an asset without checks.
    #[serde(flatten)]
    checks: Option<CheckCounts>,
    /// The failed checks, including tolerated ones.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    failed_checks: &'a [FailedCheck],
}

#[derive(Serialize)]
struct CheckCounts {
    checks_passed: u64,
    checks_failed: u64,
}

/// The path of the results of a product's last run.
pub fn results_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("run_results.json")
}

/// The product of earlier results.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Earlier {
    product_name: String,
    product_version: String,
    environment: Environment,
}

/// Replaces the results of the last run by the results of a run that could not start, because the files with its
/// product's name cannot be read. The name comes from the last run; without one, nothing is written.
pub(crate) fn write_unbegun(folder: &Path, stopped: &Error) {
    let Ok(earlier) = fs::read(results_path(folder)) else {
        return;
    };
    let earlier: Earlier = serde_json::from_slice(&earlier).unwrap_or_default();
    let identity = Identity {
        folder: folder.to_path_buf(),
        manifest: PathBuf::new(),
        namespace: String::new(),
        name: earlier.product_name,
        version: earlier.product_version,
        environment: earlier.environment,
        orchestrator: None,
        lines: Lines::None,
    };
    let report = Report::new(&identity, &RunId::new());
    let written = product::check_output_folder(folder)
        .and_then(|()| write(&identity, &report, None, Some(stopped)));
    if let Err(error) = written {
        tracing::warn!(%error, "the results belong to an earlier run");
    }
}

/// Replaces the results of the last run when a run starts, so that a killed run does not leave old results.
pub(super) fn start(identity: &Identity, report: &Report) -> Result<(), Error> {
    let record = record(identity, report, Status::Started, active::current_ids());
    let results = Results::new(identity, report, Status::Started);
    let written = save(&identity.folder, record, &results);
    if matches!(written, Err(Error::Io { .. })) {
        // Removing a file is possible on a full disk, too.
        atomic::remove(&results_path(&identity.folder))?;
    }
    written
}

/// Writes the results. If the run stopped early, `stopped` is the cause, and later assets are missing.
pub(super) fn write(
    identity: &Identity,
    report: &Report,
    plugins: Option<&Active>,
    stopped: Option<&Error>,
) -> Result<(), Error> {
    let is_built = stopped.is_none() && report.count(Outcome::is_failed) == 0;
    let status = if is_built { Status::Success } else { Status::Failed };
    // The trace is exported if a span of it has failed, also where the run tolerates that.
    let has_failed = !is_built
        || report.checks().failed > 0
        || plugins.is_some_and(|plugins| !plugins.warnings().is_empty());
    let ids = active::ids_at_end(has_failed);
    let record = record(identity, report, status, ids);
    let results = Results {
        message: stopped.map(Error::redacted),
        trace_id: record.trace_id.clone(),
        ..Results::new(identity, report, status)
    };
    save(&identity.folder, record, &results)
}

/// The record of the run for the history of the product.
fn record(
    identity: &Identity,
    report: &Report,
    status: Status,
    ids: Option<(String, String)>,
) -> Record {
    let (trace_id, span_id) = ids.unzip();
    let is_started = matches!(status, Status::Started);
    let jobs = report.steps().iter().filter(|it| !it.outcome.is_skipped());
    Record {
        command: "run".to_owned(),
        name: identity.title(),
        status: status.as_str().to_owned(),
        started_at: rfc3339(report.started_at),
        ended_at: (!is_started).then(|| rfc3339(SystemTime::now())),
        run_id: Some(report.run_id().to_string()),
        trace_id,
        span_id,
        lineage_run_id: Some(report.run_id().to_string()),
        dbt_invocation_id: report.dbt_invocation_id.clone(),
        dagster_run_id: report.dagster_run_id.clone(),
        jobs: jobs
            .map(|step| Job {
                name: step.key.clone(),
                lineage_run_id: step.run_id.to_string(),
                dbt_invocation_id: step.details.dbt_invocation_id.clone(),
            })
            .collect(),
    }
}

impl Status {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Built { .. } => Self::Success,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Skipped { .. } => Self::Skipped,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl<'a> Results<'a> {
    fn new(identity: &'a Identity, report: &'a Report, status: Status) -> Self {
        Self {
            run_id: report.run_id().as_str(),
            product_name: &identity.name,
            product_version: &identity.version,
            environment: identity.environment,
            status,
            trace_id: report.trace_id.clone(),
            lineage_run_id: report.run_id().as_str(),
            dagster_run_id: report.dagster_run_id.as_deref(),
            message: None,
            assets: report.steps().iter().map(result).collect(),
        }
    }
}

/// Writes both files of a run. The results are last, so that a successful run is always in the history.
#[traced(name = "floe.results.write", tracer = TRACER_NAME)]
fn save(folder: &Path, record: Record, results: &Results<'_>) -> Result<(), Error> {
    history::add(folder, record)?;
    // Messages of failed assets quote values of the product's data.
    atomic::write(&results_path(folder), Access::Private, |file| {
        serde_json::to_writer_pretty(&mut *file, results)?;
        file.write_all(b"\n")
    })
}

fn result(step: &Step) -> Asset<'_> {
    let mut asset = Asset {
        key: &step.key,
        status: Status::of(&step.outcome),
        lineage_run_id: Some(step.run_id.as_str()).filter(|_| !step.outcome.is_skipped()),
        dbt_invocation_id: step.details.dbt_invocation_id.as_deref(),
        seconds: step.took.as_secs_f64(),
        rows: None,
        message: None,
        missing: None,
        checks: (step.details.checks != Checks::default()).then_some(CheckCounts {
            checks_passed: step.details.checks.passed,
            checks_failed: step.details.checks.failed,
        }),
        failed_checks: &step.details.failed_checks,
    };
    match &step.outcome {
        Outcome::Built { rows } => asset.rows = *rows,
        Outcome::Failed { message } => asset.message = Some(message),
        Outcome::Skipped { missing } => asset.missing = Some(missing),
    }
    asset
}
