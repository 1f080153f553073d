//! One page that shows traces, without a network: a file to attach to a ticket.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use floe_waterfall::critical_path;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::causes::causes;
use crate::forest::{Forest, Trace};
use crate::span::{Attributes, Log, Status, Value};
use crate::waterfall::beside;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
/// What the page may run: the hashes of the two above, which a test computes.
const STYLE_HASH: &str = include_str!("page/page.css.sha256");
const SCRIPT_HASH: &str = include_str!("page/page.js.sha256");

/// How many spans a page has. A browser holds ten times as many, but nobody finds anything among them.
const MOST_SPANS: usize = 200_000;
/// How many spans have their details in one piece, as in the script.
const PART: usize = 512;
/// The largest integer that a number of a script can be.
const LARGEST_INTEGER: u64 = 1 << 53;
/// The most events and log records of a span, and spans of a trace with parts of the critical path.
const MOST_OF_A_SPAN: usize = 1000;

/// The most causes that the page lists.
const MOST_CAUSES: usize = 50;

/// Attributes that name an asset of a data pipeline, and its state: those of floe, Dagster and dbt.
const ASSETS: [(&str, &str); 3] = [
    ("floe.asset.key", "floe.asset.status"),
    ("dagster.asset_key", "dagster.asset.status"),
    ("dbt.unique_id", "dbt.status"),
];

/// The spans of the page as arrays, in the order of its rows. A number is an index of `strings`, or a time.
#[derive(Default, Serialize)]
struct Rows {
    /// The time that all others are relative to, in nanoseconds since 1970.
    origin: String,
    note: String,
    strings: Vec<String>,
    traces: Vec<Json>,
    id: Vec<String>,
    parent: Vec<i64>,
    after: Vec<usize>,
    depth: Vec<usize>,
    name: Vec<usize>,
    service: Vec<usize>,
    /// 0 unset, 1 OK, 2 error.
    status: Vec<u8>,
    message: Vec<usize>,
    beside: Vec<usize>,
    start: Vec<u64>,
    duration: Vec<u64>,
    own: Vec<u64>,
    /// The times of rows on the critical path.
    critical: BTreeMap<usize, Vec<(u64, u64)>>,
    /// The times of events.
    events: BTreeMap<usize, Vec<u64>>,
    /// Rows that are assets, with their name, their state, and the rows that they are made of.
    assets: Vec<(usize, usize, usize, Vec<usize>)>,
    /// What makes rows slow, in order.
    why: Vec<(usize, String)>,
}

/// Writes a page about traces: HTML with its style, its script and its data in it, and no address of anything else.
///
/// The page has up to 200,000 spans. Of more, it has the traces with errors and the longest ones, and of one trace that
/// is larger the failed and the longest spans; it says so.
///
/// # Errors
/// Writing fails.
pub fn write_page(forest: &Forest<'_>, out: impl Write) -> io::Result<()> {
    write_page_of(forest, MOST_SPANS, out)
}

