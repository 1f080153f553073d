//! The report of a run: the outcome of each asset and a summary.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use floe_plugin::dbt::BuiltNode;
use floe_plugin::rfc3339;
use floe_plugins::error::Error;
use floe_plugins::quote::one_line;
use floe_plugins::runs::correlation;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::Status;
use floe_telemetry::{ErrorType, get_current_span, printable};
use serde::{Deserialize, Serialize};

use super::failed_path;
use super::outcome::Outcome;
use crate::artifacts::CompiledArtifacts;
use crate::history::measured::{self, MeasuredAsset, MeasuredRun};
use crate::identity::Identity;
use crate::plugins::active;
use crate::product::warehouse_path;
use crate::text::{Count, Elapsed};

/// The maximum number of failed assets in the summary.
const MOST_FAILED: usize = 10;

/// The maximum number of printed characters of a query.
const LONGEST_QUERY: usize = 300;

/// The class of the error of a run with failed assets.
const ASSETS_FAILED: &str = "pipeline.assets_failed";

/// Marks the orchestrator's span, which lies between the span of a failed asset and the span of the run.
pub(crate) fn mark_failed() {
    let span = get_current_span();
    span.set_attribute("error.type", ASSETS_FAILED);
    span.set_status(Status::error("assets failed"));
}

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    product: String,
    folder: PathBuf,
    run_id: RunId,
    pub(crate) trace_id: Option<String>,
    started: Instant,
    /// The time until the run ended.
    took: Duration,
    pub(crate) started_at: SystemTime,
    /// The id of the Dagster run that contains this run, or that builds its assets.
    pub(crate) dagster_run_id: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// The name of the engine that builds the tables.
    pub(crate) engine: String,
    /// The number of the assets of the product.
    pub(crate) assets: usize,
    /// Whether dbt owns the tables.
    is_of_dbt: bool,
    /// The id of dbt's command.
    pub(crate) dbt_invocation_id: Option<String>,
    definitions: BTreeMap<String, Definition>,
    stages: Vec<(&'static str, Duration)>,
    /// The place of the gold tables' objects.
    pub(crate) objects: Option<String>,
    /// Whether the warehouse contains the tables of this run.
    pub(crate) is_published: bool,
    /// Failures of plugins that did not fail the run, without credentials.
    pub(crate) warnings: Vec<String>,
    /// The unusual findings of the run, compared with earlier runs.
    pub(crate) unusual: Vec<String>,
    /// The exit code of the program if assets failed.
    pub(crate) exit_code: u8,
}

/// An asset as it is defined.
#[derive(Debug, Default)]
struct Definition {
    /// One of [`KINDS`].
    kind: &'static str,
    /// A hash of the compiled query, or of the columns of a source.
    query: String,
    inputs: Vec<String>,
}

/// The outcome of one asset.
#[derive(Debug)]
pub struct Step {
    /// The name of the asset.
    pub key: String,
    /// The id of the run of the job that builds the asset, in its lineage.
    pub run_id: RunId,
    /// The outcome.
    pub outcome: Outcome,
    /// The time of building the asset, without generating its file.
    pub took: Duration,
    /// Other facts about the asset.
    pub(crate) details: Details,
}

/// The numbers of passed and failed checks.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Checks {
    /// The number of checks that passed.
    pub passed: u64,
    /// The number of failed checks, including tolerated ones.
    pub failed: u64,
}

/// A failed check, for a search for its rows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailedCheck {
    /// The name, which is unique among the checks of the asset.
    pub name: String,
    /// The query, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// One line.
impl fmt::Display for FailedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        if let Some(query) = &self.query {
            let query = one_line(query);
            let end = query.char_indices().nth(LONGEST_QUERY);
            match end {
                Some((end, _)) => write!(f, ": {}…", printable(&query[..end]))?,
                None => write!(f, ": {}", printable(&query))?,
            }
        }
        Ok(())
    }
}

/// Facts about an asset besides its outcome.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Details {
    /// The size of a loaded source's file.
    pub(crate) bytes: Option<u64>,
    /// The time of generating the file of a source.
    pub(crate) generated: Option<Duration>,
    /// The results of the checks of a model.
    pub(crate) checks: Checks,
    /// The failed checks, including tolerated ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed_checks: Vec<FailedCheck>,
    /// The id of the dbt command that built the asset.
    pub(crate) dbt_invocation_id: Option<String>,
    /// The nodes of a dbt project that a step of Dagster built.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) nodes: Vec<BuiltNode>,
}

/// The error of a run that did not build all assets of a product.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Some assets failed; every asset that does not depend on them was built.
    #[error("{} of {} assets failed", .0.count(Outcome::is_failed), .0.steps().len())]
    AssetsFailed(Box<Report>),
    /// The asset of this process failed.
    #[error("{0}")]
    AssetFailed(String),
    /// The run stopped before all assets were built and published.
    #[error("{error}")]
    Unfinished {
        /// The work done before the error.
        report: Box<Report>,
        /// The cause.
        error: Error,
    },
    /// The run stopped before it built anything.
    #[error(transparent)]
    Stopped(#[from] Error),
}

