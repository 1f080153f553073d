//! The command `ps`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use floe_redact::{Redactor, printable};
use floe_trace::ps::{Context, CurrentSpan, OpenSpan, Process, Thread, publishing};
use floe_trace::{SpanId, TraceId, duration};
use serde_json::{Map, Value, json};

use super::table::{Column, cell, table};
use super::{Failure, escaped, is_read, print};

/// The interval of `--watch`.
const PAUSE: Duration = Duration::from_secs(2);

/// What is read.
#[derive(Debug, Args)]
pub(crate) struct Ps {
    /// The process [default: list all of this user that publish what they are]
    #[arg(value_name = "PID")]
    process: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Read again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

/// Prints which service a process is, and which span each of its threads is in.
pub(crate) fn ps(options: &Ps) -> Result<ExitCode, Failure> {
    loop {
        let found = match options.process {
            Some(process) => of_process(process, options.json),
            None => of_all(options.json),
        };
        let text = found.map_err(|error| Failure(error.to_string()))?;
        if options.watch && !options.json && io::stdout().is_terminal() {
            // The beginning of the screen, which is empty then.
            print(format_args!("\x1b[H\x1b[2J"))?;
        }
        let text = if options.json { escaped(&text) } else { text };
        if !is_read(format_args!("{text}"))? || !options.watch {
            return Ok(ExitCode::SUCCESS);
        }
        thread::sleep(PAUSE);
    }
}

fn of_all(json: bool) -> io::Result<String> {
    let texts = Texts::default();
    let mut found = Vec::new();
    for id in publishing()? {
        // One that ends meanwhile, or that may not be read, is left out.
        if let Some(context) = Process::open(id).ok().and_then(|of| of.context().ok().flatten()) {
            found.push((id, context));
        }
    }
    if json {
        let processes = found.iter().map(|(id, context)| process_json(*id, context, &texts));
        return Ok(json!({ "processes": processes.collect::<Vec<_>>() }).to_string());
    }
    if found.is_empty() {
        return Ok("No process of this user publishes its context.\n".to_owned());
    }
    let of = |key: &str| {
        let values = found.iter().map(|(_, context)| shown(&texts, key, context));
        values.collect()
    };
    Ok(table(&[
        Column {
            title: "PID".to_owned(),
            is_number: true,
            cells: found.iter().map(|(id, _)| id.to_string()).collect(),
        },
        column("SERVICE", of("service.name")),
        column("VERSION", of("service.version")),
        column("INSTANCE", of("service.instance.id")),
    ]))
}

fn column(title: &str, cells: Vec<String>) -> Column {
    Column { title: title.to_owned(), is_number: false, cells }
}

/// The value of an attribute of a resource in a cell.
fn shown(texts: &Texts, key: &str, context: &Context) -> String {
    let value = context.resource_attribute(key).unwrap_or_default();
    cell(&texts.value(key, value), 60)
}

fn of_process(id: u32, json: bool) -> io::Result<String> {
    let texts = Texts::default();
    let process = Process::open(id)?;
    let context = process.context()?.ok_or_else(|| {
        io::Error::other(format!(
            "expected a process that publishes its context, found that {id} publishes none"
        ))
    })?;
    let (threads, open) = process.spans(&context)?;
    let found =
        Found { threads: &threads, open: open.as_deref().unwrap_or_default(), texts: &texts };
    if json {
        return Ok(json!({
            "process": process_json(id, &context, &texts),
            "threads": threads.len(),
            "spans": found.json(),
        })
        .to_string());
    }
    let [service, version] =
        ["service.name", "service.version"].map(|key| shown(&texts, key, &context));
    let mut text = [service, version, format!("(process {id}, {} threads)", threads.len())]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    text.push('\n');
    if !context.has_threads() {
        text.push_str(
            "It does not list the spans of its threads, as programs with floe-telemetry do.\n",
        );
        return Ok(text);
    }
    let (inside, outside): (Vec<_>, Vec<_>) = threads.iter().partition(|of| of.span.is_some());
    if !inside.is_empty() {
        text.push('\n');
        text.push_str(&found.thread_table());
    }
    if !outside.is_empty() {
        let _ = writeln!(text, "\n{} threads are in no span.", outside.len());
    }
    if open.is_some() {
        let _ = writeln!(text, "\n{} open spans are recorded.", found.open.len());
        if !found.open.is_empty() {
            text.push_str(&found.tree());
        }
    }
    Ok(text)
}

/// The maximum number of rows of the tree.
const ROWS: usize = 200;

/// The data that was read from a process.
struct Found<'a> {
    threads: &'a [Thread],
    /// Open spans, the oldest first.
    open: &'a [OpenSpan],
    texts: &'a Texts,
}