/// Writes a [page](write_page) with up to this number of spans, which is at most 200,000.
///
/// # Errors
/// Writing fails.
pub fn write_page_of(forest: &Forest<'_>, most: usize, mut out: impl Write) -> io::Result<()> {
    let (order, left_out) = rows_of(forest, most.min(MOST_SPANS));
    let row_of: FxHashMap<usize, usize> = order
        .iter()
        .enumerate()
        .map(|(row, span)| (*span, row))
        .collect();
    let mut strings = Strings::default();
    let mut rows = rows(forest, &order, &row_of, &mut strings);
    if left_out > 0 {
        rows.note = format!("{left_out} more spans are left out: neither failed nor long");
    }
    rows.strings = strings.all;
    let why = causes(forest).into_iter();
    rows.why = why
        .filter_map(|cause| Some((*row_of.get(&cause.span)?, cause.message)))
        .take(MOST_CAUSES)
        .collect();
    let details = details(forest, &order, &row_of)?;
    let data = json!({"spans": packed(&rows)?, "details": details});
    let title = rows
        .traces
        .first()
        .and_then(|_| order.first())
        .map_or("no spans", |span| &forest.span(*span).name);
    let mut page = PAGE;
    while let Some((before, rest)) = page.split_once("{{") {
        let (name, after) = rest.split_once("}}").unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        match name {
            "title" => out.write_all(escaped(title).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "style-hash" => out.write_all(STYLE_HASH.trim_end().as_bytes())?,
            "script" => out.write_all(SCRIPT.as_bytes())?,
            "script-hash" => out.write_all(SCRIPT_HASH.trim_end().as_bytes())?,
            // It is base64, in which nothing needs to be escaped.
            _ => serde_json::to_writer(&mut out, &data)?,
        }
        page = after;
    }
    out.write_all(page.as_bytes())?;
    out.flush()
}

/// The spans of the page, parents before their children, and how many others there are.
fn rows_of(forest: &Forest<'_>, most: usize) -> (Vec<usize>, usize) {
    let mut traces: Vec<&Trace> = forest.traces().iter().collect();
    traces.sort_by_key(|trace| (trace.errors == 0, Reverse(trace.duration())));
    let mut room = most;
    let mut kept: Vec<(&Trace, Option<FxHashSet<usize>>)> = Vec::new();
    for trace in traces {
        if trace.spans.len() <= room {
            room -= trace.spans.len();
            kept.push((trace, None));
        } else if kept.is_empty() {
            kept.push((trace, Some(important(forest, trace, most))));
            room = 0;
        }
    }
    kept.sort_by_key(|(trace, _)| trace.start);
    let mut order = Vec::new();
    for (trace, only) in kept {
        let spans = trace.roots.iter().flat_map(|root| forest.below(*root));
        order.extend(spans.filter(|span| only.as_ref().is_none_or(|only| only.contains(span))));
    }
    let left_out = forest.recording().spans.len() - order.len();
    (order, left_out)
}

/// The failed and the longest spans of a trace, and all above them.
fn important(forest: &Forest<'_>, trace: &Trace, most: usize) -> FxHashSet<usize> {
    let mut spans = trace.spans.clone();
    spans.sort_by_key(|span| {
        let span = forest.span(*span);
        (!span.is_error(), Reverse(span.duration()))
    });
    let mut kept = FxHashSet::default();
    for span in spans {
        let mut at = Some(span);
        while let Some(span) = at
            && kept.len() < most
            && kept.insert(span)
        {
            at = forest.parent(span);
        }
    }
    // The last one may have been cut from what is above it.
    let has_parent = |span: &usize| forest.parent(*span).is_none_or(|it| kept.contains(&it));
    kept.iter().copied().filter(has_parent).collect()
}

/// Texts, each once.
#[derive(Default)]
struct Strings {
    all: Vec<String>,
    known: FxHashMap<String, usize>,
}

impl Strings {
    fn index(&mut self, text: &str) -> usize {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let index = self.all.len();
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }
}

fn rows(
    forest: &Forest<'_>,
    order: &[usize],
    row_of: &FxHashMap<usize, usize>,
    strings: &mut Strings,
) -> Rows {
    let mut rows = Rows::default();
    let origin = forest
        .traces()
        .iter()
        .map(|trace| trace.start)
        .filter(|start| *start > 0);
    let origin = origin.min().unwrap_or_default();
    rows.origin = origin.to_string();
    let by_id: FxHashMap<_, usize> = order
        .iter()
        .map(|span| forest.span(*span))
        .zip(0..)
        .map(|(span, row)| ((span.trace, span.id), row))
        .collect();
    let traces: FxHashMap<_, &Trace> = forest.traces().iter().map(|it| (it.id, it)).collect();
    for (row, index) in order.iter().enumerate() {
        let span = forest.span(*index);
        let parent = forest
            .parent(*index)
            .and_then(|it| row_of.get(&it))
            .copied();
        let time = |time: u64| time.saturating_sub(origin);
        let (status, message) = match &span.status {
            Status::Unset => (0, ""),
            Status::Ok => (1, ""),
            Status::Error(message) => (2, &**message),
        };
        rows.id.push(span.id.to_string());
        rows.parent.push(signed(parent));
        let depth = parent
            .and_then(|it| rows.depth.get(it))
            .map_or(0, |depth| depth + 1);
        rows.depth.push(depth);
        rows.after.push(row + 1);
        rows.name.push(strings.index(&span.name));
        rows.service
            .push(strings.index(forest.recording().service(span)));
        rows.status.push(status);
        rows.message.push(strings.index(message));
        rows.beside.push(strings.index(&beside(span)));
        rows.start.push(time(span.start));
        rows.duration.push(span.duration());
        rows.own.push(forest.self_time(*index));
        if !span.events.is_empty() {
            let events = span.events.iter().take(MOST_OF_A_SPAN);
            rows.events
                .insert(row, events.map(|event| time(event.time)).collect());
        }
        let asset = ASSETS.iter().find_map(|(key, state)| {
            let (key, state) = (span.attribute(key)?, span.attribute(state)?);
            Some((key.to_string(), state.to_string()))
        });
        if let Some((key, state)) = asset {
            let links = span
                .links
                .iter()
                .filter_map(|it| by_id.get(&(it.trace, it.span)));
            let links = links.copied().collect();
            rows.assets
                .push((row, strings.index(&key), strings.index(&state), links));
        }
        let is_new = (rows.traces.last()).is_none_or(|it| it["id"] != span.trace.to_string());
        if is_new && let Some(trace) = traces.get(&span.trace) {
            rows.begin(forest, trace, row, origin, row_of);
        }
        if let Some(trace) = rows.traces.last_mut() {
            trace["end"] = Json::from(row + 1);
        }
    }
    // From the last row on, what is below a row is below its parent, too.
    for row in (0..order.len()).rev() {
        if let Some(parent) = rows
            .parent
            .get(row)
            .and_then(|it| usize::try_from(*it).ok())
        {
            rows.after[parent] = rows.after[parent].max(rows.after[row]);
        }
    }
    rows
}

impl Rows {
    /// Begins a trace at a row.
    fn begin(
        &mut self,
        forest: &Forest<'_>,
        trace: &Trace,
        row: usize,
        origin: u64,
        row_of: &FxHashMap<usize, usize>,
    ) {
        let time = |time: u64| time.saturating_sub(origin);
        let root = trace
            .roots
            .iter()
            .max_by_key(|root| forest.span(**root).duration());
        self.traces.push(json!({
            "id": trace.id.to_string(),
            "root": root.and_then(|root| row_of.get(root)).unwrap_or(&row),
            "first": row,
            "end": row,
            "start": time(trace.start),
            "duration": trace.duration(),
            "spans": trace.spans.len(),
            "errors": trace.errors,
        }));
        for step in root
            .map(|root| critical_path(forest, *root))
            .unwrap_or_default()
        {
            if let Some(row) = row_of.get(&step.span) {
                let parts = self.critical.entry(*row).or_default();
                parts.push((time(step.from), time(step.to)));
            }
        }
    }
}

/// A row, or -1.
fn signed(row: Option<usize>) -> i64 {
    row.and_then(|row| i64::try_from(row).ok()).unwrap_or(-1)
}

/// What the panel shows of each span, in pieces that are unpacked when they are needed.
fn details(
    forest: &Forest<'_>,
    order: &[usize],
    row_of: &FxHashMap<usize, usize>,
) -> io::Result<Vec<String>> {
    let recording = forest.recording();
    let mut logs: FxHashMap<_, Vec<&Log>> = FxHashMap::default();
    for log in &recording.logs {
        logs.entry((log.trace, log.span)).or_default().push(log);
    }
    let by_id: FxHashMap<_, usize> = row_of
        .iter()
        .map(|(span, row)| ((forest.span(*span).trace, forest.span(*span).id), *row))
        .collect();
    let of = |index: &usize| {
        let span = forest.span(*index);
        let source = recording.source(span.source);
        let logs = logs.get(&(span.trace, span.id));
        let logs = logs.into_iter().flatten().take(MOST_OF_A_SPAN);
        json!({
            "k": span.kind.as_str(),
            "s": source.map_or("", |source| &source.scope),
            "p": span.parent.map(|parent| parent.to_string()),
            "a": attributes(&span.attributes),
            "e": span.events.iter().take(MOST_OF_A_SPAN).map(|event| json!([
                event.time.saturating_sub(span.start), &*event.name, attributes(&event.attributes),
            ])).collect::<Json>(),
            "l": span.links.iter().take(MOST_OF_A_SPAN).map(|link| json!([
                link.trace.to_string(), link.span.to_string(),
                signed(by_id.get(&(link.trace, link.span)).copied()), attributes(&link.attributes),
            ])).collect::<Json>(),
            "g": logs.map(|log| json!([
                log.time.saturating_sub(span.start), log.level(), value(&log.body), attributes(&log.attributes),
            ])).collect::<Json>(),
            "r": source.map_or_else(|| json!([]), |source| attributes(&source.resource)),
        })
    };
    let parts = order.chunks(PART);
    parts
        .map(|part| packed(&part.iter().map(of).collect::<Vec<_>>()))
        .collect()
}

fn attributes(attributes: &Attributes) -> Json {
    let attributes = attributes.iter();
    attributes
        .map(|(key, it)| json!([&**key, value(it)]))
        .collect()
}

fn value(it: &Value) -> Json {
    match it {
        Value::Empty => Json::from(""),
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) if value.unsigned_abs() < LARGEST_INTEGER => Json::from(*value),
        Value::Double(value) if value.is_finite() => Json::from(*value),
        _ => Json::from(it.to_string()),
    }
}

