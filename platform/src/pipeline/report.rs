//! The report of a run: its record, and a summary.

use std::fmt;
use std::iter;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use floe_plugin::rfc3339;
use floe_plugins::error::Error;
use floe_plugins::runs::correlation;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::Status;
use floe_telemetry::{ErrorType, get_current_span};

use super::failed_path;
use crate::artifacts::CompiledArtifacts;
use crate::identity::Identity;
use crate::plugins::active;
use crate::product::warehouse_path;
use crate::record::{NOUNS, Outcome, Record, Step};
use crate::text::{Count, Elapsed};

const MOST_FAILED: usize = 10;

const ASSETS_FAILED: &str = "pipeline.assets_failed";

/// Marks the current span as failed: the orchestrator's, which lies between the run's span and the assets' spans.
pub(crate) fn mark_failed() {
    let span = get_current_span();
    span.set_attribute("error.type", ASSETS_FAILED);
    span.set_status(Status::error("assets failed"));
}

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    pub(crate) record: Record,
    title: String,
    pub(crate) folder: PathBuf,
    started: Instant,
    pub(crate) engine: String,
    /// The numbers of models and sources of the product; zero if only dbt knows them.
    assets: [usize; 2],
    /// Whether dbt owns the tables.
    is_of_dbt: bool,
    /// The folder and the number of the objects with the gold tables, for the summary.
    pub(crate) objects: Option<String>,
    /// Whether the warehouse contains the tables of this run.
    pub(crate) is_published: bool,
    /// The warnings, without credentials, for example about failures of plugins that did not fail the run.
    pub(crate) warnings: Vec<String>,
}

/// The error of a run, or of another command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Some assets failed, but the run reached its end.
    #[error("{} of {} assets failed", .0.count(Outcome::is_failed), .0.steps().len())]
    AssetsFailed(Box<Report>),
    /// The asset of this process failed.
    #[error("{0}")]
    AssetFailed(String),
    /// The run stopped before its end, or its results could not be written.
    #[error("{error}")]
    Unfinished {
        /// The work done before the error.
        report: Box<Report>,
        /// The cause of the stop.
        error: Error,
    },
    /// A command other than a run failed, or a run stopped before it built anything.
    #[error(transparent)]
    Stopped(#[from] Error),
}

impl RunError {
    /// Returns the exit code of the program: 1 if assets failed, otherwise that of the [error](Error::exit_code).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::AssetsFailed(_) | Self::AssetFailed(_) => 1,
            Self::Unfinished { error, .. } | Self::Stopped(error) => error.exit_code(),
        }
    }

    /// Returns the report of the work done before the error.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::AssetsFailed(report) | Self::Unfinished { report, .. } => Some(report),
            Self::AssetFailed(_) | Self::Stopped(_) => None,
        }
    }
}

impl ErrorType for RunError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::AssetsFailed(_) => ASSETS_FAILED,
            Self::AssetFailed(_) => "pipeline.asset_failed",
            Self::Unfinished { error, .. } | Self::Stopped(error) => error.error_type(),
        }
    }
}

impl Report {
    pub(crate) fn new(identity: &Identity, run_id: &RunId) -> Self {
        let (trace_id, span_id) = active::current_ids().unzip();
        Self {
            record: Record {
                command: "run".to_owned(),
                product_name: identity.name.clone(),
                product_version: identity.version.clone(),
                environment: identity.environment.to_string(),
                started_at: rfc3339(SystemTime::now()),
                run_id: Some(run_id.to_string()),
                trace_id,
                span_id,
                lineage_run_id: Some(run_id.to_string()),
                dagster_run_id: correlation::dagster_run_id(),
                ..Record::default()
            },
            title: identity.title(),
            folder: identity.folder.clone(),
            started: Instant::now(),
            engine: String::new(),
            assets: [0, 0],
            is_of_dbt: false,
            objects: None,
            is_published: false,
            warnings: Vec::new(),
        }
    }

