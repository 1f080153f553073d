//! The tables of a benchmark, and checks of results that do not depend on time.
//!
//! Without the checks, a benchmark that loses spans would succeed with a wrong table.

use std::fmt::Display;
use std::fs;
use std::process::ExitCode;
use std::thread;

/// Prints a table as Markdown. The first column has no heading.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    println!("\n|  | {} |\n|{}", headings.join(" | "), "---|".repeat(headings.len() + 1));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// Formats a figure with at least three digits.
pub(crate) fn figure(number: f64) -> String {
    let digits = match number.abs() {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };

    format!("{number:.digits$}")
}

pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
    format!(
        "{}, {} threads, Linux {}",
        model.unwrap_or_default().trim_start_matches([' ', '\t', ':']),
        thread::available_parallelism().map_or(0, usize::from),
        read("/proc/sys/kernel/osrelease").trim(),
    )
}

/// Checks that collect their failures, so that all are reported before the program exits.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    failures: Vec<String>,
}

impl Checks {
    pub(crate) fn equal(&mut self, what: impl Display, found: u64, expected: u64) {
        if found != expected {
            self.failures.push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    pub(crate) fn at_least(&mut self, what: impl Display, found: u64, least: u64) {
        if found < least {
            self.failures.push(format!("{what}: expected at least {least}, found {found}"));
        }
    }

    /// Requires that a figure was measured, which means that it is finite and above zero.
    pub(crate) fn measured(&mut self, what: impl Display, figure: f64) {
        if !(figure.is_finite() && figure > 0.0) {
            self.failures.push(format!("{what}: `{figure}` is not a measurement"));
        }
    }

    pub(crate) fn failed(&mut self, what: impl Display) {
        self.failures.push(what.to_string());
    }

    pub(crate) fn finish(self) -> ExitCode {
        for failure in &self.failures {
            eprintln!("failed: {failure}");
        }

        if self.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