impl Found<'_> {
    fn thread_table(&self) -> String {
        let ages: HashMap<_, _> =
            self.open.iter().map(|open| (ids(&open.span), nanos(open.age))).collect();
        let all = |of: &dyn Fn(&Thread, &CurrentSpan) -> String| {
            let cells =
                self.threads.iter().filter_map(|thread| Some(of(thread, thread.span.as_ref()?)));
            cells.collect::<Vec<_>>()
        };
        let number =
            |title: &str, cells| Column { title: title.to_owned(), is_number: true, cells };
        table(&[
            number("TID", all(&|thread, _| thread.id.to_string())),
            column("THREAD", all(&|thread, _| cell(&thread.name, 16))),
            column("SPAN", all(&|_, span| self.name(span))),
            number(
                "SINCE",
                all(&|_, span| {
                    let age = ages.get(&ids(span));
                    age.map_or_else(String::new, |age| duration(*age))
                }),
            ),
            column("AT", all(&|_, span| cell(&place(span, self.texts), 60))),
            column("TRACE", all(&|_, span| span.trace_id.to_string())),
            column("SPAN ID", all(&|_, span| span.span_id.to_string())),
            column("", all(&|_, span| if span.is_sampled { "" } else { "not sampled" }.to_owned())),
        ])
    }

    /// The open spans, each below its parent.
    fn tree(&self) -> String {
        let known: HashMap<_, _> =
            (0..).zip(self.open).map(|(at, open)| (ids(&open.span), at)).collect();
        let parent = |open: &OpenSpan| known.get(&(open.span.trace_id, open.parent_id)).copied();
        let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (at, open) in self.open.iter().enumerate().rev() {
            children.entry(parent(open)).or_default().push(at);
        }
        let mut rows = Vec::new();
        let mut next: Vec<(usize, usize)> = Vec::new();
        // Parents that form a circle are below none, and so are not reached.
        next.extend(children.remove(&None).into_iter().flatten().map(|at| (at, 0)));
        while let Some((at, depth)) = next.pop() {
            rows.push((&self.open[at], depth));
            if rows.len() == ROWS {
                break;
            }
            let below = children.remove(&Some(at)).into_iter().flatten();
            next.extend(below.map(|at| (at, depth + 1)));
        }
        let all = |of: &dyn Fn(&OpenSpan, usize) -> String| {
            rows.iter().map(|(open, depth)| of(open, *depth)).collect::<Vec<_>>()
        };
        let mut text = table(&[
            Column {
                title: "AGE".to_owned(),
                is_number: true,
                cells: all(&|open, _| duration(nanos(open.age))),
            },
            column("SPAN", all(&|open, depth| "  ".repeat(depth.min(20)) + &self.name(&open.span))),
            column(
                "IN",
                all(&|open, _| match &*open.threads {
                    [] if open.is_waiting => "waiting".to_owned(),
                    [] => String::new(),
                    [thread, ..] => format!("thread {thread}"),
                }),
            ),
            column("AT", all(&|open, _| cell(&place(&open.span, self.texts), 60))),
            column("TRACE", all(&|open, _| open.span.trace_id.to_string())),
        ]);
        if rows.len() < self.open.len() {
            let left = self.open.len() - rows.len();
            let _ = writeln!(text, "… {left} more, which --json prints");
        }
        text
    }

    fn name(&self, span: &CurrentSpan) -> String {
        cell(&name(span, self.texts), 40)
    }

    /// The listed spans, and the unrecorded ones, which only threads have.
    fn json(&self) -> Vec<Value> {
        let listed: HashSet<_> = self.open.iter().map(|open| ids(&open.span)).collect();
        let names: HashMap<_, _> = self.threads.iter().map(|of| (of.id, &of.name)).collect();
        let of = |span: &CurrentSpan, thread: Option<u32>| {
            let thread = thread
                .map(|id| json!({ "id": id, "name": names.get(&id).map(|name| printable(name)) }));
            json!({
                "name": name(span, self.texts),
                "trace_id": span.trace_id.to_string(),
                "span_id": span.span_id.to_string(),
                "code": place(span, self.texts),
                "thread": thread,
                "attributes": attributes(&span.attributes, self.texts),
            })
        };
        let open = self.open.iter().map(|open| {
            let mut span = of(&open.span, open.threads.first().copied());
            span["parent_span_id"] = json!(open.parent_id.to_string());
            span["age_ns"] = json!(nanos(open.age));
            span["recorded"] = json!(true);
            span["waiting"] = json!(open.is_waiting);
            span
        });
        let others = self.threads.iter().filter_map(|thread| {
            let span = thread.span.as_ref().filter(|span| !listed.contains(&ids(span)))?;
            let sampled = span.is_sampled;
            let mut span = of(span, Some(thread.id));
            span["sampled"] = json!(sampled);
            Some(span)
        });
        open.chain(others).collect()
    }
}

