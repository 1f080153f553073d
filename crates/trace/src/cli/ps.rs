//! The command `ps`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::Args;
use floe_redact::printable;
use floe_trace::ps::{Context, CurrentSpan, OpenSpan, Process, Thread, publishing};
use floe_trace::{SpanId, TraceId, Tree, duration, json_of};
use floe_waterfall::place;
use itertools::Itertools as _;
use serde_json::{Map, Value, json};

use super::table::{cell, counted, table};
use super::{Failure, print, print_json};

/// The time to read one process. Another program may handle the page faults in its memory (`userfaultfd`). If that program
/// answers none, reading does not return.
const LIMIT: Duration = Duration::from_secs(10);

/// The process to read, and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Ps {
    /// The process [default: all processes of this user that publish their context]
    #[arg(value_name = "PID")]
    process: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn ps(options: &Ps) -> Result<(), Failure> {
    let found = match options.process {
        Some(process) => {
            let json = options.json;
            within(LIMIT, process, move || of_process(process, json))
        }
        None => of_all(options.json),
    };
    let text = found.map_err(|error| Failure(error.to_string()))?;
    if options.json { print_json(text) } else { print(text) }
}

/// Reads a process on a thread of its own. A thread that gets no answer is left behind, and ends with this program.
fn within<T: Send + 'static>(
    limit: Duration,
    id: u32,
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, result) = mpsc::channel();
    thread::Builder::new().spawn(move || sender.send(read()))?;
    result.recv_timeout(limit).unwrap_or_else(|error| {
        let found = match error {
            RecvTimeoutError::Timeout => format!("it did not answer within {} s", limit.as_secs()),
            RecvTimeoutError::Disconnected => "its reader panicked".to_owned(),
        };
        let message = format!("cannot read process {id}: {found}");
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    })
}

fn of_all(json: bool) -> io::Result<String> {
    let mut found = Vec::new();
    for id in publishing()? {
        match within(LIMIT, id, move || Process::open(id)?.context()) {
            Ok(Some(context)) => found.push((id, context)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let _ = writeln!(io::stderr(), "note: {error}");
            }
            // A process that ends meanwhile, or that may not be read, is left out.
            Ok(None) | Err(_) => {}
        }
    }
    if json {
        let processes = found.iter().map(|(id, context)| process_json(*id, context));
        return Ok(json!({ "processes": processes.collect_vec() }).to_string());
    }
    if found.is_empty() {
        return Ok("No process of this user publishes a context that can be read.\n".to_owned());
    }
    let row = |(id, context): &(u32, Context)| {
        let [service, version, instance] =
            ["service.name", "service.version", "service.instance.id"]
                .map(|key| shown(key, context));
        vec![id.to_string(), service, version, instance]
    };
    Ok(table(1, &["PID", "SERVICE", "VERSION", "INSTANCE"], found.iter().map(row).collect()))
}

/// Returns a resource attribute as the text of a cell.
fn shown(key: &str, context: &Context) -> String {
    cell(context.resource_attribute(key).unwrap_or_default(), 60)
}

fn of_process(id: u32, json: bool) -> io::Result<String> {
    let process = Process::open(id)?;
    let context = process.context()?.ok_or_else(|| {
        io::Error::other(format!(
            "expected a process that publishes its context, found process {id}, which publishes none"
        ))
    })?;
    let (threads, open) = process.spans(&context)?;
    let spans = spans(&threads, &open.unwrap_or_default());
    if json {
        let spans = spans.into_iter().map(|it| it.1).collect_vec();
        let process = process_json(id, &context);
        let found = json!({ "process": process, "threads": threads.len(), "spans": spans });
        return Ok(found.to_string());
    }
    let [service, version] = ["service.name", "service.version"].map(|key| shown(key, &context));
    let mut text =
        [service, version, format!("(process {id}, {})", counted(threads.len(), "thread"))]
            .into_iter()
            .filter(|part| !part.is_empty())
            .join(" ");
    text.push('\n');
    if !context.has_threads() {
        text.push_str(
            "This process does not publish the spans of its threads; programs with floe-telemetry can.\n",
        );
        return Ok(text);
    }
    let rows = spans.iter().map(|(depth, span)| row(*depth, span)).collect_vec();
    if !rows.is_empty() {
        let titles = ["AGE", "SPAN", "IN", "AT", "TRACE", "SPAN ID", ""];
        let _ = write!(text, "\n{}", table(1, &titles, rows));
    }
    let outside = threads.iter().filter(|of| of.span.is_none()).count();
    if outside > 0 {
        let _ = writeln!(text, "\n{outside} threads are in no span.");
    }
    Ok(text)
}