impl RunError {
    /// The exit code of the program: see [`Error::exit_code`]; if assets failed, 1 or the orchestrator's.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::AssetsFailed(report) => report.exit_code,
            Self::AssetFailed(_) => 1,
            Self::Unfinished { error, .. } | Self::Stopped(error) => error.exit_code(),
        }
    }

    /// The work done before the error.
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
        Self {
            product: identity.title(),
            folder: identity.folder.clone(),
            run_id: run_id.clone(),
            trace_id: active::current_ids().map(|(trace, _)| trace),
            started: Instant::now(),
            took: Duration::ZERO,
            started_at: SystemTime::now(),
            dagster_run_id: correlation::dagster_run_id(),
            steps: Vec::new(),
            engine: String::new(),
            assets: 0,
            is_of_dbt: false,
            dbt_invocation_id: None,
            definitions: BTreeMap::new(),
            stages: Vec::new(),
            objects: None,
            is_published: false,
            warnings: Vec::new(),
            unusual: Vec::new(),
            exit_code: 1,
        }
    }

    /// The id of the run.
    pub fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// Adds a failure that does not fail the run, unless it is there.
    pub(crate) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Whether the run began to build assets.
    pub fn has_begun(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Sets the assets that the run will build.
    pub(crate) fn expect(&mut self, artifacts: &CompiledArtifacts) {
        self.is_of_dbt = artifacts.dbt.is_some();
        self.assets = artifacts.sources.len() + artifacts.models.len();
        let sources = artifacts.sources.iter().map(|source| {
            // A source is loaded alike however its file was generated, so its columns stand for a query.
            let columns = source.columns().into_iter();
            let columns: Vec<String> =
                columns.map(|it| format!("{} {:?}", it.name, it.kind)).collect();
            let query = measured::hash(columns.iter().map(String::as_str));
            let definition = Definition { kind: "source", query, inputs: Vec::new() };
            (source.name.to_string(), definition)
        });
        let models = artifacts.models.iter().map(|model| {
            let parts = [model.materialization.as_str(), &model.query.sql];
            let query = measured::hash(parts.into_iter());
            let inputs = model.query.depends_on.iter().cloned().collect();
            (model.name.to_string(), Definition { kind: "model", query, inputs })
        });
        self.definitions = sources.chain(models).collect();
    }

    /// Adds a node of dbt, built or not.
    pub(crate) fn expect_node(&mut self, node: &BuiltNode) {
        self.assets += 1;
        let definition = Definition {
            kind: kind_of_node(&node.resource_type),
            query: node.sql.clone().unwrap_or_default(),
            inputs: node.reads.clone(),
        };
        self.definitions.insert(node.name.clone(), definition);
    }

    /// The kind of an asset: one of [`KINDS`].
    pub(crate) fn kind(&self, key: &str) -> &'static str {
        self.definitions.get(key).map_or("source", |it| it.kind)
    }

    /// The measurements of the run until now.
    pub(crate) fn measured(&self, environment: &str, is_success: bool) -> MeasuredRun {
        // The assets are measured by themselves.
        let stages = self.stages.iter().filter(|(stage, _)| !matches!(*stage, "load" | "build"));
        MeasuredRun {
            run_id: self.run_id.to_string(),
            command: if self.is_of_dbt { "dbt build" } else { "run" }.to_owned(),
            started_at: rfc3339(self.started_at),
            environment: environment.to_owned(),
            status: if is_success { "success" } else { "failed" }.to_owned(),
            seconds: self.took().as_secs_f64(),
            machine: measured::machine(),
            stages: stages.map(|(name, took)| ((*name).to_owned(), took.as_secs_f64())).collect(),
            assets: self.steps.iter().map(|step| self.measured_asset(step)).collect(),
            ..MeasuredRun::default()
        }
    }

    fn measured_asset(&self, step: &Step) -> MeasuredAsset {
        let none = Definition::default();
        let Definition { query, inputs, .. } = self.definitions.get(&step.key).unwrap_or(&none);
        let rows_in = inputs.iter().map(|input| self.rows(input)).sum();
        let is_tested = self.is_only_tested(step) && step.outcome.is_built();
        MeasuredAsset {
            name: step.key.clone(),
            status: if is_tested { "tested" } else { step.outcome.as_str() }.to_owned(),
            seconds: step.took.as_secs_f64(),
            rows_in: if inputs.is_empty() { None } else { rows_in },
            rows: self.rows(&step.key),
            checks_passed: step.details.checks.passed,
            checks_failed: step.details.checks.failed,
            query: query.clone(),
            failed_since: None,
            inputs: inputs.clone(),
        }
    }

    pub(crate) fn end_stage(&mut self, stage: &'static str, took: Duration) {
        self.stages.push((stage, took));
    }

    /// Records the durations of the consecutive stages that built the assets.
    pub(crate) fn end_assets(&mut self) {
        let of = |is: &dyn Fn(&Step) -> Option<Duration>| -> Duration {
            self.steps.iter().filter_map(is).sum()
        };
        let stages = [
            ("generate input", of(&|step| step.details.generated)),
            ("load", of(&|step| (self.kind(&step.key) != "model").then_some(step.took))),
            ("build", of(&|step| (self.kind(&step.key) == "model").then_some(step.took))),
        ];
        let ended = stages.into_iter().filter(|(_, took)| !took.is_zero());
        self.stages.extend(ended);
    }

    pub(crate) fn end(&mut self) {
        self.took = self.took();
    }

    /// The first printed line of a run.
    pub(crate) fn title(&self, checks: usize) -> String {
        if self.is_of_dbt && self.definitions.is_empty() {
            return format!("{} · dbt build", self.product);
        }
        let assets = of_kinds(self.definitions.values().map(|it| it.kind));
        let checks = match checks {
            0 => String::new(),
            checks => format!(", {}", Count(checks, "check")),
        };
        format!("{} · {assets}{checks}", self.product)
    }

    /// The numbers of built, failed, skipped and unbegun assets.
    fn counts(&self) -> [usize; 4] {
        let rest = self.assets.saturating_sub(self.steps.len());
        let [failed, skipped] = [Outcome::is_failed, Outcome::is_skipped].map(|is| self.count(is));
        [self.built().count(), failed, skipped, rest]
    }

    /// Whether the asset is a source of dbt, which tests its sources without building them.
    pub(crate) fn is_only_tested(&self, step: &Step) -> bool {
        step.details.dbt_invocation_id.is_some() && self.kind(&step.key) == "source"
    }

    /// The kind of each built asset.
    pub(crate) fn built(&self) -> impl Iterator<Item = &'static str> {
        let built =
            self.steps.iter().filter(|it| it.outcome.is_built() && !self.is_only_tested(it));
        built.map(|step| self.kind(&step.key))
    }

    pub(crate) fn checks(&self) -> Checks {
        let mut all = Checks::default();
        for Checks { passed, failed } in self.steps.iter().map(|step| step.details.checks) {
            all.passed += passed;
            all.failed += failed;
        }
        all
    }

    /// Writes the failed assets with their messages, up to a maximum; the others are counted.
    fn write_failed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.steps.iter().filter_map(|step| match &step.outcome {
            Outcome::Failed { message } => Some((step, message)),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        let shown = &failed[..failed.len().min(MOST_FAILED)];
        let width = shown.iter().map(|(step, _)| step.key.len()).max().unwrap_or(0);
        let labels = iter::once("failed").chain(iter::repeat(""));
        for (label, (step, message)) in labels.zip(shown) {
            write!(f, "\n{label:<8} {:<width$}  {message}", step.key)?;
            for check in step.details.failed_checks.iter().take(MOST_FAILED) {
                write!(f, "\n{:<8} {:<width$}  {check}", "", "")?;
            }
        }
        match failed.len() - shown.len() {
            0 => Ok(()),
            rest => write!(f, "\n         and {rest} more"),
        }
    }

    /// Writes the tolerated failed checks, up to a maximum; the summary has counted all.
    fn write_tolerated(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let built = self.steps.iter().filter(|step| step.outcome.is_built());
        let failed =
            built.flat_map(|step| step.details.failed_checks.iter().map(|it| (&*step.key, it)));
        let labels = iter::once("checks").chain(iter::repeat(""));
        for (label, (key, check)) in labels.zip(failed).take(MOST_FAILED) {
            write!(f, "\n{label:<8} {key}  {check}")?;
        }
        Ok(())
    }

    /// The place of the tables.
    fn tables(&self) -> String {
        if self.is_of_dbt {
            return "in the database of dbt's profile".to_owned();
        }
        let [_, failed, _, rest] = self.counts();
        let good = warehouse_path(&self.folder);
        let partial = failed_path(&self.folder);
        let has_partial = failed > 0 && rest == 0 && partial.exists();
        let (good, partial, has_good) = (good.display(), partial.display(), good.exists());
        match (has_good, has_partial) {
            (true, _) if self.is_published => format!("{good} ({})", self.engine),
            (true, false) => format!("{good} (of an earlier run)"),
            (true, true) => format!("{good} (of an earlier run), {partial}"),
            (false, true) => partial.to_string(),
            (false, false) => "none: the run ended before its tables were in place".to_owned(),
        }
    }

    /// Builds an asset and adds its outcome to the report, even if the error stops the run.
    pub(crate) fn time(
        &mut self,
        key: &str,
        build: impl FnOnce(&Self, &RunId) -> (Result<Outcome, Error>, Details),
    ) -> (&Step, Result<(), Error>) {
        let started = Instant::now();
        let run_id = RunId::new();
        let (result, details) = build(self, &run_id);
        let took = started.elapsed();
        let outcome = match &result {
            Ok(outcome) => outcome.clone(),
            Err(error) => Outcome::Failed { message: error.redacted() },
        };
        let generated = details.generated.unwrap_or_default();
        let step = Step {
            key: key.to_owned(),
            run_id,
            outcome,
            took: took.saturating_sub(generated),
            details,
        };
        self.steps.push(step);
        (&self.steps[self.steps.len() - 1], result.map(drop))
    }

    /// The outcomes of the assets, in the order in which they were built.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The ids of dbt's commands, in the order of the assets.
    pub(crate) fn dbt_invocation_ids(&self) -> Vec<&str> {
        let steps = self.steps.iter().map(|step| &step.details.dbt_invocation_id);
        let ids = iter::once(&self.dbt_invocation_id).chain(steps);
        let mut ids: Vec<&str> = ids.filter_map(Option::as_deref).collect();
        // One command builds several models.
        ids.dedup();
        ids
    }

    /// The time since the run started.
    pub(crate) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// The error of a failed run. `built` is whether it has built and published all assets.
    pub(crate) fn failure(&self, built: &Result<(), Error>) -> Option<String> {
        let failed = self.count(Outcome::is_failed);
        match built {
            Err(error) => Some(error.redacted()),
            Ok(()) if failed > 0 => Some(format!("{failed} of {} assets failed", self.steps.len())),
            Ok(()) => None,
        }
    }

    /// The number of assets for whose outcome `is` returns `true`.
    pub fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.steps.iter().filter(|step| is(&step.outcome)).count()
    }

    pub(crate) fn is_built(&self, key: &str) -> bool {
        self.steps.iter().any(|step| step.key == key && step.outcome.is_built())
    }

    /// The number of rows of an asset that was built.
    pub(crate) fn rows(&self, key: &str) -> Option<u64> {
        let step = self.steps.iter().find(|step| step.key == key)?;
        match step.outcome {
            Outcome::Built { rows } => rows,
            _ => None,
        }
    }
}

