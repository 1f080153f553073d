//! The report of a run: one line for each asset and a summary.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use floe_plugins::error::Error;
use floe_plugins::runs::correlation;
use floe_plugins::runs::run_id::RunId;

use super::outcome::Outcome;
use crate::identity::Identity;

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    product: String,
    run_id: RunId,
    started: Instant,
    started_at: SystemTime,
    /// The id of the run in Dagster that this one is a part of, or that builds its assets.
    dagster_run_id: Option<String>,
    steps: Vec<Step>,
    /// The exit code of the program if assets failed.
    exit_code: u8,
}

/// The outcome of one asset.
#[derive(Debug)]
pub struct Step {
    /// The name of the asset.
    pub key: String,
    /// The id of the run of the job that builds the asset, in its lineage.
    pub run_id: RunId,
    /// The id of dbt's command, if dbt has built the asset.
    pub dbt_invocation_id: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
    /// The time that building the asset took.
    pub took: Duration,
}

/// An error of a run that did not build all assets of a product.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Some assets failed; every asset that does not depend on them was built.
    #[error("{} of {} assets failed", .0.count(Outcome::is_failed), .0.steps().len())]
    AssetsFailed(Box<Report>),
    /// The asset that this process builds failed.
    #[error("{0}")]
    AssetFailed(String),
    /// The run stopped before all assets were built.
    #[error(transparent)]
    Stopped(#[from] Error),
}

impl RunError {
    /// The exit code of the program: see [`Error::exit_code`]; if assets failed, 1 or the orchestrator's.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::AssetsFailed(report) => report.exit_code,
            Self::AssetFailed(_) => 1,
            Self::Stopped(error) => error.exit_code(),
        }
    }
}

impl Report {
    pub(super) fn new(identity: &Identity, run_id: &RunId) -> Self {
        let Identity {
            name,
            version,
            environment,
            ..
        } = identity;
        Self {
            product: format!("{name} {version} ({environment})"),
            run_id: run_id.clone(),
            started: Instant::now(),
            started_at: SystemTime::now(),
            dagster_run_id: correlation::dagster_run_id(),
            steps: Vec::new(),
            exit_code: 1,
        }
    }

    /// Sets the exit code of the program if assets failed: that of an orchestrator.
    pub(super) fn set_exit_code(&mut self, code: u8) {
        self.exit_code = code;
    }

    /// Adds the outcome of an asset that another process has built.
    pub(super) fn add(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(super) fn run_id(&self) -> &RunId {
        &self.run_id
    }

    pub(super) fn dagster_run_id(&self) -> Option<&str> {
        self.dagster_run_id.as_deref()
    }

    /// Sets the id of the run in Dagster that builds the assets.
    pub(super) fn set_dagster_run_id(&mut self, id: &str) {
        self.dagster_run_id = Some(id.to_owned());
    }

    pub(super) fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// Builds an asset and adds its outcome to the report, even if the error stops the run.
    pub(super) fn time(
        &mut self,
        key: &str,
        build: impl FnOnce(&Self, &RunId) -> Result<Outcome, Error>,
        dbt_invocation_id: impl FnOnce() -> Option<String>,
    ) -> Result<&Step, Error> {
        let started = Instant::now();
        let run_id = RunId::new();
        let result = build(self, &run_id);
        let outcome = match &result {
            Ok(outcome) => outcome.clone(),
            Err(error) => Outcome::Failed {
                message: error.redacted(),
            },
        };
        let step = Step {
            key: key.to_owned(),
            run_id,
            dbt_invocation_id: dbt_invocation_id(),
            outcome,
            took: started.elapsed(),
        };
        self.steps.push(step);
        result.map(|_| &self.steps[self.steps.len() - 1])
    }

    /// The outcomes of the assets, in the order in which they were built.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The ids of dbt's commands, in the order of the assets.
    pub(super) fn dbt_invocation_ids(&self) -> Vec<&str> {
        let steps = self.steps.iter();
        steps
            .filter_map(|step| step.dbt_invocation_id.as_deref())
            .collect()
    }

    /// The time since the run started.
    pub(super) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// The number of assets for whose outcome `is` returns `true`.
    pub fn count(&self, is: fn(&Outcome) -> bool) -> usize {
        self.steps.iter().filter(|step| is(&step.outcome)).count()
    }

    pub(super) fn is_built(&self, key: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.key == key && step.outcome.is_built())
    }

    fn rows(&self) -> u64 {
        let rows = |step: &Step| match step.outcome {
            Outcome::Built { rows } => rows,
            _ => 0,
        };
        self.steps.iter().map(rows).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, run {}", self.product, self.run_id)?;
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        write!(
            f,
            "{} built, {} failed, {} skipped; {} rows in {}",
            self.count(Outcome::is_built),
            self.count(Outcome::is_failed),
            self.count(Outcome::is_skipped),
            Thousands(self.rows()),
            Elapsed(self.took()),
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key, outcome, took, ..
        } = self;
        match outcome {
            Outcome::Built { rows } => {
                let (rows, took) = (Thousands(*rows).to_string(), Elapsed(*took).to_string());
                write!(f, "built    {key:<24} {rows:>9} rows {took:>9}")
            }
            Outcome::Failed { message } => write!(f, "failed   {key:<24} {message}"),
            Outcome::Skipped { missing } => write!(f, "skipped  {key:<24} needs {missing}"),
        }
    }
}

/// A number with a comma between groups of three digits.
struct Thousands(u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A duration in milliseconds or seconds.
struct Elapsed(Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            return write!(f, "{:.1} ms", self.0.as_secs_f64() * 1e3);
        }
        write!(f, "{:.2} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!(Thousands(7).to_string(), "7");
        assert_eq!(Thousands(176_000).to_string(), "176,000");
        assert_eq!(Thousands(1_234_567).to_string(), "1,234,567");
        assert_eq!(Elapsed(Duration::from_micros(1_234)).to_string(), "1.2 ms");
        assert_eq!(Elapsed(Duration::from_millis(1_234)).to_string(), "1.23 s");
    }
}
