//! Checks of a benchmark's results that do not depend on time.
//!
//! Without them, a benchmark would succeed even if its spans are lost, and its table would be wrong.

use std::fmt::Display;
use std::process::ExitCode;

/// The checks of one benchmark. All failures are reported before the program exits.
#[derive(Debug, Default)]
pub struct Checks {
    failures: Vec<String>,
}

impl Checks {
    #[must_use]
    pub const fn new() -> Self {
        Self { failures: Vec::new() }
    }

    pub fn equal(&mut self, what: impl Display, found: u64, expected: u64) {
        if found != expected {
            self.failures.push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    pub fn at_least(&mut self, what: impl Display, found: u64, least: u64) {
        if found < least {
            self.failures.push(format!("{what}: expected at least {least}, found {found}"));
        }
    }

    /// Requires a figure that was measured: it is finite and above zero.
    pub fn measured(&mut self, what: impl Display, figure: f64) {
        if !(figure.is_finite() && figure > 0.0) {
            self.failures.push(format!("{what}: `{figure}` is not a measurement"));
        }
    }

    /// Requires a figure that is finite. For differences, which may be negative.
    pub fn finite(&mut self, what: impl Display, figure: f64) {
        if !figure.is_finite() {
            self.failures.push(format!("{what}: `{figure}` is not a measurement"));
        }
    }

    pub fn failed(&mut self, what: impl Display) {
        self.failures.push(what.to_string());
    }

    /// Prints the failures to standard error. The exit code is a failure if there are any.
    #[must_use]
    pub fn finish(self) -> ExitCode {
        for failure in &self.failures {
            eprintln!("failed: {failure}");
        }
        if self.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::Checks;

    fn failures(check: impl FnOnce(&mut Checks)) -> Vec<String> {
        let mut checks = Checks::new();
        check(&mut checks);
        checks.failures
    }

    #[test]
    fn lost_and_duplicated_spans_fail() {
        let found = failures(|checks| {
            checks.equal("spans", 9, 10);
            checks.equal("spans", 11, 10);
            checks.equal("spans", 10, 10);
            checks.at_least("spans", 0, 1);
            checks.at_least("spans", 1, 1);
        });
        assert_eq!(
            found,
            [
                "spans: expected 10, found 9",
                "spans: expected 10, found 11",
                "spans: expected at least 1, found 0",
            ]
        );
    }

    #[test]
    fn missing_measurements_fail() {
        let found = failures(|checks| {
            for figure in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.1] {
                checks.measured("ns", figure);
            }
            for figure in [f64::NAN, -1.0, 0.0] {
                checks.finite("added", figure);
            }
        });
        assert_eq!(
            found,
            [
                "ns: `0` is not a measurement",
                "ns: `-1` is not a measurement",
                "ns: `NaN` is not a measurement",
                "ns: `inf` is not a measurement",
                "added: `NaN` is not a measurement",
            ]
        );
    }
}
