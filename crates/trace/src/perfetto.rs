//! Writes a recording as JSON for Chrome's trace viewer, which [Perfetto](https://perfetto.dev) shows and queries by
//! SQL.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use itertools::Itertools as _;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use crate::forest::Forest;
use crate::span::{Recording, Span, Status, json_of};

/// The maximum depth of slices on a track. Perfetto drops slices deeper than 512.
const DEEPEST: usize = 500;

/// Writes a recording as [Chrome's JSON](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMBt4OybYRbWmf6tUl8),
/// which <https://ui.perfetto.dev> and its `trace_processor` read.
///
/// Resources become processes, spans become slices, events and log records become instants, and attributes become
/// arguments. A slice nests only in its parent; an arrow connects it to a parent on another track. Times are relative
/// to the first time, which is in `otherData.start_unix_ns`.
///
/// # Errors
/// The output cannot be written.
pub fn write_perfetto(forest: &Forest<'_>, out: impl Write) -> io::Result<()> {
    let recording = forest.recording();
    let spans = recording.spans.iter().flat_map(|span| [span.start, span.end]);
    let times = spans.chain(recording.logs.iter().map(|log| log.time));
    let origin = times.filter(|time| *time > 0).min().unwrap_or_default();
    let mut out = BufWriter::new(out);
    write!(
        out,
        "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"start_unix_ns\":\"{origin}\"}},\"traceEvents\":["
    )?;
    let mut writer = Writer { out, origin, is_first: true };
    let processes = writer.processes(recording)?;
    writer.spans(forest, &processes)?;
    for log in &recording.logs {
        let mut arguments = json_of(&log.attributes);
        arguments.insert("body".to_owned(), Json::from(&log.body));
        arguments.insert("span_id".to_owned(), log.span.to_string().into());
        writer.event(&json!({
            "ph": "i", "s": "p", "name": log.body.to_string(), "cat": log.level(), "pid": process(&processes, log.source),
            "tid": 0, "ts": writer.time(log.time), "args": arguments,
        }))?;
    }
    writer.out.write_all(b"]}\n")?;
    writer.out.flush()
}

struct Writer<W: Write> {
    out: BufWriter<W>,
    origin: u64,
    is_first: bool,
}