/// JSON, compressed, as base64.
fn packed(data: &impl Serialize) -> io::Result<String> {
    // Half the time of the default, for a sixth more.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // At once: the encoder clears a buffer for each write, however short.
    gzip.write_all(&serde_json::to_vec(data)?)?;
    Ok(STANDARD.encode(gzip.finish()?))
}

fn escaped(text: &str) -> String {
    let text = floe_redact::printable(text);
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::span::{Link, Recording, Source, Span, SpanId, TraceId};

    /// `BLESS=1` writes the files.
    #[test]
    fn the_hashes_are_those_of_what_the_page_may_run() {
        for (file, text, hash) in [
            ("page.css", STYLE, STYLE_HASH),
            ("page.js", SCRIPT, SCRIPT_HASH),
        ] {
            let expected = format!("sha256-{}\n", STANDARD.encode(Sha256::digest(text)));
            if std::env::var_os("BLESS").is_some() {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/page");
                std::fs::write(format!("{folder}/{file}.sha256"), &expected).expect("a file");
            } else {
                assert_eq!(
                    hash, expected,
                    "`BLESS=1 cargo test -p floe-trace hashes` writes them anew"
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

    /// The rows of the page, and the details of all of them.
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
        (
            unpacked(data["spans"].as_str().expect("a text")),
            details.flatten().collect(),
        )
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
            details[2]["a"],
            json!([
                ["small", 7],
                ["large", "9223372036854775807"],
                ["nan", "NaN"]
            ])
        );
        let links = details[2]["l"].as_array().expect("links");
        assert_eq!((&links[0][2], &links[1][2]), (&json!(0), &json!(-1)));
    }

    #[test]
    fn of_too_many_spans_the_failed_and_the_long_ones_are_kept() {
        let many = 2000;
        let mut spans = vec![span(1, 1, 0, "root", many)];
        spans.extend((2..=many).map(|id| span(1, id, 1, "child", id)));
        // A quick one that failed.
        spans[5].status = Status::Error("no".into());
        let recording = recording(spans);
        let (order, left_out) = rows_of(&Forest::new(&recording), 1000);
        assert_eq!((order.len(), left_out), (1000, 1000));
        assert!(order.contains(&0) && order.contains(&5) && !order.contains(&6));
        let (rows, _) = data(&recording);
        assert_eq!(
            rows["note"],
            "1000 more spans are left out: neither failed nor long"
        );
        assert_eq!(rows["traces"][0]["spans"], many);
    }

    #[test]
    fn the_page_is_small() {
        assert!(PAGE.len() + STYLE.len() + SCRIPT.len() < 200_000);
    }
}
