//! Writes traces as one file that needs no network, so that it can be attached to a ticket.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use floe_waterfall::critical_path;
use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::causes::causes;
use crate::forest::{Forest, Trace};
use crate::span::{Attributes, Kind, Log, Span, SpanId, Status, TraceId, Value};
use crate::waterfall::beside;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
/// The hash of the only style that the page's security policy allows. A test compares the hash with the style.
const STYLE_HASH: &str = include_str!("page/page.css.sha256");
const SCRIPT_HASH: &str = include_str!("page/page.js.sha256");

/// The maximum number of spans of a page. A browser can show ten times as many, but people find nothing in them.
const MOST_SPANS: usize = 200_000;
/// The number of spans whose details are compressed together; the script has the same constant.
const PART: usize = 512;
/// A script's numbers are exact for all integers below this.
const LARGEST_INTEGER: u64 = 1 << 53;
/// The maximum number of events of a span, and likewise of its links and log records.
const MOST_OF_A_SPAN: usize = 1000;
const MOST_CAUSES: usize = 50;

/// The spans of the page, as arrays with an element for each row. A name or another text is an index in `strings`.
#[derive(Default, Serialize)]
struct Rows {
    /// The origin of all times, in nanoseconds since 1970.
    origin: String,
    note: String,
    strings: IndexSet<String>,
    traces: Vec<PageTrace>,
    id: Vec<String>,
    parent: Vec<i64>,
    after: Vec<usize>,
    depth: Vec<usize>,
    name: Vec<usize>,
    service: Vec<usize>,
    /// 0: unset, 1: OK, 2: error, 3: unset, but an HTTP or gRPC status code is an error.
    status: Vec<u8>,
    message: Vec<usize>,
    beside: Vec<usize>,
    start: Vec<u64>,
    duration: Vec<u64>,
    own: Vec<u64>,
    /// The intervals in which the span of a row is on the critical path.
    critical: BTreeMap<usize, Vec<(u64, u64)>>,
    /// The wait on the critical path before the span of a row, during which no span ran.
    waits: BTreeMap<usize, (u64, u64)>,
    events: BTreeMap<usize, Vec<u64>>,
    /// The time of each log record of a row, and whether the record is an error.
    logs: BTreeMap<usize, Vec<(u64, bool)>>,
    /// The row and the message of each cause, in the order of [`causes`].
    why: Vec<(usize, String)>,
}

/// A trace of the page. Its rows are `first..end`.
#[derive(Default, Serialize)]
struct PageTrace {
    id: String,
    /// The name of the root, with the route or the longest call that it serves.
    title: String,
    root: usize,
    first: usize,
    end: usize,
    start: u64,
    duration: u64,
    spans: usize,
    errors: usize,
}

/// Writes traces as an HTML page that contains its style, script and data, and loads nothing.
///
/// The page has up to 200,000 spans: of a larger recording, the traces with errors and the longest ones; of a larger
/// trace, the first spans. The page shows how many spans it omits.
///
/// # Errors
/// Writing fails.
pub fn write_page(forest: &Forest<'_>, out: impl Write) -> io::Result<()> {
    write_page_of(forest, MOST_SPANS, out)
}