    /// Returns the id of the run.
    pub fn run_id(&self) -> &str {
        self.record.run_id.as_deref().unwrap_or_default()
    }

    /// Returns the records of the assets that were built, failed or were skipped.
    pub fn steps(&self) -> &[Step] {
        &self.record.assets
    }

    /// Adds a warning, unless it was added before.
    pub(crate) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Whether the run began to build assets.
    pub fn has_begun(&self) -> bool {
        !self.steps().is_empty()
    }

    pub(crate) fn expect(&mut self, artifacts: &CompiledArtifacts) {
        self.is_of_dbt = artifacts.dbt.is_some();
        self.assets = [artifacts.models.len(), artifacts.sources.len()];
        if self.is_of_dbt {
            // `floe trace-dbt` gives its runs the same command, so that the runs of both programs are compared.
            "dbt build".clone_into(&mut self.record.command);
        }
    }

    pub(crate) fn end_stage(&mut self, stage: &str, took: Duration) {
        self.record.stages.push((stage.to_owned(), took.as_secs_f64()));
    }

    pub(crate) fn end(&mut self) {
        self.record.seconds = self.took().as_secs_f64();
        self.record.ended_at = Some(rfc3339(SystemTime::now()));
    }

    /// Returns the first line that a run prints.
    pub(crate) fn title(&self, checks: usize) -> String {
        let found: Vec<_> = self.steps().iter().map(Step::noun).collect();
        let assets = match self.assets {
            [0, 0] if !self.has_begun() => "dbt build".to_owned(),
            [0, 0] => of_kinds(&found),
            [models, sources] => {
                of_kinds(&[vec!["model"; models], vec!["source"; sources]].concat())
            }
        };
        let checks = match checks {
            0 => String::new(),
            checks => format!(", {}", Count(checks, "check")),
        };
        format!("{} · {assets}{checks}", self.title)
    }

    fn rest(&self) -> usize {
        self.assets.iter().sum::<usize>().saturating_sub(self.steps().len())
    }

    pub(crate) fn built(&self) -> impl Iterator<Item = &Step> {
        self.steps().iter().filter(|it| it.is_built())
    }

    pub(crate) fn checks(&self) -> (u64, u64) {
        let steps = self.steps().iter();
        steps.fold((0, 0), |(passed, failed), step| {
            (passed + step.checks_passed, failed + step.checks_failed)
        })
    }

