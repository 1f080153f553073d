//! The command `ps`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use floe_context_reader::{Context, Process, Span, Thread, publishing};
use floe_redact::{Redactor, printable};
use serde_json::{Map, Value, json};

use super::table::{Column, cell, table};
use super::{Failure, print, print_json};

/// How often `--watch` reads.
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
        if options.json {
            print_json(&text)?;
        } else {
            print(format_args!("{text}"))?;
        }
        if !options.watch {
            return Ok(ExitCode::SUCCESS);
        }
        thread::sleep(PAUSE);
    }
}

fn of_all(json: bool) -> io::Result<String> {
    let redactor = Redactor::default();
    let mut found = Vec::new();
    for id in publishing()? {
        // One that ends meanwhile, or that may not be read, is left out.
        if let Some(context) = Process::open(id)
            .ok()
            .and_then(|of| of.context().ok().flatten())
        {
            found.push((id, context));
        }
    }
    if json {
        let processes = found
            .iter()
            .map(|(id, context)| process_json(*id, context, &redactor));
        return Ok(json!({ "processes": processes.collect::<Vec<_>>() }).to_string());
    }
    if found.is_empty() {
        return Ok("No process of this user publishes what it is.\n".to_owned());
    }
    let of = |key: &str| {
        let values = found
            .iter()
            .map(|(_, context)| shown(&redactor, key, context));
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
    Column {
        title: title.to_owned(),
        is_number: false,
        cells,
    }
}

/// The value of an attribute of a resource in a cell.
fn shown(redactor: &Redactor, key: &str, context: &Context) -> String {
    let value = context.resource_attribute(key).unwrap_or_default();
    cell(&redactor.redact_value(key, value), 60)
}

fn of_process(id: u32, json: bool) -> io::Result<String> {
    let redactor = Redactor::default();
    let process = Process::open(id)?;
    let context = process.context()?.ok_or_else(|| {
        io::Error::other(format!(
            "expected a process that publishes what it is, found that {id} does not"
        ))
    })?;
    let threads = process.threads(&context)?;
    if json {
        let in_spans = threads
            .iter()
            .filter_map(|thread| Some((thread, thread.span()?)));
        let spans = in_spans.map(|(thread, span)| span_json(thread, span, &redactor));
        return Ok(json!({
            "process": process_json(id, &context, &redactor),
            "threads": threads.len(),
            "spans": spans.collect::<Vec<_>>(),
        })
        .to_string());
    }
    let mut text = [("service.name", ""), ("service.version", " ")]
        .map(|(key, before)| (before, shown(&redactor, key, &context)))
        .map(|(before, value)| {
            if value.is_empty() {
                value
            } else {
                format!("{before}{value}")
            }
        })
        .concat();
    let _ = writeln!(text, " (process {id}, {} threads)", threads.len());
    if !context.has_threads() {
        text.push_str("It does not publish the spans of its threads.\n");
        return Ok(text);
    }
    let (inside, outside): (Vec<_>, Vec<_>) = threads.iter().partition(|of| of.span().is_some());
    if !inside.is_empty() {
        text.push('\n');
        text.push_str(&spans(&inside, &redactor));
    }
    if !outside.is_empty() {
        let _ = writeln!(text, "\n{} threads are in no span.", outside.len());
    }
    Ok(text)
}

fn spans(threads: &[&Thread], redactor: &Redactor) -> String {
    let all = |of: &dyn Fn(&Thread, &Span) -> String| {
        let cells = threads
            .iter()
            .filter_map(|thread| Some(of(thread, thread.span()?)));
        cells.collect::<Vec<_>>()
    };
    table(&[
        Column {
            title: "TID".to_owned(),
            is_number: true,
            cells: all(&|thread, _| thread.id().to_string()),
        },
        column("THREAD", all(&|thread, _| cell(thread.name(), 16))),
        column("SPAN", all(&|_, span| cell(&name(span, redactor), 40))),
        column("AT", all(&|_, span| cell(&place(span, redactor), 60))),
        column("TRACE", all(&|_, span| hex(&span.trace_id()))),
        column("SPAN ID", all(&|_, span| hex(&span.span_id()))),
        column(
            "",
            all(&|_, span| if span.is_sampled() { "" } else { "not sampled" }.to_owned()),
        ),
    ])
}

/// Where a span is in the code.
fn place(span: &Span, redactor: &Redactor) -> String {
    let [file, line] = ["code.file.path", "code.line.number"].map(|key| {
        let value = span.attribute(key).unwrap_or_default();
        redactor.redact_value(key, value)
    });
    let separator = if line.is_empty() { "" } else { ":" };
    format!("{file}{separator}{line}")
}

/// The name of a span, or else the function that it is of.
fn name(span: &Span, redactor: &Redactor) -> String {
    let name = ["floe.span.name", "code.function.name"];
    let name = name.into_iter().find_map(|key| span.attribute(key));
    redactor.redact(name.unwrap_or("–")).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn process_json(id: u32, context: &Context, redactor: &Redactor) -> Value {
    let attributes = texts(context.resource(), redactor);
    json!({ "pid": id, "resource": attributes })
}

fn texts(attributes: &[(String, String)], redactor: &Redactor) -> Map<String, Value> {
    let texts = attributes.iter().map(|(key, value)| {
        let value = redactor.redact_value(key, value);
        (redactor.redact(key).into_owned(), json!(value))
    });
    texts.collect()
}

fn span_json(thread: &Thread, span: &Span, redactor: &Redactor) -> Value {
    json!({
        "name": name(span, redactor),
        "trace_id": hex(&span.trace_id()),
        "span_id": hex(&span.span_id()),
        "sampled": span.is_sampled(),
        "code": place(span, redactor),
        "thread": { "id": thread.id(), "name": printable(thread.name()) },
        "attributes": texts(span.attributes(), redactor),
    })
}