fn write_page_of(forest: &Forest<'_>, most: usize, mut out: impl Write) -> io::Result<()> {
    let plan = Plan::new(forest, most);
    let mut rows = plan.rows();
    let left_out = forest.recording().spans.len() - plan.order.len();
    if left_out > 0 {
        rows.note = format!("{left_out} more spans are left out");
    }
    let why = causes(forest).into_iter();
    rows.why = why
        .filter_map(|cause| Some((*plan.row_of.get(&cause.span)?, cause.message.replace('`', ""))))
        .take(MOST_CAUSES)
        .collect();
    let data = json!({"spans": packed(&rows)?, "details": plan.details()?});
    let title = plan.order.first();
    let title = title.map_or("no spans", |span| &forest.span(*span).name);
    let mut page = PAGE;
    while let Some((before, rest)) = page.split_once("{{") {
        let (name, after) = rest.split_once("}}").unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        match name {
            "title" => out.write_all(escape_html(title).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "style-hash" => out.write_all(STYLE_HASH.trim_end().as_bytes())?,
            "script" => out.write_all(SCRIPT.as_bytes())?,
            "script-hash" => out.write_all(SCRIPT_HASH.trim_end().as_bytes())?,
            // Base64 has no characters that HTML must escape.
            _ => serde_json::to_writer(&mut out, &data)?,
        }
        page = after;
    }
    out.write_all(page.as_bytes())?;
    out.flush()
}

/// Returns the traces of the page, sorted by their starts.
fn traces_of<'a>(forest: &'a Forest<'_>, most: usize) -> Vec<&'a Trace> {
    let mut traces = forest.traces().iter().collect_vec();
    traces.sort_by_key(|trace| (trace.errors == 0, Reverse(trace.duration())));
    let mut room = most;
    traces.retain(|trace| {
        let is_kept = trace.spans.len() <= room || room == most;
        room -= if is_kept { trace.spans.len().min(room) } else { 0 };
        is_kept
    });
    traces.sort_by_key(|trace| trace.start);
    traces
}

struct Plan<'a> {
    forest: &'a Forest<'a>,
    traces: Vec<&'a Trace>,
    /// The spans, in the order of the rows: those of one trace after the other, parents before their children.
    order: Vec<usize>,
    row_of: FxHashMap<usize, usize>,
    /// The row of the first span with each id.
    by_id: FxHashMap<(TraceId, SpanId), usize>,
    logs: FxHashMap<(TraceId, SpanId), Vec<&'a Log>>,
    origin: u64,
}

impl<'a> Plan<'a> {
    fn new(forest: &'a Forest<'a>, most: usize) -> Self {
        let traces = traces_of(forest, most);
        let below = traces.iter().flat_map(|trace| forest.tree().below(&trace.roots));
        let order = below.take(most).collect_vec();
        let row_of: FxHashMap<_, _> = order.iter().copied().zip(0..).collect();
        // The last one of equal keys remains.
        let by_id = order.iter().rev().map(|index| {
            let span = forest.span(*index);
            ((span.trace, span.id), row_of[index])
        });
        let by_id = by_id.collect();
        let mut logs: FxHashMap<_, Vec<&Log>> = FxHashMap::default();
        for log in &forest.recording().logs {
            logs.entry((log.trace, log.span)).or_default().push(log);
        }
        let starts = forest.traces().iter().map(|trace| trace.start);
        let origin = starts.filter(|start| *start > 0).min();
        Self { forest, traces, order, row_of, by_id, logs, origin: origin.unwrap_or_default() }
    }

    const fn time(&self, time: u64) -> u64 {
        time.saturating_sub(self.origin)
    }