/// Returns the recorded open spans, each with its depth and after its parent, then unrecorded current spans of threads.
fn spans(threads: &[Thread], open: &[OpenSpan]) -> Vec<(usize, Value)> {
    let known: HashSet<_> = open.iter().map(|open| ids(&open.span)).collect();
    let tree = Tree::by_ids(open, |open| {
        let parent = (open.span.trace_id, open.parent_id);
        (ids(&open.span), parent, (0, 0))
    });
    let names: HashMap<_, _> = threads.iter().map(|of| (of.id, printable(&of.name))).collect();
    let described = |span: &CurrentSpan, thread: Option<u32>| {
        let attributes =
            span.attributes.iter().map(|(key, value)| (key.to_string(), json!(&**value)));
        json!({
            "name": name(span),
            "trace_id": span.trace_id.to_string(),
            "span_id": span.span_id.to_string(),
            "code": place(|key| span.attribute(key).map(str::to_owned)),
            "thread": thread.map(|id| json!({ "id": id, "name": names.get(&id) })),
            "attributes": attributes.collect::<Map<_, _>>(),
        })
    };
    let mut spans = Vec::new();
    let mut depths = vec![0; open.len()];
    for at in tree.below(tree.roots()) {
        depths[at] = tree.parent(at).map_or(0, |parent| depths[parent] + 1);
        let open = &open[at];
        let mut span = described(&open.span, open.threads.first().copied());
        span["parent_span_id"] = json!(open.parent_id.to_string());
        span["age_ns"] = json!(u64::try_from(open.age.as_nanos()).unwrap_or(u64::MAX));
        span["recorded"] = json!(true);
        span["waiting"] = json!(open.is_waiting);
        spans.push((depths[at], span));
    }
    let others = threads.iter().filter_map(|thread| {
        let current = thread.span.as_ref().filter(|span| !known.contains(&ids(span)))?;
        let mut span = described(current, Some(thread.id));
        span["sampled"] = json!(current.is_sampled);
        Some((0, span))
    });
    spans.extend(others);
    spans
}

fn row(depth: usize, span: &Value) -> Vec<String> {
    let text = |value: &Value, most| cell(value.as_str().unwrap_or_default(), most);
    let thread = &span["thread"];
    vec![
        span["age_ns"].as_u64().map(duration).unwrap_or_default(),
        "  ".repeat(depth.min(20)) + &text(&span["name"], 40),
        match thread["id"].as_u64() {
            Some(id) => format!("{id} {}", text(&thread["name"], 16)),
            None if span["waiting"] == true => "waiting".to_owned(),
            None => String::new(),
        },
        text(&span["code"], 60),
        text(&span["trace_id"], 32),
        text(&span["span_id"], 16),
        if span["sampled"] == false { "not sampled" } else { "" }.to_owned(),
    ]
}

fn ids(span: &CurrentSpan) -> (TraceId, SpanId) {
    (span.trace_id, span.span_id)
}

/// Returns the name of a span, or else of its function.
fn name(span: &CurrentSpan) -> &str {
    let keys = ["floe.span.name", "code.function.name"];
    keys.into_iter().find_map(|key| span.attribute(key)).unwrap_or("–")
}

fn process_json(id: u32, context: &Context) -> Value {
    json!({ "pid": id, "resource": json_of(context.resource()) })
}
