//! The output of a run while it builds assets: a line for each ended asset.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use floe_plugin::dbt::{BuiltNode, NodeStatus};
use floe_telemetry::exporter::uses_color;
use floe_telemetry::sanitize_error_message;

use super::outcome::Outcome;
use super::report::{Checks, Report, Step, kind_of_node};
use crate::artifacts::CompiledArtifacts;
use crate::identity::{Identity, Lines};
use crate::text::{Amount, Count, Elapsed, Thousands};

/// The maximum width of an asset's name.
const MAX_KEY: usize = 40;

/// The width of names that only dbt knows.
const UNKNOWN_KEY: usize = 24;

pub(super) struct Progress {
    lines: Lines,
    /// The layers of the models, and the types of dbt's nodes.
    kinds: HashMap<String, &'static str>,
    /// The width of the names.
    width: usize,
    has_color: bool,
}

impl Progress {
    /// Prints the steps of a finished report that are not printed yet.
    pub(super) fn finish_all(mut self, report: &Report, printed: &HashSet<String>) {
        let steps = report.steps().iter().filter(|step| !printed.contains(&step.key));
        for step in steps {
            self.kinds.insert(step.key.clone(), report.kind(&step.key));
            self.finish(step);
        }
    }

    /// Prints each node of dbt when it ends, and returns the names. A skipped node is printed at the end with the
    /// reason; passed tests are only counted.
    pub(super) fn print_nodes(
        &self,
        nodes: impl IntoIterator<Item = BuiltNode>,
    ) -> HashSet<String> {
        let mut printed = HashSet::new();
        for node in nodes.into_iter().filter(|_| self.lines == Lines::Text) {
            let took = Duration::try_from_secs_f64(node.seconds).unwrap_or_default();
            match node.status {
                NodeStatus::Built if !node.is_test() => {
                    let kind = kind_of_node(&node.resource_type);
                    print(&self.built(&node.name, kind, node.rows, took, ""));
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
        let names = sources.map(|it| &it.name);
        let names = names.chain(models.clone().map(|it| &it.name)).map(|it| it.len());
        let names = names.chain(report.steps().iter().map(|step| step.key.len()));
        let progress = Self {
            lines: identity.lines,
            kinds: models.map(|it| (it.name.to_string(), it.layer.as_str())).collect(),
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
        let Step { key, took, .. } = step;
        match &step.outcome {
            Outcome::Built { rows } => {
                let kind = self.kinds.get(key).copied().unwrap_or("source");
                self.built(key, kind, *rows, *took, &note(step))
            }
            Outcome::Failed { message } => self.failed(key, message),
            Outcome::Skipped { missing } => {
                let mark = self.paint(AnsiColor::Yellow, "↷");
                format!("  {mark} {key:<width$} needs {missing}")
            }
        }
    }

    fn built(
        &self,
        key: &str,
        kind: &str,
        rows: Option<u64>,
        took: Duration,
        note: &str,
    ) -> String {
        let (mark, width) = (self.paint(AnsiColor::Green, "✓"), self.width);
        let noun = match rows {
            None => "",
            Some(1) => "row",
            Some(_) => "rows",
        };
        let rows = rows.map(|rows| Thousands(rows).to_string()).unwrap_or_default();
        let took = Elapsed(took).to_string();
        let line =
            format!("  {mark} {key:<width$}  {kind:<6} {rows:>9} {noun:<4} {took:>9}  {note}");
        line.trim_end().to_owned()
    }

    fn failed(&self, key: &str, message: &str) -> String {
        let (mark, width) = (self.paint(AnsiColor::Red, "✗"), self.width);
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
        // There may be no summary.
        for check in &step.details.failed_checks {
            print(&format!("         {check}"));
        }
    }
}

fn print(text: &str) {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Details of a built asset: its file and its checks.
fn note(step: &Step) -> String {
    let Checks { passed, failed } = step.details.checks;
    let all = usize::try_from(passed + failed).unwrap_or(usize::MAX);
    let file = match (step.details.generated, step.details.bytes) {
        (Some(took), _) => Some(format!("generated in {}", Elapsed(took))),
        (None, Some(bytes)) => Some(Amount(bytes).to_string()),
        (None, None) => None,
    };
    let checks = match (passed, failed) {
        (0, 0) => None,
        (_, 0) => Some(format!("{} passed", Count(all, "check"))),
        _ => Some(format!("{failed} of {} failed", Count(all, "check"))),
    };
    let notes: Vec<String> = file.into_iter().chain(checks).collect();
    notes.join(", ")
}