/// The summary: how many assets were built and checks passed, where the time went, and where the results are.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, failed, skipped, rest] = self.counts();
        write!(f, "{} built", of_kinds(self.built()))?;
        write!(f, ", {failed} failed")?;
        for (count, what) in [(skipped, "skipped"), (rest, "not started")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        let checks = self.checks();
        if checks != Checks::default() {
            let passed = usize::try_from(checks.passed).unwrap_or(usize::MAX);
            let passed = Count(passed, "check");
            write!(f, " · {passed} passed, {} failed", checks.failed)?;
        }
        write!(f, " · {}", Elapsed(self.took))?;
        self.write_failed(f)?;
        self.write_tolerated(f)?;
        let stages = self.stages.iter().map(|(stage, took)| (*stage, *took));
        write_times(f, "stages ", stages)?;
        let labels = iter::once("unusual").chain(iter::repeat(""));
        for (label, unusual) in labels.zip(&self.unusual) {
            write!(f, "\n{label:<8} {unusual}")?;
        }
        write!(f, "\ntables   {}", self.tables())?;
        match &self.objects {
            Some(objects) => write!(f, "\nobjects  {objects}"),
            None => Ok(()),
        }
    }
}

/// Writes a line with times, if there are any.
fn write_times<'a>(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    times: impl Iterator<Item = (&'a str, Duration)>,
) -> fmt::Result {
    let times: Vec<String> =
        times.map(|(name, took)| format!("{name} {}", Elapsed(took))).collect();
    if times.is_empty() {
        return Ok(());
    }
    write!(f, "\n{label}  {}", times.join(", "))
}

/// The kinds of an asset. Only nodes of dbt have the last three.
const KINDS: [&str; 5] = ["model", "source", "seed", "snapshot", "node"];

/// The kind of a dbt node, by its type.
pub(crate) fn kind_of_node(resource_type: &str) -> &'static str {
    KINDS.into_iter().find(|kind| *kind == resource_type).unwrap_or("node")
}

/// The number of each kind; `0` without any.
fn of_kinds(found: impl Iterator<Item = &'static str>) -> String {
    let found: Vec<&str> = found.collect();
    let count = |kind| Count(found.iter().filter(|it| **it == kind).count(), kind);
    let kinds = KINDS.map(count).into_iter().filter(|it| it.0 > 0);
    let kinds: Vec<String> = kinds.map(|it| it.to_string()).collect();
    match kinds.split_last() {
        None => "0".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
