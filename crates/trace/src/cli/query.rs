//! `floe-trace query`: short answers about traces, as tables or as JSON.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use floe_trace::{
    Forest, Span, Status, Trace, causes, critical_path, duration, json_of, names, parse_duration,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value as Json, json};

use super::input::{Input, print_notes};
use super::table::{self, Column};
use super::{Failure, print, print_json};

/// The name of a part of the critical path before a span, in which what caused the span had ended.
const WAITED: &str = "waited, no span";
/// The most characters of a text in a table.
const CLIP: usize = 60;

#[derive(Clone, Debug, Args)]
pub(crate) struct Query {
    #[command(subcommand)]
    question: Question,
    /// Print one line of JSON
    #[arg(long, global = true)]
    json: bool,
    /// The most rows
    #[arg(long, value_name = "NUMBER", default_value_t = 10, global = true)]
    limit: usize,
}

#[derive(Clone, Debug, Subcommand)]
enum Question {
    /// The traces: those with errors first, then the longest ones
    Traces(Common),
    /// The spans that took longest
    Slowest(Slowest),
    /// The errors, equal ones together: those that no other error below them explains
    Errors(Common),
    /// What determines how long the longest trace took: spans, and waits between them
    CriticalPath(Common),
    /// What makes up the time: names by their self time, and what makes them slow
    Why(Common),
    /// Statistics of spans by their name
    Names(Common),
    /// All of one span: attributes, events, links, its log records, its children
    Span(OneSpan),
}

#[derive(Clone, Debug, Args)]
struct Common {
    #[command(flatten)]
    input: Input,
}

#[derive(Clone, Debug, Args)]
struct Slowest {
    #[command(flatten)]
    common: Common,
    /// Only spans of this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only spans that took this time or longer, as 10ms
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0")]
    min_duration: u64,
}