fn ids(span: &CurrentSpan) -> (TraceId, SpanId) {
    (span.trace_id, span.span_id)
}

fn nanos(age: Duration) -> u64 {
    u64::try_from(age.as_nanos()).unwrap_or(u64::MAX)
}

/// The place of a span in the code.
fn place(span: &CurrentSpan, texts: &Texts) -> String {
    let [file, line] = ["code.file.path", "code.line.number"].map(|key| {
        let value = span.attribute(key).unwrap_or_default();
        texts.value(key, value)
    });
    let separator = if line.is_empty() { "" } else { ":" };
    format!("{file}{separator}{line}")
}

/// The name of a span, or else of its function.
fn name(span: &CurrentSpan, texts: &Texts) -> String {
    let name = ["floe.span.name", "code.function.name"];
    let name = name.into_iter().find_map(|key| span.attribute(key));
    texts.value("", name.unwrap_or("–"))
}

fn process_json(id: u32, context: &Context, texts: &Texts) -> Value {
    let attributes = attributes(context.resource(), texts);
    json!({ "pid": id, "resource": attributes })
}

fn attributes(attributes: &[(String, String)], texts: &Texts) -> Map<String, Value> {
    let texts = attributes.iter().map(|(key, value)| {
        let value = texts.value(key, value);
        (texts.value("", key), Value::String(value))
    });
    texts.collect()
}

/// Redacted texts of a process, cached: a hundred thousand spans have few distinct texts.
#[derive(Default)]
struct Texts {
    redactor: Redactor,
    known: RefCell<HashMap<(String, String), String>>,
}

impl Texts {
    /// The value of an attribute, or a text without a key.
    fn value(&self, key: &str, value: &str) -> String {
        let mut known = self.known.borrow_mut();
        let known = known.entry((key.to_owned(), value.to_owned()));
        let redacted = known.or_insert_with(|| {
            if key.is_empty() {
                self.redactor.redact(value).into_owned()
            } else {
                self.redactor.redact_value(key, value).into_owned()
            }
        });
        redacted.clone()
    }
}
