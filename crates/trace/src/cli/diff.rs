//! `floe-trace diff`: the differences between two sets of runs.

use std::cell::OnceCell;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_redact::printable;
use floe_trace::{Change, ChangeKind, Diff as Found, diff as compare};
use serde_json::json;

use super::input::{Limits, files_of};
use super::table;
use super::{Failure, print, print_json};

/// The exit code for a difference.
const CHANGED: u8 = 1;
const CLIP: usize = 70;

#[derive(Clone, Debug, Args)]
pub(crate) struct Diff {
    /// A file, or a folder in which each file is a run
    before: PathBuf,
    /// A file or folder of the runs after the change
    after: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: Limits,
}

pub(crate) fn diff(options: &Diff) -> Result<ExitCode, Failure> {
    let failure = OnceCell::new();
    // After the first failure no file is read.
    let read = |file| match failure.get() {
        Some(_) => None,
        None => options.limits.read(&[file]).map_err(|it| failure.set(it)).ok(),
    };
    let runs = |files: Vec<PathBuf>| files.into_iter().map_while(read);
    let found = compare(runs(files_of(&options.before)?), runs(files_of(&options.after)?));
    if let Some(failure) = failure.into_inner() {
        return Err(failure);
    }
    for (coverage, side) in [(found.before, "before"), (found.after, "after")] {
        if coverage.spans == 0 {
            return Err(Failure(format!("expected spans {side} the change, found none")));
        }
    }
    if options.json {
        print_json(json!(found))?;
    } else {
        print(text(&found))?;
    }
    Ok(ExitCode::from(if found.changes.is_empty() { 0 } else { CHANGED }))
}

/// Formats the factor, such as `+5.1 %` or `×3.0`.
fn factor(change: &Change) -> String {
    match change.factor {
        Some(factor) if (0.5..2.0).contains(&factor) => format!("{:+.1} %", (factor - 1.0) * 100.0),
        Some(factor) => format!("×{factor:.1}"),
        None => String::new(),
    }
}

fn what(kind: ChangeKind) -> String {
    match kind {
        ChangeKind::SlowerTotal => "slower in total, but no span name accounts for it".to_owned(),
        ChangeKind::FasterTotal => "faster in total, but no span name accounts for it".to_owned(),
        // The other kinds are named as in JSON.
        _ => json!(kind).as_str().unwrap_or_default().replace('_', " "),
    }
}

fn certainty(change: &Change) -> String {
    match change.chance {
        None => "exact".to_owned(),
        Some(it) if it < 1e-4 => "chance < 0.01 %".to_owned(),
        Some(it) => format!("chance {:.2} %", it * 100.0),
    }
}

fn place(change: &Change) -> String {
    let place = if change.parent.is_empty() {
        change.service.clone()
    } else {
        format!("{} > {}", change.service, change.parent)
    };
    match &*change.place {
        "" => place,
        at => format!("{place} ({at})"),
    }
}

fn rows(found: &Found) -> Vec<Vec<String>> {
    let rows = found.changes.iter().map(|change| {
        let cells = [
            what(change.kind),
            change.name.clone(),
            format!("{} → {}", change.before, change.after),
            factor(change),
            certainty(change),
            place(change),
        ];
        cells.map(|text| table::cell(&text, CLIP)).into()
    });
    rows.collect()
}

const HEAD: [&str; 6] = ["what", "name", "before → after", "change", "certainty", "where"];

fn coverage(found: &Found) -> String {
    let [before, after] = [found.before, found.after].map(|it| {
        let of = [(it.runs, "run"), (it.traces, "trace"), (it.spans, "span")];
        of.map(|(count, what)| table::counted(count, what)).join(", ")
    });
    format!("before: {before} · after: {after}")
}

fn text(found: &Found) -> String {
    let mut text = coverage(found) + "\n";
    for note in &found.notes {
        let _ = writeln!(text, "note: {}", printable(note));
    }
    if found.changes.is_empty() {
        return text + "no difference can be distinguished from chance\n";
    }
    text + &table::table(0, &HEAD, rows(found))
}
