//! `floe-trace why`, `errors`, `critical-path` and `names`: short answers about traces, as tables or as JSON.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use floe_trace::{Forest, Status, causes, critical_path, duration, names};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value as Json, json};

use super::input::{Input, print_notes};
use super::table::{self, Column};
use super::{Failure, print, print_json};

/// The name of a wait on the critical path, during which no span ran.
const WAITED: &str = "waited, no span";
const CLIP: usize = 60;

/// The options of the commands `why`, `errors`, `critical-path` and `names`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Question {
    #[command(flatten)]
    input: Input,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    /// The maximum number of rows
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
}

/// A row of an answer: the names of the columns and their values, in the order of the table.
type Row = Vec<(&'static str, Json)>;

macro_rules! row {
    ($($name:literal: $value:expr),* $(,)?) => {
        vec![$(($name, Json::from($value))),*]
    };
}

/// An answer: its rows, and the number of rows without the limit.
struct Answer {
    rows: Vec<Row>,
    total: usize,
}

pub(crate) fn answer(
    question: &Question,
    rows: fn(&Forest<'_>) -> Vec<Row>,
) -> Result<ExitCode, Failure> {
    let recording = question.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    let mut rows = rows(&forest);
    let total = rows.len();
    rows.truncate(question.limit);
    if question.json {
        let object = |row: Row| {
            row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
        };
        let rows: Json = rows.into_iter().map(object).collect();
        let text = json!({"rows": rows, "total": total}).to_string();
        return print_json(&text).map(|()| ExitCode::SUCCESS);
    }
    print(format_args!("{}", table(&Answer { rows, total }))).map(|()| ExitCode::SUCCESS)
}

pub(crate) fn errors(forest: &Forest<'_>) -> Vec<Row> {
    let spans = 0..forest.recording().spans.len();
    let failed: Vec<usize> = spans.filter(|it| forest.span(*it).is_failure()).collect();
    // All ancestors of an error count as explained, because a span between two errors may have no status.
    let mut explained = FxHashSet::default();
    for span in &failed {
        let mut above = forest.tree().parent(*span);
        while let Some(span) = above.filter(|it| explained.insert(*it)) {
            above = forest.tree().parent(span);
        }
    }
    let innermost = failed.into_iter().filter(|span| !explained.contains(span));
    let mut groups: FxHashMap<(&str, &str, String), (usize, usize)> = FxHashMap::default();
    for index in innermost {
        let span = forest.span(index);
        let message = match &span.status {
            Status::Error(message) => &**message,
            _ => "",
        };
        let kind = span.attribute("error.type").map(ToString::to_string).unwrap_or_default();
        groups.entry((&span.name, message, kind)).or_insert((0, index)).0 += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (times, first))| (Reverse(*times), *first));
    let rows = groups.into_iter().map(|((name, message, kind), (times, first))| {
        let span = forest.span(first);
        row! {
            "times": times,
            "name": name,
            "error": kind,
            "message": message,
            "path": ancestors(forest, first),
            "service": forest.recording().service(span),
            "span": span.id.to_string(),
            "trace": span.trace.to_string(),
        }
    });
    rows.collect()
}

/// Returns the names from the root of a trace to a span, at most the last eight.
fn ancestors(forest: &Forest<'_>, span: usize) -> String {
    let mut path = Vec::new();
    let mut at = Some(span);
    while let Some(span) = at
        && path.len() < 8
    {
        path.push(&*forest.span(span).name);
        at = forest.tree().parent(span);
    }
    if at.is_some() {
        path.push("…");
    }
    path.reverse();
    path.join(" > ")
}

pub(crate) fn path(forest: &Forest<'_>) -> Vec<Row> {
    let traces = forest.traces().iter();
    let Some(trace) = traces.max_by_key(|trace| trace.duration()) else {
        return Vec::new();
    };
    // Steps with the same path of names, such as the steps of a loop, are one row.
    let mut parts: FxHashMap<(&str, String, bool), Part> = FxHashMap::default();
    for step in critical_path(forest.tree(), &trace.roots) {
        let service = forest.recording().service(forest.span(step.span));
        let part = parts.entry((service, ancestors(forest, step.span), step.is_wait)).or_default();
        part.time += step.to - step.from;
        part.spans.insert(step.span);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by(|one, other| (other.1.time, &one.0).cmp(&(one.1.time, &other.0)));
    let rows = parts.into_iter().filter_map(|((service, path, is_wait), part)| {
        let spans = part.spans.iter().copied();
        let longest = spans.max_by_key(|it| (forest.span(*it).duration(), Reverse(*it)))?;
        let span = forest.span(longest);
        Some(row! {
            "percent": percent(part.time, trace.duration().max(1)),
            "on_path_ns": part.time,
            "spans": part.spans.len(),
            "duration_ns": span.duration(),
            "name": if is_wait { WAITED } else { &span.name },
            "service": service,
            "path": path,
            "span": span.id.to_string(),
            "trace": span.trace.to_string(),
        })
    });
    rows.collect()
}

/// The steps of a critical path that are shown as one row.
#[derive(Default)]
struct Part {
    time: u64,
    spans: FxHashSet<usize>,
}

pub(crate) fn why(forest: &Forest<'_>) -> Vec<Row> {
    let rows = causes(forest).into_iter().map(|cause| {
        let span = forest.span(cause.span);
        row! {
            "what": json!(cause.kind),
            "name": &*span.name,
            "service": forest.recording().service(span),
            "time_ns": cause.time,
            "spans": cause.spans,
            "message": cause.message,
            "span": span.id.to_string(),
            "trace": span.trace.to_string(),
        }
    });
    rows.collect()
}

pub(crate) fn statistics(forest: &Forest<'_>) -> Vec<Row> {
    let names = names(forest, 0..forest.recording().spans.len()).into_iter();
    let rows = names.map(|name| {
        row! {
            "name": name.name,
            "service": name.service,
            "spans": name.count,
            "errors": name.errors,
            "self_ns": name.own,
            "total_ns": name.total,
            "p50_ns": name.p50,
            "p95_ns": name.p95,
            "p99_ns": name.p99,
            "max_ns": name.max,
        }
    });
    rows.collect()
}

#[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
fn percent(part: u64, whole: u64) -> f64 {
    (part as f64 / whole as f64 * 1000.0).round() / 10.0
}

/// Formats a table with a header. Numbers are right-aligned, and empty columns are left out.
fn table(answer: &Answer) -> String {
    let Some(first) = answer.rows.first() else {
        return "nothing found\n".to_owned();
    };
    let mut columns = Vec::new();
    for (at, (key, value)) in first.iter().enumerate() {
        let values = answer.rows.iter().map(|row| row.get(at));
        let cells: Vec<_> = values.map(|it| cell(key, it.map(|(_, value)| value))).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        columns.push(Column {
            title: key.strip_suffix("_ns").unwrap_or(key).replace('_', " "),
            is_number: value.is_number(),
            cells,
        });
    }
    let mut text = table::table(&columns);
    if answer.rows.len() < answer.total {
        let (left, total) = (answer.total - answer.rows.len(), answer.total);
        let _ = writeln!(text, "… {left} more; --limit {total} prints them");
    }
    text
}

fn cell(key: &str, value: Option<&Json>) -> String {
    match value {
        Some(Json::String(text)) => {
            // The message is the main column of its table, so it may be long.
            table::cell(text, if key == "message" { 400 } else { CLIP })
        }
        Some(Json::Number(number)) if key.ends_with("_ns") => {
            duration(number.as_u64().unwrap_or_default())
        }
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