    fn logs_of(&self, span: &Span) -> impl Iterator<Item = &'a Log> {
        let logs = self.logs.get(&(span.trace, span.id));
        logs.into_iter().flatten().take(MOST_OF_A_SPAN).copied()
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows { origin: self.origin.to_string(), ..Rows::default() };
        let trace_of = |index: &usize| self.forest.span(*index).trace;
        let chunks = self.order.chunk_by(|one, other| trace_of(one) == trace_of(other));
        for (trace, spans) in self.traces.iter().zip(chunks) {
            let first = rows.id.len();
            for index in spans {
                self.span(*index, &mut rows);
            }
            rows.traces.push(self.trace(trace, first..rows.id.len()));
            self.critical(trace, &mut rows);
        }
        if rows.traces.is_empty() {
            rows.traces.push(PageTrace::default());
        }
        // The rows are visited from the last to the first, so that `after` of a row is final before its parent uses it.
        for row in (0..self.order.len()).rev() {
            if let Ok(parent) = usize::try_from(rows.parent[row]) {
                rows.after[parent] = rows.after[parent].max(rows.after[row]);
            }
        }
        rows
    }

    fn span(&self, index: usize, rows: &mut Rows) {
        let row = rows.id.len();
        let mut number = |text: &str| rows.strings.insert_full(text.to_owned()).0;
        let span = self.forest.span(index);
        let parent = self.forest.tree().parent(index);
        let parent = parent.and_then(|it| self.row_of.get(&it)).copied();
        let above = parent.and_then(|it| rows.depth.get(it));
        let (status, message) = match &span.status {
            Status::Unset if span.is_failure() => (3, ""),
            Status::Unset => (0, ""),
            Status::Ok => (1, ""),
            Status::Error(message) => (2, &**message),
        };
        rows.depth.push(above.map_or(0, |depth| depth + 1));
        rows.id.push(span.id.to_string());
        rows.parent.push(signed(parent));
        rows.after.push(row + 1);
        rows.name.push(number(&span.name));
        let service = self.forest.recording().service(span);
        rows.service.push(number(service));
        rows.status.push(status);
        rows.message.push(number(message));
        rows.beside.push(number(&beside(self.forest, index)));
        rows.start.push(self.time(span.start));
        rows.duration.push(span.duration());
        rows.own.push(self.forest.self_time(index));
        if !span.events.is_empty() {
            let events = span.events.iter().take(MOST_OF_A_SPAN);
            let times = events.map(|event| self.time(event.time));
            rows.events.insert(row, times.collect());
        }
        let logs = self.logs_of(span);
        let logs =
            logs.map(|log| (self.time(log.time), matches!(log.severity, 17..=24))).collect_vec();
        if !logs.is_empty() {
            rows.logs.insert(row, logs);
        }
    }

    fn trace(&self, trace: &Trace, rows: Range<usize>) -> PageTrace {
        let roots = trace.roots.iter().copied();
        let root = roots.max_by_key(|root| self.forest.span(*root).duration());
        let title = root.map(|it| self.title(it)).unwrap_or_default();
        let root = root.and_then(|root| self.row_of.get(&root));
        PageTrace {
            id: trace.id.to_string(),
            title,
            root: root.copied().unwrap_or(rows.start),
            first: rows.start,
            end: rows.end,
            start: self.time(trace.start),
            duration: trace.duration(),
            spans: trace.spans.len(),
            errors: trace.errors,
        }
    }

    fn title(&self, root: usize) -> String {
        let span = self.forest.span(root);
        let serves = ["http.route", "url.template", "graphql.operation.name", "url.path"];
        let serves = serves.iter().find_map(|key| span.attribute(key)?.as_str());
        let serves = serves.or_else(|| {
            let children = self.forest.tree().children(root).iter();
            let longest = children.max_by_key(|it| self.forest.span(**it).duration());
            longest.map(|it| &*self.forest.span(*it).name).filter(|_| span.kind == Kind::Server)
        });
        let serves = serves.filter(|it| !span.name.contains(it));
        serves.map_or_else(|| span.name.to_string(), |it| format!("{} › {it}", span.name))
    }

    fn critical(&self, trace: &Trace, rows: &mut Rows) {
        for step in critical_path(self.forest.tree(), &trace.roots) {
            if let Some(row) = self.row_of.get(&step.span) {
                let part = (self.time(step.from), self.time(step.to));
                if step.is_wait {
                    rows.waits.insert(*row, part);
                } else {
                    rows.critical.entry(*row).or_default().push(part);
                }
            }
        }
    }

    /// Returns the details of each span for the panel, in pieces that the script unpacks when needed.
    fn details(&self) -> io::Result<Vec<String>> {
        let parts = self.order.chunks(PART);
        parts.map(|part| packed(&part.iter().map(|it| self.detail(*it)).collect_vec())).collect()
    }

    fn detail(&self, index: usize) -> Json {
        let span = self.forest.span(index);
        let source = self.forest.recording().sources.get(span.source);
        json!({
            "kind": span.kind.as_str(),
            "scope": source.map_or("", |source| &source.scope),
            "parent": span.parent.map(|parent| parent.to_string()),
            "attributes": attributes(&span.attributes),
            "events": span.events.iter().take(MOST_OF_A_SPAN).map(|event| json!([
                event.time.saturating_sub(span.start), &*event.name, attributes(&event.attributes),
            ])).collect::<Json>(),
            "links": span.links.iter().take(MOST_OF_A_SPAN).map(|link| json!([
                link.trace.to_string(), link.span.to_string(),
                signed(self.by_id.get(&(link.trace, link.span)).copied()), attributes(&link.attributes),
            ])).collect::<Json>(),
            "logs": self.logs_of(span).map(|log| json!([
                self.time(log.time), log.level(), value(&log.body), attributes(&log.attributes),
            ])).collect::<Json>(),
            "resource": source.map_or_else(|| json!([]), |source| attributes(&source.resource)),
        })
    }
}

