//! `floe-trace diff`: what is different between two sets of runs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_redact::printable;
use floe_trace::{Change, ChangeKind, Diff as Found, Recording, diff as compare, escape_html};
use serde_json::{Value as Json, json};

use super::input::Limits;
use super::table::{self, Column};
use super::{Failure, output, print, print_json};

/// The exit code if something is different.
const CHANGED: u8 = 1;
/// The most characters of a cell.
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
    /// Write a page, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
}

/// Compares, and prints what is different.
pub(crate) fn diff(options: &Diff) -> Result<ExitCode, Failure> {
    if let Some(path) = &options.html {
        for inputs in [&options.before, &options.after] {
            output::spare(inputs, path)?;
        }
        let one_of_each = options.one.iter().chain(&options.other);
        output::spare(&one_of_each.cloned().collect::<Vec<_>>(), path)?;
    }
    let before = options.runs(options.one.as_ref(), &options.before)?;
    let after = options.runs(options.other.as_ref(), &options.after)?;
    for (runs, side) in [(&before, "before"), (&after, "after")] {
        if runs.iter().all(|run| run.spans.is_empty()) {
            return Err(Failure(format!("expected spans in the runs {side}, found none")));
        }
    }
    let found = compare(&before, &after);
    if let Some(path) = &options.html {
        output::write(path, |out| out.write_all(page(&found).as_bytes()))?;
    }
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
        _ => kind.as_str().replace('_', " "),
    }
}

fn certainty(change: &Change) -> String {
    let rank = match change.rank {
        Some((1, of)) => format!("above all {} before, ", of - 1),
        Some((rank, of)) if rank == of => format!("below all {} before, ", of - 1),
        Some((rank, of)) => format!("rank {rank} of {of}, "),
        None => String::new(),
    };
    match change.chance {
        None => rank + "exact",
        Some(it) if it < 1e-4 => rank + "chance < 0.01 %",
        Some(it) => format!("{rank}chance {:.2} %", it * 100.0),
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

/// What is said where no difference was found.
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

/// The table as a page, without a script.
fn page(found: &Found) -> String {
    let most =
        found.changes.iter().map(|change| change.weight.unsigned_abs()).max().unwrap_or(1).max(1);
    let mut body = format!("<p>{}</p>\n", escape_html(&coverage(found)));
    for note in &found.notes {
        let _ = writeln!(body, "<p class=\"note\">{}</p>", escape_html(note));
    }
    if found.changes.is_empty() {
        let _ = writeln!(body, "<p>{}</p>", nothing(found));
    } else {
        body.push_str("<table><thead><tr>");
        for title in HEAD.iter().chain(&["time"]) {
            let _ = write!(body, "<th>{title}</th>");
        }
        body.push_str("</tr></thead><tbody>\n");
        for (row, change) in rows(found).iter().zip(&found.changes) {
            let _ = write!(body, "<tr class=\"{}\">", change.kind.as_str());
            for cell in row {
                let _ = write!(body, "<td>{}</td>", escape_html(cell));
            }
            let weight = change.weight.unsigned_abs();
            let width = u128::from(weight) * 120 / u128::from(most);
            let time = floe_trace::duration(weight);
            let _ = writeln!(
                body,
                "<td><svg width=\"{}\" height=\"10\"><rect width=\"{}\" height=\"10\" rx=\"2\"/></svg> {time}</td></tr>",
                width.max(2),
                width.max(2)
            );
        }
        body.push_str("</tbody></table>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>What is different</title><style>{STYLE}</style></head><body>\n<h1>What is different</h1>\n{body}</body></html>\n"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:24px;font-variant-numeric:tabular-nums}\
h1{font-size:20px}table{border-collapse:collapse;display:block;overflow-x:auto}th,td{text-align:left;padding:5px 16px 5px 0;\
border-bottom:1px solid #8884;vertical-align:top}td:nth-child(2){min-width:12em;overflow-wrap:anywhere}.note{opacity:.7}.failing td:first-child,[class^=slower] td:first-child,.repeated_calls td:first-child{\
color:light-dark(#b3261e,#ff8a80);font-weight:600}[class^=faster] td:first-child{color:light-dark(#1a7f37,#7ee2a8);font-weight:600}rect{fill:#4477aa}";
