//! The results of the last run as a JSON file beside the compiled artifacts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use floe_plugin::rfc3339;
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::traced;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::report::{Checks, FailedCheck, Report, Step};
use super::run::TRACER_NAME;
use crate::environment::Environment;
use crate::identity::{Identity, Lines};
use crate::pipeline::history::{self, Job, Record};
use crate::plugins::active::{self, Active};
use crate::product::{self, OUTPUT_FOLDER};

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
            assets: report.steps().iter().map(asset).collect(),
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

fn asset(step: &Step) -> Asset<'_> {
    let mut asset = Asset {
        key: &step.key,
        status: Status::Success,
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
        Outcome::Failed { message, .. } => {
            asset.status = Status::Failed;
            asset.message = Some(message);
        }
        Outcome::Skipped { missing } => {
            asset.status = Status::Skipped;
            asset.missing = Some(missing);
        }
    }
    asset
}