    fn write_failed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: Vec<_> = self
            .steps()
            .iter()
            .filter_map(|step| match &step.outcome {
                Outcome::Failed { message } => Some((step, message)),
                _ => None,
            })
            .collect();
        let shown = &failed[..failed.len().min(MOST_FAILED)];
        let width = shown.iter().map(|(step, _)| step.key.len()).max().unwrap_or(0);
        let lines = shown.iter().flat_map(|(step, message)| {
            let failed = format!("{:<width$}  {message}", step.key);
            let checks = step.failed_checks.iter().take(MOST_FAILED);
            let checks = checks.map(|check| format!("{:<width$}  {check}", ""));
            iter::once(failed).chain(checks)
        });
        write_lines(f, "failed", lines)?;
        match failed.len() - shown.len() {
            0 => Ok(()),
            rest => write!(f, "\n         and {rest} more"),
        }
    }

    fn write_tolerated(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let built = self.steps().iter().filter(|step| step.outcome.is_built());
        let failed = built.flat_map(|step| {
            step.failed_checks.iter().map(|check| format!("{}  {check}", step.key))
        });
        write_lines(f, "checks", failed.take(MOST_FAILED))
    }

    fn tables(&self) -> String {
        if self.is_of_dbt {
            return "in the database of dbt's profile".to_owned();
        }
        let good = warehouse_path(&self.folder);
        let partial = failed_path(&self.folder);
        let failed = self.count(Outcome::is_failed);
        let has_partial = failed > 0 && self.rest() == 0 && partial.exists();
        let (good, partial, has_good) = (good.display(), partial.display(), good.exists());
        match (has_good, has_partial) {
            (true, _) if self.is_published => format!("{good} ({})", self.engine),
            (true, false) => format!("{good} (of an earlier run)"),
            (true, true) => {
                format!("{good} (of an earlier run), {partial} (of this run, incomplete)")
            }
            (false, true) => partial.to_string(),
            (false, false) => "none: the run ended before its tables were in place".to_owned(),
        }
    }

    /// Returns the ids of dbt's commands, in the order of the assets.
    pub(crate) fn dbt_invocation_ids(&self) -> Vec<&str> {
        let steps = self.steps().iter().map(|step| &step.dbt_invocation_id);
        let mut ids: Vec<&str> = iter::once(&self.record.dbt_invocation_id)
            .chain(steps)
            .filter_map(Option::as_deref)
            .collect();
        // The models that one command builds have the same id.
        ids.dedup();
        ids
    }

    pub(crate) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the error of a failed run, where `built` is the result of building and publishing all assets.
    pub(crate) fn failure(&self, built: &Result<(), Error>) -> Option<String> {
        let failed = self.count(Outcome::is_failed);
        match built {
            Err(error) => Some(error.redacted()),
            Ok(()) if failed > 0 => {
                Some(format!("{failed} of {} assets failed", self.steps().len()))
            }
            Ok(()) => None,
        }
    }

    /// Returns the number of assets for whose outcome `is` returns `true`.
    pub fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.steps().iter().filter(|step| is(&step.outcome)).count()
    }

    pub(crate) fn has_built(&self, key: &str) -> bool {
        self.record.asset(key).is_some_and(|step| step.outcome.is_built())
    }
}

/// Writes the summary: the numbers of assets and checks, errors, stages, and the results' paths.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [Outcome::is_failed, Outcome::is_skipped, Outcome::is_unchanged];
        let [failed, skipped, unchanged] = kinds.map(|is| self.count(is));
        write!(f, "{} built", of_kinds(&self.built().map(Step::noun).collect::<Vec<_>>()))?;
        write!(f, ", {failed} failed")?;
        for (count, what) in
            [(skipped, "skipped"), (unchanged, "unchanged"), (self.rest(), "not started")]
        {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        let (passed, failed) = self.checks();
        if passed + failed > 0 {
            let passed = Count(usize::try_from(passed).unwrap_or(usize::MAX), "check");
            write!(f, " · {passed} passed, {failed} failed")?;
        }
        write!(f, " · {}", Elapsed(self.record.seconds))?;
        self.write_failed(f)?;
        self.write_tolerated(f)?;
        let stages =
            self.record.stages.iter().map(|(name, took)| format!("{name} {}", Elapsed(*took)));
        write!(f, "\nstages   {}", stages.collect::<Vec<_>>().join(", "))?;
        write!(f, "\ntables   {}", self.tables())?;
        match &self.objects {
            Some(objects) => write!(f, "\nobjects  {objects}"),
            None => Ok(()),
        }
    }
}

/// Writes lines, of which only the first has the label.
fn write_lines(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    lines: impl Iterator<Item = String>,
) -> fmt::Result {
    let labels = iter::once(label).chain(iter::repeat(""));
    labels.zip(lines).try_for_each(|(label, line)| write!(f, "\n{label:<8} {line}"))
}

/// Returns the number of assets of each kind, for example `2 models and 1 source`; `0` without assets.
fn of_kinds(found: &[&'static str]) -> String {
    let count = |kind| Count(found.iter().filter(|it| **it == kind).count(), kind);
    let kinds: Vec<String> =
        NOUNS.map(count).into_iter().filter(|it| it.0 > 0).map(|it| it.to_string()).collect();
    match kinds.split_last() {
        None => "0".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
