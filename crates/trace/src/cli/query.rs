//! `floe-trace why`, `errors`, `critical-path` and `names`: short answers about traces, as tables or as JSON.

use std::cmp::Reverse;
use std::fmt::Write as _;

use clap::Args;
use floe_trace::{Forest, Span, Status, causes, critical_path, duration, names, without_numbers};
use itertools::Itertools as _;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value as Json, json};

use super::input::{Input, print_notes};
use super::{Failure, print, print_json, table};
use unicode_width::UnicodeWidthStr;

/// The number of spans of a name from which slow ones are compared with others.
const FEWEST: usize = 20;
/// The name of a wait on the critical path, during which no span ran.
const WAITED: &str = "waited, no span";
/// The width of output whose width is unknown.
const WIDTH: usize = 80;
/// The attributes with the address that a span calls.
const TARGETS: [&str; 4] =
    ["server.address", "net.peer.name", "network.peer.address", "db.instance"];
/// The maximum number of targets of a name.
const MOST_TARGETS: usize = 100;
/// The maximum length of a message, in columns.
const LONGEST: usize = 800;

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

/// A question: the function that finds its rows, and the one that formats them for a number of columns.
pub(crate) struct Kind {
    rows: fn(&Forest<'_>) -> Vec<Json>,
    text: fn(&[Json], usize) -> String,
    /// Returns the text that replaces an empty list of rows.
    nothing: fn(&Forest<'_>) -> String,
}

pub(crate) const WHY: Kind = Kind { rows: why, text: why_text, nothing: no_cause };
pub(crate) const ERRORS: Kind = Kind { rows: errors, text: errors_text, nothing };
pub(crate) const PATH: Kind = Kind { rows: path, text: path_text, nothing };
pub(crate) const NAMES: Kind = Kind { rows: statistics, text: names_text, nothing };

pub(crate) fn answer(question: &Question, kind: &Kind) -> Result<(), Failure> {
    let recording = question.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    let mut rows = (kind.rows)(&forest);
    let total = rows.len();
    rows.truncate(question.limit);
    if question.json {
        return print_json(json!({"rows": rows, "total": total}));
    }
    let width = table::width(WIDTH);
    let mut text = (kind.text)(&rows, width);
    if rows.is_empty() {
        let lines = (kind.nothing)(&forest);
        text = lines.lines().map(|line| table::wrapped(line, "", width)).collect();
    } else if rows.len() < total {
        let _ = writeln!(text, "… {} more; --limit {total} prints them", total - rows.len());
    }
    print(text)
}

fn nothing(_: &Forest<'_>) -> String {
    "nothing found".to_owned()
}

/// Returns what `why` has looked for, and which other question may help.
fn no_cause(forest: &Forest<'_>) -> String {
    let all = 0..forest.recording().spans.len();
    let spans = table::counted(all.len(), "span");
    let traces = table::counted(forest.traces().len(), "trace");
    let mut text = format!(
        "nothing found in {spans} of {traces}: no repeated or retried calls, no lock or pool, no slow calls that share a property\n"
    );
    let alike = names(forest, all).iter().map(|it| it.count).max().unwrap_or_default();
    if alike < FEWEST {
        let _ = writeln!(
            text,
            "slow calls are compared with equal ones: expected at least {FEWEST} spans of a name, found {alike}; read more traces"
        );
    }
    if let Some(failed) = errors(forest).first() {
        let _ = writeln!(text, "failed: {}; `floe-trace errors` lists all", error_text(failed));
    }
    text + "`floe-trace critical-path` shows where the time of the longest trace went"
}

fn errors(forest: &Forest<'_>) -> Vec<Json> {
    let spans = 0..forest.recording().spans.len();
    let failed = spans.filter(|it| forest.span(*it).is_failure()).collect_vec();
    // All ancestors of an error count as explained, because a span between two errors may have no status.
    let mut explained = FxHashSet::default();
    for span in &failed {
        let mut above = forest.tree().parent(*span);
        while let Some(span) = above.filter(|it| explained.insert(*it)) {
            above = forest.tree().parent(span);
        }
    }
    let innermost = failed.into_iter().filter(|span| !explained.contains(span));
    // Messages that differ only by numbers are one row, with `*` for them.
    let groups = innermost.into_group_map_by(|index| {
        let span = forest.span(*index);
        let kind = span.attribute("error.type").map(ToString::to_string);
        (&*span.name, kind.unwrap_or_default(), without_numbers(message(span)))
    });
    let groups = groups.into_iter().sorted_by_key(|it| (Reverse(it.1.len()), it.1[0]));
    let rows = groups.map(|((name, kind, plain), spans)| {
        let all = || spans.iter().map(|it| forest.span(*it));
        let row = json!({
            "times": spans.len(),
            "name": name,
            "error": kind,
            "message": all().map(message).all_equal_value().unwrap_or(&plain),
            "target": all().map(target).all_equal_value().unwrap_or_default(),
            "path": ancestors(forest, spans[0]),
        });
        of_span(forest, spans[0], row)
    });
    rows.collect()
}

/// Returns the message of a failed span, or an empty text.
fn message(span: &Span) -> &str {
    match &span.status {
        Status::Error(message) => message,
        _ => "",
    }
}

/// Adds the service and the ids of a span to a row.
fn of_span(forest: &Forest<'_>, index: usize, mut row: Json) -> Json {
    let span = forest.span(index);
    row["service"] = forest.recording().service(span).into();
    row["span"] = span.id.to_string().into();
    row["trace"] = span.trace.to_string().into();
    row
}

/// Returns the address that a span calls, or an empty text.
fn target(span: &Span) -> String {
    let found = TARGETS.iter().find_map(|key| span.attribute(key));
    found.map(ToString::to_string).unwrap_or_default()
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

fn path(forest: &Forest<'_>) -> Vec<Json> {
    let traces = forest.traces().iter();
    let Some(trace) = traces.max_by_key(|trace| trace.duration()) else {
        return Vec::new();
    };
    // Steps with the same path of names and the same target, such as the steps of a loop, are one row.
    let mut parts: FxHashMap<(&str, String, String, bool), Part> = FxHashMap::default();
    for step in critical_path(forest.tree(), &trace.roots) {
        let span = forest.span(step.span);
        let service = forest.recording().service(span);
        let path = ancestors(forest, step.span);
        let part = parts.entry((service, path, target(span), step.is_wait)).or_default();
        part.time += step.to - step.from;
        part.spans.insert(step.span);
    }
    let mut parts = parts.into_iter().collect_vec();
    parts.sort_by(|one, other| (other.1.time, &one.0).cmp(&(one.1.time, &other.0)));
    let rows = parts.into_iter().filter_map(|((_, path, target, is_wait), part)| {
        let spans = part.spans.iter().copied();
        let longest = spans.max_by_key(|it| (forest.span(*it).duration(), Reverse(*it)))?;
        let span = forest.span(longest);
        let row = json!({
            "percent": percent(part.time, trace.duration().max(1)),
            "on_path_ns": part.time,
            "spans": part.spans.len(),
            "duration_ns": span.duration(),
            "name": if is_wait { WAITED } else { &span.name },
            "target": target,
            "path": path,
        });
        Some(of_span(forest, longest, row))
    });
    rows.collect()
}

/// The steps of a critical path that are shown as one row.
#[derive(Default)]
struct Part {
    time: u64,
    spans: FxHashSet<usize>,
}

fn why(forest: &Forest<'_>) -> Vec<Json> {
    let rows = causes(forest).into_iter().map(|cause| {
        let row = json!({
            "what": cause.kind,
            "name": &*forest.span(cause.span).name,
            "time_ns": cause.time,
            "spans": cause.spans,
            "message": cause.message,
        });
        of_span(forest, cause.span, row)
    });
    rows.collect()
}

fn statistics(forest: &Forest<'_>) -> Vec<Json> {
    let all = 0..forest.recording().spans.len();
    let by_target = all.clone().into_group_map_by(|index| target(forest.span(*index)));
    let mut targets: FxHashMap<(&str, &str), Vec<Json>> = FxHashMap::default();
    for (target, spans) in by_target.into_iter().filter(|it| !it.0.is_empty()).sorted() {
        for it in names(forest, spans) {
            targets.entry((it.service, it.name)).or_default().push(
                json!({"target": target, "spans": it.count, "p50_ns": it.p50, "p95_ns": it.p95}),
            );
        }
    }
    let names = names(forest, all).into_iter();
    let rows = names.map(|name| {
        let mut targets = targets.remove(&(name.service, name.name)).unwrap_or_default();
        targets.sort_by_key(|it| Reverse(it["p95_ns"].as_u64()));
        let all = targets.len();
        // The quickest one stays at the end.
        if all > MOST_TARGETS {
            targets.drain(MOST_TARGETS - 1..all - 1);
        }
        json!({
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
            "all_targets": all,
            "targets": targets,
        })
    });
    rows.collect()
}

#[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
fn percent(part: u64, whole: u64) -> f64 {
    (part as f64 / whole as f64 * 1000.0).round() / 10.0
}

/// Returns a value of a row as a readable text.
fn shown(row: &Json, key: &str) -> String {
    match &row[key] {
        Json::String(text) => table::cell(text, LONGEST),
        Json::Number(number) if key.ends_with("_ns") => {
            duration(number.as_u64().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

/// Returns a text with the service of a row behind it.
fn with_service(row: &Json, text: String) -> String {
    match &*shown(row, "service") {
        "" => text,
        service => format!("{text} [{service}]"),
    }
}

/// Returns a sentence for each row, with details below it.
fn sentences(rows: &[Json], width: usize, of: fn(&Json) -> [String; 2]) -> String {
    let row = |row: &Json| {
        let [sentence, details] = of(row);
        let details = with_service(row, details);
        table::wrapped(&sentence, "", width) + &table::wrapped(&details, "  ", width)
    };
    rows.iter().map(row).collect()
}

fn why_text(rows: &[Json], width: usize) -> String {
    sentences(rows, width, |row| {
        let keys = ["message", "what", "time_ns", "spans"];
        let [message, what, time, spans] = keys.map(|key| shown(row, key));
        [message, format!("{what}, {time} in {}", table::counted(spans, "span"))]
    })
}

fn errors_text(rows: &[Json], width: usize) -> String {
    sentences(rows, width, |row| [error_text(row), place(row)])
}

fn error_text(row: &Json) -> String {
    let keys = ["name", "error", "message"].map(|key| shown(row, key));
    let words = keys.into_iter().filter(|it| !it.is_empty()).collect_vec();
    format!("{} × {}", shown(row, "times"), words.join(": "))
}

fn path_text(rows: &[Json], width: usize) -> String {
    sentences(rows, width, |row| {
        let keys = ["percent", "on_path_ns", "name"];
        let [percent, time, name] = keys.map(|key| shown(row, key));
        [format!("{percent:>5} %  {time:>8}  {name}"), place(row)]
    })
}

/// Returns the path of a row, with the address that its spans call.
fn place(row: &Json) -> String {
    match &*shown(row, "target") {
        "" => shown(row, "path"),
        target => format!("{} at {target}", shown(row, "path")),
    }
}

/// Returns a line for each name with several targets: the slowest and the quickest one.
fn targets_text(rows: &[Json], width: usize) -> String {
    let line = |row: &Json| match row["targets"].as_array().map(Vec::as_slice) {
        Some([slowest, .., quickest]) => {
            let [most, least] = [slowest, quickest]
                .map(|it| format!("{} ({})", shown(it, "p95_ns"), shown(it, "target")));
            let text = format!(
                "{}: {} targets, whose p95 ranges from {most} to {least}",
                shown(row, "name"),
                row["all_targets"]
            );
            table::wrapped(&text, "", width)
        }
        _ => String::new(),
    };
    rows.iter().map(line).collect()
}

fn names_text(rows: &[Json], width: usize) -> String {
    let has = |key: &&str| *key != "errors" || rows.iter().any(|it| shown(it, key) != "0");
    let keys = ["spans", "errors", "self_ns", "p50_ns", "p95_ns", "max_ns"]
        .into_iter()
        .filter(has)
        .collect_vec();
    let mut titles = keys.iter().map(|key| key.trim_end_matches("_ns")).collect_vec();
    let numbers = rows.iter().map(|row| keys.iter().map(|key| shown(row, key)).collect());
    let mut cells: Vec<Vec<String>> = numbers.collect();
    let used =
        table::table(keys.len(), &titles, cells.clone()).lines().map(UnicodeWidthStr::width).max();
    let room = width.saturating_sub(used.unwrap_or_default() + 2).max(16);
    let name = |row: &Json| {
        // A long name leaves room for its service.
        let service = with_service(row, String::new()).chars().count().min(room / 2);
        let name = table::cell(&shown(row, "name"), room - service);
        table::cell(&with_service(row, name), room)
    };
    titles.push("name");
    cells.iter_mut().zip(rows).for_each(|(cells, row)| cells.push(name(row)));
    table::table(keys.len(), &titles, cells) + &targets_text(rows, width)
}
