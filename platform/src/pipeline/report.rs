//! What became of a run, for a person: a line for each asset and one for all.

use std::fmt;
use std::time::{Duration, Instant};

use floe_telemetry::sanitize_error_message;

use super::RunId;
use crate::error::Error;
use crate::identity::Identity;

/// What became of a run.
#[derive(Debug)]
pub struct Report {
    product: String,
    run_id: RunId,
    started: Instant,
    steps: Vec<Step>,
}

/// What became of one asset.
#[derive(Debug)]
pub struct Step {
    /// The asset.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// What became of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the warehouse.
    Built {
        /// How many rows it has.
        rows: u64,
    },
    /// Its query is wrong.
    Failed {
        /// Where and why.
        message: String,
    },
    /// Something that it needs is not there.
    Skipped {
        /// What it needs.
        missing: String,
    },
}

impl Outcome {
    /// Whether it is in the warehouse.
    pub fn is_built(&self) -> bool {
        matches!(self, Self::Built { .. })
    }

    /// Whether its query is wrong.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// Whether it was left out.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped { .. })
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
            steps: Vec::new(),
        }
    }

    pub(super) fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// Adds what becomes of an asset, also when the run ends with it.
    pub(super) fn time(
        &mut self,
        key: &str,
        build: impl FnOnce(&Self) -> Result<Outcome, Error>,
    ) -> Result<&Step, Error> {
        let started = Instant::now();
        let result = build(self);
        let outcome = match &result {
            Ok(outcome) => outcome.clone(),
            Err(error) => Outcome::Failed {
                message: sanitize_error_message(&error.to_string()).into_owned(),
            },
        };
        let step = Step {
            key: key.to_owned(),
            outcome,
            took: started.elapsed(),
        };
        self.steps.push(step);
        result.map(|_| &self.steps[self.steps.len() - 1])
    }

    /// What became of each asset, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How long the run has taken so far.
    pub(super) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// How many assets it is true of.
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
            Took(self.took()),
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, outcome, took } = self;
        match outcome {
            Outcome::Built { rows } => {
                let (rows, took) = (Thousands(*rows).to_string(), Took(*took).to_string());
                write!(f, "built    {key:<24} {rows:>9} rows {took:>9}")
            }
            Outcome::Failed { message } => write!(f, "failed   {key:<24} {message}"),
            Outcome::Skipped { missing } => write!(f, "skipped  {key:<24} needs {missing}"),
        }
    }
}

/// A number with a comma after each three digits.
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

/// A duration as people say it.
struct Took(Duration);

impl fmt::Display for Took {
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
        assert_eq!(Took(Duration::from_micros(1_234)).to_string(), "1.2 ms");
        assert_eq!(Took(Duration::from_millis(1_234)).to_string(), "1.23 s");
    }
}