/// Returns a row, or -1 for none.
fn signed(row: Option<usize>) -> i64 {
    row.and_then(|row| i64::try_from(row).ok()).unwrap_or(-1)
}

fn attributes(attributes: &Attributes) -> Json {
    let attributes = attributes.iter();
    attributes.map(|(key, it)| json!([&**key, value(it)])).collect()
}

fn value(it: &Value) -> Json {
    match it {
        Value::Bool(_) => it.into(),
        Value::Int(value) if value.unsigned_abs() < LARGEST_INTEGER => it.into(),
        Value::Double(value) if value.is_finite() => it.into(),
        _ => Json::from(it.to_string()),
    }
}

/// Returns data as JSON, compressed with gzip and encoded as base64.
fn packed(data: &impl Serialize) -> io::Result<String> {
    // The fast level takes half the time of the default level, and its result is a sixth larger.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // The JSON is written at once, because the encoder clears a buffer in each write.
    gzip.write_all(&serde_json::to_vec(data)?)?;
    Ok(STANDARD.encode(gzip.finish()?))
}

/// Escapes a text for HTML, including control characters and characters that change the direction of text.
fn escape_html(text: &str) -> String {
    let text = floe_redact::printable(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::span::{Link, Recording, Source};

    /// With `BLESS=1`, the test writes the hashes instead of comparing them.
    #[test]
    fn the_hashes_are_those_of_what_the_page_may_run() {
        for (file, text, hash) in
            [("page.css", STYLE, STYLE_HASH), ("page.js", SCRIPT, SCRIPT_HASH)]
        {
            let expected = format!("sha256-{}\n", STANDARD.encode(Sha256::digest(text)));
            if std::env::var_os("BLESS").is_some() {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/page");
                std::fs::write(format!("{folder}/{file}.sha256"), &expected).expect("a file");
            } else {
                assert_eq!(
                    hash, expected,
                    "`BLESS=1 cargo test -p floe-trace hashes` writes the new hashes"
                );
            }
        }
    }

    fn span(trace: u128, id: u64, parent: u64, name: &str, nanos: u64) -> Span {
        Span {
            trace: TraceId(trace),
            id: SpanId(id),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            start: 1_000_000,
            end: 1_000_000 + nanos,
            ..Span::default()
        }
    }

    fn recording(spans: impl IntoIterator<Item = Span>) -> Recording {
        let mut recording = Recording::default();
        for span in spans {
            recording.add_span(span, Source::default());
        }
        recording
    }

    fn unpacked(text: &str) -> Json {
        let bytes = STANDARD.decode(text).expect("base64");
        serde_json::from_reader(GzDecoder::new(&*bytes)).expect("JSON")
    }

    fn data(recording: &Recording) -> (Json, Vec<Json>) {
        let mut out = Vec::new();
        write_page_of(&Forest::new(recording), 1000, &mut out).expect("a page");
        let text = String::from_utf8(out).expect("text");
        let (_, data) = text.split_once(r#"id="data">"#).expect("data");
        let (data, _) = data.split_once("</script>").expect("its end");
        let data: Json = serde_json::from_str(data).expect("JSON");
        let parts = data["details"].as_array().expect("a list").iter();
        let details =
            parts.filter_map(|part| unpacked(part.as_str().expect("a text")).as_array().cloned());
        (unpacked(data["spans"].as_str().expect("a text")), details.flatten().collect())
    }

    #[test]
    fn rows_have_parents_before_their_children_and_details_in_the_same_order() {
        let mut child = span(1, 2, 1, "child", 500);
        child.attributes = Box::new([
            ("small".into(), Value::Int(7)),
            ("large".into(), Value::Int(i64::MAX)),
            ("nan".into(), Value::Double(f64::NAN)),
        ]);
        child.links = Box::new([(2, 9), (3, 3)].map(|(trace, id)| Link {
            trace: TraceId(trace),
            span: SpanId(id),
            ..Link::default()
        }));
        let mut none = span(2, 9, 0, "no times", 0);
        (none.start, none.end) = (0, 0);
        let recording = recording([child, span(1, 1, 0, "root", 1000), none]);
        let (rows, details) = data(&recording);
        let names: Vec<_> = rows["name"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|index| {
                rows["strings"][usize::try_from(index.as_u64().expect("a number")).expect("a row")]
                    .clone()
            })
            .collect();
        assert_eq!(json!(names), json!(["no times", "root", "child"]));
        assert_eq!(rows["parent"], json!([-1, -1, 1]));
        assert_eq!(rows["after"], json!([1, 3, 3]));
        assert_eq!(rows["depth"], json!([0, 0, 1]));
        assert_eq!(rows["own"], json!([0, 500, 500]));
        assert_eq!(
            details[2]["attributes"],
            json!([["small", 7], ["large", "9223372036854775807"], ["nan", "NaN"]])
        );
        let links = details[2]["links"].as_array().expect("links");
        assert_eq!((&links[0][2], &links[1][2]), (&json!(0), &json!(-1)));
    }

    #[test]
    fn rows_have_marks_of_logs() {
        let mut recording = recording([span(1, 1, 0, "root", 1000), span(1, 2, 1, "late", 500)]);
        let log = |severity, time| Log {
            trace: TraceId(1),
            span: SpanId(2),
            severity,
            time,
            ..Log::default()
        };
        recording.logs = vec![log(9, 1_000_100), log(17, 1_000_200)];
        let (rows, details) = data(&recording);
        assert_eq!(rows["logs"], json!({"1": [[100, false], [200, true]]}));
        assert_eq!(details[1]["logs"][1][0], 200);
    }

    #[test]
    fn a_page_without_spans_has_a_trace_without_spans() {
        let (rows, details) = data(&Recording::default());
        assert_eq!(rows["traces"][0]["spans"], 0);
        assert!(details.is_empty());
    }

    /// Times count from the earliest start that is known.
    #[test]
    fn the_origin_is_the_earliest_start() {
        let starts = [0, 1, 5].map(|start| Span { start, ..span(start.into(), 1, 0, "a", 9) });
        let (rows, _) = data(&recording(starts));
        assert_eq!(rows["origin"], "1");
    }

    #[test]
    fn of_too_many_spans_the_failed_and_the_long_traces_are_kept() {
        let mut spans = vec![span(1, 1, 0, "quick", 10), span(2, 1, 0, "failed", 10)];
        // A span fails by its status, or by its HTTP status code.
        spans[1].status = Status::Error("no".into());
        spans.push(span(2, 2, 1, "failed call", 5));
        spans[2].attributes = Box::new([("http.response.status_code".into(), Value::Int(500))]);
        spans.extend((1..=998).map(|id| span(3, id, u64::from(id > 1), "long", 1000)));
        let (rows, _) = data(&recording(spans));
        assert_eq!(rows["note"], "1 more spans are left out");
        let failed = [2, 3].map(|status| {
            let statuses = rows["status"].as_array().expect("a list").iter();
            statuses.filter(|it| **it == status).count()
        });
        assert_eq!(failed, [1, 1]);
        let larger = (1..=2000).map(|id| span(1, id, u64::from(id > 1), "long", 1000));
        let (rows, _) = data(&recording(larger));
        assert_eq!(rows["note"], "1000 more spans are left out");
        assert_eq!(rows["traces"][0]["spans"], 2000);
    }

    #[test]
    fn the_page_is_small() {
        let mut out = Vec::new();
        write_page(&Forest::new(&Recording::default()), &mut out).expect("a page");
        let text = String::from_utf8(out).expect("text");
        let (before, rest) = text.split_once(r#"id="data">"#).expect("data");
        let (_, after) = rest.split_once("</script>").expect("its end");
        let size = before.len() + after.len();
        assert!(size <= 60_000, "{size} bytes besides the data");
    }
}
