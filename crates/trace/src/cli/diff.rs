//! `floe-trace diff`: the differences between two sets of runs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_redact::printable;
use floe_trace::{Change, ChangeKind, Diff as Found, Recording, diff as compare};
use serde_json::{Value as Json, json};

use super::input::Limits;
use super::table::{self, Column};
use super::{Failure, print, print_json};

/// The exit code for a difference.
const CHANGED: u8 = 1;
/// The maximum width of a cell.
const CLIP: usize = 70;

#[derive(Clone, Debug, Args)]
pub(crate) struct Diff {
    /// A file of the runs before; a folder, of which each file is a run
    #[arg(value_name = "BEFORE", required_unless_present = "before")]
    one: Option<PathBuf>,
    /// A file of the runs after, or a folder
    #[arg(value_name = "AFTER", required_unless_present = "after")]
    other: Option<PathBuf>,
    /// Several files, each of which is a run before
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "one", requires = "after")]
    before: Vec<PathBuf>,
    /// Several files, each of which is a run after
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "other", requires = "before")]
    after: Vec<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: Limits,
}

/// Compares the sets and prints the differences.
pub(crate) fn diff(options: &Diff) -> Result<ExitCode, Failure> {
    let before = options.runs(options.one.as_ref(), &options.before)?;
    let after = options.runs(options.other.as_ref(), &options.after)?;
    for (runs, side) in [(&before, "before"), (&after, "after")] {
        if runs.iter().all(|run| run.spans.is_empty()) {
            return Err(Failure(format!("expected spans in the runs {side}, found none")));
        }
    }
    let found = compare(&before, &after);
    if options.json {
        print_json(&as_json(&found).to_string())?;
    } else {
        print(format_args!("{}", text(&found)))?;
    }
    Ok(ExitCode::from(if found.changes.is_empty() { 0 } else { CHANGED }))
}

impl Diff {
    fn runs(&self, one: Option<&PathBuf>, several: &[PathBuf]) -> Result<Vec<Recording>, Failure> {
        let mut runs = Vec::new();
        for path in one.into_iter().chain(several) {
            for file in super::input::files_of(path)? {
                runs.push(self.limits.read(&[file])?);
            }
        }
        Ok(runs)
    }
}

/// `+5.1 %`, or `×3`.
fn factor(change: &Change) -> String {
    match change.factor {
        Some(factor) if (0.5..2.0).contains(&factor) => format!("{:+.1} %", (factor - 1.0) * 100.0),
        Some(factor) => format!("×{factor:.1}"),
        None => String::new(),
    }
}

fn what(kind: ChangeKind) -> String {
    match kind {
        ChangeKind::SlowerTotal => "slower in total, and no name explains it".to_owned(),
        ChangeKind::FasterTotal => "faster in total, and no name explains it".to_owned(),
        // As in JSON.
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

fn rows(found: &Found) -> Vec<[String; 6]> {
    let rows = found.changes.iter().map(|change| {
        [
            what(change.kind),
            change.name.clone(),
            format!("{} → {}", change.before, change.after),
            factor(change),
            certainty(change),
            place(change),
        ]
    });
    rows.collect()
}

const HEAD: [&str; 6] = ["what", "name", "before → after", "change", "certainty", "where"];

fn coverage(found: &Found) -> String {
    let [before, after] = found.coverage.map(|(runs, traces, spans)| {
        let of = [(runs, "run"), (traces, "trace"), (spans, "span")];
        let of =
            of.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }));
        of.join(", ")
    });
    format!("before: {before} · after: {after}")
}

/// The sentence for a comparison without a difference.
const fn nothing(found: &Found) -> &'static str {
    if found.is_undecided {
        "no difference can be told from chance"
    } else {
        "nothing is different"
    }
}

fn text(found: &Found) -> String {
    let mut text = coverage(found) + "\n";
    for note in &found.notes {
        let _ = writeln!(text, "note: {}", printable(note));
    }
    let rows = rows(found);
    if rows.is_empty() {
        return text + nothing(found) + "\n";
    }
    let columns = HEAD.iter().enumerate().map(|(at, title)| Column {
        title: (*title).to_owned(),
        is_number: false,
        cells: rows.iter().map(|row| table::cell(&row[at], CLIP)).collect(),
    });
    text + &table::table(&columns.collect::<Vec<_>>())
}

fn as_json(found: &Found) -> Json {
    let coverage = found
        .coverage
        .map(|(runs, traces, spans)| json!({"runs": runs, "traces": traces, "spans": spans}));
    json!({
        "changes": found.changes,
        "before": coverage[0],
        "after": coverage[1],
        "notes": found.notes,
        "undecided": found.is_undecided,
    })
}
