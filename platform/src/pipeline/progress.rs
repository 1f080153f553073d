//! While a run builds assets, prints a line for each one that ends.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use floe_plugin::dbt::{BuiltNode, NodeStatus};
use floe_telemetry::exporter::uses_color;
use floe_telemetry::sanitize_error_message;

use super::report::Report;
use crate::artifacts::CompiledArtifacts;
use crate::identity::{Identity, Lines};
use crate::record::{Outcome, Step, noun};
use crate::text::{Count, Elapsed, Thousands};

const MAX_KEY: usize = 40;

/// The width of the names while only dbt knows them.
const UNKNOWN_KEY: usize = 24;

pub(super) struct Progress {
    lines: Lines,
    /// The width of the names.
    width: usize,
    has_color: bool,
}

impl Progress {
    pub(super) fn finish_all(&self, report: &Report, printed: &HashSet<String>) {
        let steps = report.steps().iter().filter(|step| !printed.contains(&step.key));
        steps.for_each(|step| self.finish(step));
    }

    /// If lines are requested, prints each node of dbt when it ends, and returns the names of the printed nodes.
    /// Skipped nodes are printed at the end of the run, when the reason is known; tests that passed are not printed.
    pub(super) fn print_nodes(
        &self,
        nodes: impl IntoIterator<Item = BuiltNode>,
    ) -> HashSet<String> {
        let mut printed = HashSet::new();
        for node in nodes.into_iter().filter(|_| self.lines == Lines::Text) {
            match node.status {
                NodeStatus::Built if !node.is_test() => {
                    let BuiltNode { name, resource_type, rows, seconds, .. } = &node;
                    print(&self.built(name, resource_type, *rows, *seconds, ""));
                }
                NodeStatus::Failed => {
                    print(&self.failed(&node.name, &sanitize_error_message(&node.message)));
                }
                _ => continue,
            }
            if !node.is_test() {
                printed.insert(node.name);
            }
        }
        printed
    }

    pub(super) fn new(identity: &Identity, report: &Report, artifacts: &CompiledArtifacts) -> Self {
        let sources = artifacts.sources.iter();
        let models = artifacts.models.iter();
        let checks = artifacts.checked().map(|it| it.checks.len()).sum();
        let names = sources
            .map(|it| &it.name)
            .chain(models.map(|it| &it.name))
            .map(|it| it.len())
            .chain(report.steps().iter().map(|step| step.key.len()));
        let progress = Self {
            lines: identity.lines,
            width: names.max().unwrap_or(UNKNOWN_KEY).min(MAX_KEY),
            has_color: uses_color(io::stderr().is_terminal()),
        };
        if identity.lines == Lines::Text {
            print(&report.title(checks));
        }
        progress
    }

    pub(super) fn finish(&self, step: &Step) {
        match self.lines {
            Lines::None => {}
            Lines::Text => print(&self.line(step)),
            Lines::Errors => print_error(step),
        }
    }

    fn line(&self, step: &Step) -> String {
        let width = self.width;
        let key = &step.key;
        match &step.outcome {
            Outcome::Built { rows } => {
                self.built(key, &step.kind, *rows, step.seconds, &note(step))
            }
            Outcome::Failed { message } => self.failed(key, message),
            Outcome::Skipped { missing } => {
                let mark = self.paint(AnsiColor::Yellow, "↷");
                format!("  {mark} {key:<width$} needs {missing}")
            }
            Outcome::Unchanged => format!("  · {key:<width$} unchanged"),
        }
    }

    fn built(&self, key: &str, kind: &str, rows: Option<u64>, seconds: f64, note: &str) -> String {
        let mark = self.paint(AnsiColor::Green, "✓");
        let width = self.width;
        let kind = match noun(kind) {
            "model" => kind,
            noun => noun,
        };
        let noun = match rows {
            None => "",
            Some(1) => "row",
            Some(_) => "rows",
        };
        let rows = rows.map(|rows| Thousands(rows).to_string()).unwrap_or_default();
        let took = Elapsed(seconds).to_string();
        let line =
            format!("  {mark} {key:<width$}  {kind:<6} {rows:>9} {noun:<4} {took:>9}  {note}");
        line.trim_end().to_owned()
    }

    fn failed(&self, key: &str, message: &str) -> String {
        let mark = self.paint(AnsiColor::Red, "✗");
        let width = self.width;
        format!("  {mark} {key:<width$} {}", self.paint(AnsiColor::Red, message))
    }

    fn paint(&self, color: AnsiColor, text: &str) -> String {
        if !self.has_color {
            return text.to_owned();
        }
        let style: Style = color.on_default();
        format!("{style}{text}{style:#}")
    }
}

fn print_error(step: &Step) {
    if let Outcome::Failed { message } = &step.outcome {
        print(&format!("error: {message}"));
        // The checks are printed here because a quiet run has no summary.
        for check in &step.failed_checks {
            print(&format!("         {check}"));
        }
    }
}

pub(super) fn print(text: &str) {
    // If standard error is closed, the error cannot be reported.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn note(step: &Step) -> String {
    let passed = step.checks_passed;
    let failed = step.checks_failed;
    let all = Count(usize::try_from(passed + failed).unwrap_or(usize::MAX), "check");
    match (passed, failed) {
        (0, 0) => String::new(),
        (_, 0) => format!("{all} passed"),
        _ => format!("{failed} of {all} failed"),
    }
}