impl<W: Write> Writer<W> {
    fn event(&mut self, event: &Json) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.is_first) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, event)?;
        Ok(())
    }

    /// Returns microseconds since the first time: with times since 1970, Perfetto would show half a century.
    #[expect(clippy::cast_precision_loss, reason = "100 days in nanoseconds fit into 53 bits")]
    fn time(&self, time: u64) -> f64 {
        time.saturating_sub(self.origin).min(i64::MAX.cast_unsigned()) as f64 / 1000.0
    }

    /// Writes the processes, and returns the process of each source. Sources with the same resource share a process.
    fn processes(&mut self, recording: &Recording) -> io::Result<Vec<usize>> {
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        let mut of_sources = Vec::new();
        for source in &recording.sources {
            let labels = source.resource.iter().map(|(key, it)| format!("{key}={it}")).join(", ");
            let next = known.len() + 1;
            let number = *known.entry(labels.clone()).or_insert(next);
            of_sources.push(number);
            if number == next {
                for (what, key, text) in [
                    ("process_name", "name", &*source.service),
                    ("process_labels", "labels", &*labels),
                ] {
                    self.event(
                        &json!({"ph": "M", "pid": number, "name": what, "args": {key: text}}),
                    )?;
                }
            }
        }
        Ok(of_sources)
    }

    fn spans(&mut self, forest: &Forest<'_>, processes: &[usize]) -> io::Result<()> {
        let roots = forest.traces().iter().flat_map(|trace| &trace.roots);
        let mut order = roots.flat_map(|root| forest.tree().below(&[*root])).collect_vec();
        // The sort is stable: parents stay before children that start at the same time.
        order.sort_by_key(|span| forest.span(*span).start.max(self.origin));
        let mut tracks = Tracks::default();
        let mut places = vec![Place::default(); forest.recording().spans.len()];
        for index in &order {
            let pid = process(processes, forest.span(*index).source);
            let parent = forest
                .tree()
                .parent(*index)
                .filter(|it| places[*it].tid > 0 && places[*it].pid == pid)
                .map(|it| (it, places[it].tid));
            let (tid, is_nested) = tracks.place(forest, pid, *index, parent);
            places[*index] = Place { pid, tid, is_nested };
        }
        for index in order {
            let span = forest.span(index);
            let Place { pid, tid, is_nested } = places[index];
            let end = self.time(span.end.max(self.origin));
            let ts = self.time(span.start);
            self.event(&json!({
                "ph": "X", "name": &*span.name, "cat": span.kind.as_str(), "pid": pid, "tid": tid, "ts": ts,
                "dur": end - ts, "args": arguments(forest, span),
            }))?;
            // Perfetto binds an arrow to the last slice that began on its track, so arrows follow their slice.
            let flow = |ph, id| json!({"ph": ph, "bp": "e", "id": id, "name": "calls", "cat": "calls", "pid": pid, "tid": tid, "ts": ts});
            if forest.tree().parent(index).is_some() && !is_nested {
                self.event(&flow("f", index))?;
            }
            for child in forest.tree().children(index).iter().filter(|it| !places[**it].is_nested) {
                self.event(&flow("s", *child))?;
            }
            for event in &span.events {
                let ts = self.time(event.time.min(span.end).max(span.start));
                self.event(&json!({
                    "ph": "i", "s": "t", "name": &*event.name, "cat": "event", "pid": pid, "tid": tid, "ts": ts,
                    "args": json_of(&event.attributes),
                }))?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Default)]
struct Place {
    pid: usize,
    /// The track; 0 while the span has none, as for a parent that starts after its child.
    tid: usize,
    is_nested: bool,
}

/// The tracks of all processes, numbered from 1.
#[derive(Default)]
struct Tracks {
    /// The open spans of each track.
    open: Vec<Vec<usize>>,
    /// The tracks of each process, by the end of their outermost span.
    until: FxHashMap<usize, BTreeSet<(u64, usize)>>,
}

impl Tracks {
    fn place(
        &mut self,
        forest: &Forest<'_>,
        pid: usize,
        index: usize,
        parent: Option<(usize, usize)>,
    ) -> (usize, bool) {
        let span = forest.span(index);
        if let Some((parent, tid)) = parent {
            let open = &mut self.open[tid - 1];
            let has_ended = |it: &mut usize| *it != parent && forest.span(*it).end <= span.start;
            while open.pop_if(has_ended).is_some() {}
            let is_inside = span.end <= forest.span(parent).end;
            if open.last() == Some(&parent) && is_inside && open.len() < DEEPEST {
                open.push(index);
                return (tid, true);
            }
        }
        let tracks = self.until.entry(pid).or_default();
        let free = tracks.first().copied().filter(|it| it.0 <= span.start);
        let tid = free.map_or_else(|| self.open.len() + 1, |it| it.1);
        if let Some(free) = free {
            tracks.remove(&free);
        } else {
            self.open.push(Vec::new());
        }
        tracks.insert((span.end, tid));
        self.open[tid - 1] = vec![index];
        (tid, false)
    }
}

/// Returns the process of a source, or 0 for an unknown source.
fn process(processes: &[usize], source: usize) -> usize {
    processes.get(source).copied().unwrap_or_default()
}

fn arguments(forest: &Forest<'_>, span: &Span) -> Map<String, Json> {
    let mut arguments = json_of(&span.attributes);
    let mut add = |key: &str, text: String| arguments.insert(key.to_owned(), text.into());
    add("trace_id", span.trace.to_string());
    add("span_id", span.id.to_string());
    if let Some(parent) = span.parent {
        add("parent_span_id", parent.to_string());
    }
    match &span.status {
        Status::Unset => None,
        Status::Ok => add("status", "ok".to_owned()),
        Status::Error(message) => add("status", format!("error: {message}")),
    };
    if let Some(source) = forest.recording().sources.get(span.source) {
        add("otel.scope.name", source.scope.to_string());
    }
    let links = span.links.iter().map(|it| json!(format!("{} {}", it.trace, it.span)));
    if !span.links.is_empty() {
        arguments.insert("links".to_owned(), links.collect());
    }
    arguments
}