#[derive(Clone, Debug, Args)]
struct OneSpan {
    /// The id of the span, or how it begins
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

/// The columns of an answer with their values, in the order of the table.
type Row = Vec<(&'static str, Json)>;

/// Makes a row of names and values.
macro_rules! row {
    ($($name:literal: $value:expr),* $(,)?) => {
        vec![$(($name, Json::from($value))),*]
    };
}

/// An answer: a row for each thing found.
struct Answer {
    rows: Vec<Row>,
    /// How many rows there are without a limit.
    total: usize,
}

/// Answers a question.
pub(crate) fn query(query: &Query) -> Result<ExitCode, Failure> {
    let common = match &query.question {
        Question::Traces(common)
        | Question::Errors(common)
        | Question::CriticalPath(common)
        | Question::Why(common)
        | Question::Names(common) => common,
        Question::Slowest(slowest) => &slowest.common,
        Question::Span(span) => &span.common,
    };
    let recording = common.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    let mut answer = match &query.question {
        Question::Traces(_) => traces(&forest),
        Question::Slowest(slowest) => slowest_spans(&forest, slowest),
        Question::Errors(_) => errors(&forest),
        Question::CriticalPath(_) => path(&forest),
        Question::Why(_) => why(&forest),
        Question::Names(_) => statistics(&forest),
        Question::Span(span) => return one_span(&forest, &span.id, query.json),
    };
    answer.total = answer.rows.len();
    answer.rows.truncate(query.limit);
    if query.json {
        let rows = answer.rows.into_iter();
        let rows: Json = rows
            .map(|row| {
                row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
            })
            .collect();
        let text = json!({"rows": rows, "total": answer.total}).to_string();
        return print_json(&text).map(|()| ExitCode::SUCCESS);
    }
    print(format_args!("{}", table(&answer))).map(|()| ExitCode::SUCCESS)
}

fn answer(rows: impl IntoIterator<Item = Row>) -> Answer {
    Answer { rows: rows.into_iter().collect(), total: 0 }
}

fn traces(forest: &Forest<'_>) -> Answer {
    let mut traces: Vec<&Trace> = forest.traces().iter().collect();
    traces.sort_by_key(|trace| (Reverse(trace.errors.min(1)), Reverse(trace.duration())));
    answer(traces.into_iter().map(|trace| {
        let root = trace.roots.iter().max_by_key(|root| forest.span(**root).duration());
        let root = root.map(|root| forest.span(*root));
        row! {
            "trace": trace.id.to_string(),
            "root": root.map_or("", |root| &root.name),
            "service": root.map_or("", |root| forest.recording().service(root)),
            "duration_ns": trace.duration(),
            "spans": trace.spans.len(),
            "errors": trace.errors,
        }
    }))
}

fn slowest_spans(forest: &Forest<'_>, options: &Slowest) -> Answer {
    let spans = forest.recording().spans.iter().enumerate();
    let mut spans: Vec<(usize, &Span)> = spans
        .filter(|(_, span)| options.name.as_deref().is_none_or(|name| *span.name == *name))
        .filter(|(_, span)| span.duration() >= options.min_duration)
        .collect();
    spans.sort_by_key(|(index, span)| (Reverse(span.duration()), *index));
    answer(spans.into_iter().map(|(index, span)| {
        row! {
            "span": span.id.to_string(),
            "trace": span.trace.to_string(),
            "name": &*span.name,
            "service": forest.recording().service(span),
            "duration_ns": span.duration(),
            "self_ns": forest.self_time(index),
            "status": status(span),
        }
    }))
}

fn errors(forest: &Forest<'_>) -> Answer {
    let spans = 0..forest.recording().spans.len();
    let has_failed = |span: usize| forest.span(span).is_failure();
    let innermost = spans.filter(|span| {
        has_failed(*span) && !forest.children(*span).iter().any(|child| has_failed(*child))
    });
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
    answer(groups.into_iter().map(|((name, message, kind), (times, first))| {
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
    }))
}

/// The names from the root of a trace to a span.
fn ancestors(forest: &Forest<'_>, span: usize) -> String {
    let mut path = Vec::new();
    let mut at = Some(span);
    while let Some(span) = at
        && path.len() < 8
    {
        path.push(&*forest.span(span).name);
        at = forest.parent(span);
    }
    if at.is_some() {
        path.push("…");
    }
    path.reverse();
    path.join(" > ")
}

fn path(forest: &Forest<'_>) -> Answer {
    let traces = forest.traces().iter();
    let Some(trace) = traces.max_by_key(|trace| trace.duration()) else {
        return answer([]);
    };
    // Parts with the same names above them are one row, as those of a loop.
    let mut parts: FxHashMap<(&str, String, bool), Part> = FxHashMap::default();
    for step in critical_path(forest, &trace.roots) {
        let service = forest.recording().service(forest.span(step.span));
        let part = parts.entry((service, ancestors(forest, step.span), step.is_wait)).or_default();
        part.time += step.to - step.from;
        part.spans.insert(step.span);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by(|one, other| (other.1.time, &one.0).cmp(&(one.1.time, &other.0)));
    answer(parts.into_iter().filter_map(|((service, path, is_wait), part)| {
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
    }))
}

/// The parts of a critical path that are shown as one.
#[derive(Default)]
struct Part {
    time: u64,
    spans: FxHashSet<usize>,
}

fn why(forest: &Forest<'_>) -> Answer {
    let all: u64 = (0..forest.recording().spans.len())
        .map(|span| forest.self_time(span))
        .fold(0, u64::saturating_add);
    let found = causes(forest).into_iter().map(|cause| {
        let span = forest.span(cause.span);
        row! {
            "what": cause.kind.as_str(),
            "name": &*span.name,
            "service": forest.recording().service(span),
            "time_ns": cause.time,
            "spans": cause.spans,
            "message": cause.message,
            "span": span.id.to_string(),
            "trace": span.trace.to_string(),
        }
    });
    let own = names(forest, 0..forest.recording().spans.len()).into_iter().map(|name| {
        row! {
            "what": "self_time",
            "name": name.name,
            "service": name.service,
            "time_ns": name.own,
            "spans": name.count,
            "message": format!("{} % of the time of all spans", percent(name.own, all.max(1))),
            "span": "",
            "trace": "",
        }
    });
    answer(found.chain(own))
}

fn statistics(forest: &Forest<'_>) -> Answer {
    let names = names(forest, 0..forest.recording().spans.len()).into_iter();
    answer(names.map(|name| {
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
    }))
}

fn one_span(forest: &Forest<'_>, id: &str, as_json: bool) -> Result<ExitCode, Failure> {
    let span = span_as_json(forest, chosen(forest, id)?);
    let text = if as_json {
        span.to_string()
    } else {
        serde_json::to_string_pretty(&span).unwrap_or_default()
    };
    print_json(&text).map(|()| ExitCode::SUCCESS)
}

/// The span whose id begins so.
fn chosen(forest: &Forest<'_>, id: &str) -> Result<usize, Failure> {
    let wanted = id.to_lowercase();
    let spans = forest.recording().spans.iter().enumerate();
    let mut found = spans.filter(|(_, span)| span.id.to_string().starts_with(&wanted));
    let Some((index, span)) = found.next() else {
        return Err(Failure(format!(
            "expected the id of a span, found `{id}`, with which none begins"
        )));
    };
    let mut same = 0;
    for (_, other) in found {
        if other.id != span.id {
            return Err(Failure(format!(
                "expected the id of one span, found `{id}`, with which the ids of several spans begin"
            )));
        }
        same += 1;
    }
    if same > 0 {
        let trace = span.trace;
        let _ = writeln!(
            io::stderr(),
            "note: {same} more have this span id; this one is of trace {trace}, `--trace` chooses another"
        );
    }
    Ok(index)
}

fn span_as_json(forest: &Forest<'_>, index: usize) -> Json {
    let span = forest.span(index);
    let message = match &span.status {
        Status::Error(message) => &**message,
        _ => "",
    };
    let recording = forest.recording();
    let logs = recording.logs.iter();
    let logs = logs.filter(|log| (log.trace, log.span) == (span.trace, span.id));
    let source = recording.source(span.source).cloned().unwrap_or_default();
    let children = names(forest, forest.children(index).iter().copied());
    json!({
        "span": span.id.to_string(),
        "trace": span.trace.to_string(),
        "parent": span.parent.map(|parent| parent.to_string()),
        "name": &*span.name,
        "kind": span.kind.as_str(),
        "service": &*source.service,
        "scope": &*source.scope,
        "status": status(span),
        "message": message,
        "path": ancestors(forest, index),
        "start_unix_ns": span.start.to_string(),
        "duration_ns": span.duration(),
        "self_ns": forest.self_time(index),
        "attributes": json_of(&span.attributes),
        "events": span.events.iter().map(|event| json!({
            "name": &*event.name,
            "after_ns": event.time.saturating_sub(span.start),
            "attributes": json_of(&event.attributes),
        })).collect::<Vec<_>>(),
        "links": span.links.iter().map(|link| json!({
            "trace": link.trace.to_string(),
            "span": link.span.to_string(),
        })).collect::<Vec<_>>(),
        "logs": logs.map(|log| json!({
            "level": log.level(),
            "after_ns": log.time.saturating_sub(span.start),
            "body": Json::from(&log.body),
        })).collect::<Vec<_>>(),
        "children": children.iter().map(|name| json!({
            "name": name.name,
            "spans": name.count,
            "total_ns": name.total,
        })).collect::<Vec<_>>(),
        "resource": json_of(&source.resource),
    })
}

const fn status(span: &Span) -> &'static str {
    match span.status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error(_) => "error",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage with one digit")]
fn percent(part: u64, whole: u64) -> f64 {
    (part as f64 / whole as f64 * 1000.0).round() / 10.0
}

/// Rows below the names of their columns. Numbers are aligned at the right, and empty columns are left out.
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
            // The sentence is what the row is for.
            table::cell(text, if key == "message" { 400 } else { CLIP })
        }
        Some(Json::Number(number)) if key.ends_with("_ns") => {
            duration(number.as_u64().unwrap_or_default())
        }
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
