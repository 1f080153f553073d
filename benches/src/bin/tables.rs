//! Writes the tables of the last benchmarks, from `target/bench/*.json`, as Markdown.

#![expect(clippy::print_stdout, reason = "a program that prints its tables")]

use benches::contestant::title;
use benches::report;
use serde_json::Value;
use time::OffsetDateTime;

/// Each benchmark, and the columns of its table: the heading, and the JSON pointer of the figure in a row.
const TABLES: [(&str, &[(&str, &str)]); 4] = [
    (
        "delivery",
        &[
            ("", "/contestant"),
            ("protocol", "/protocol"),
            ("spans/s", "/rate"),
            ("CPU ns per span", "/net_cpu_nanos"),
            ("p50 ns", "/cost/latency_p50"),
            ("p99 ns", "/cost/latency_p99"),
            ("bytes per span", "/bytes_per_span"),
            ("peak KiB", "/cost/peak_memory_kib"),
            ("lost", "/lost"),
        ],
    ),
    ("logs", &[("", "/what"), ("ns", "/nanos")]),
    ("log-delivery", &[("", "/what"), ("CPU ns", "/cpu_nanos"), ("arrived", "/arrived")]),
    (
        "sanitize",
        &[("", "/what"), ("bytes", "/bytes"), ("ns", "/nanos"), ("MB/s", "/megabytes_per_second")],
    ),
];

fn main() {
    println!("# Figures of the benchmarks\n\n[README.md](README.md) describes what they measure.");
    if let Some(report) = report::read("peers") {
        head("peers", &report);
        peers(rows(&report));
    }
    for (name, columns) in TABLES {
        if let Some(report) = report::read(name) {
            head(name, &report);
            line(columns.iter().map(|(heading, _)| (*heading).to_owned()));
            rule(columns.len());
            for row in rows(&report) {
                line(columns.iter().map(|(_, at)| text(row.pointer(at))));
            }
        }
    }
}

fn rows(report: &Value) -> &[Value] {
    report["rows"].as_array().map_or(&[], Vec::as_slice)
}

/// The command, the machine and the time.
fn head(name: &str, report: &Value) {
    let machine = &report["machine"];
    let quick = if report["quick"] == true { " -- --quick" } else { "" };
    println!(
        "\n## {name}\n\n`cargo bench -p benches --bench {name}{quick}`; {}, {} threads, Linux {}; {}. \
         Medians, with the quartiles or the 95 % confidence interval in parentheses.\n",
        text(machine.get("processor")),
        text(machine.get("threads")),
        text(machine.get("kernel")),
        date(report["measured_at"].as_i64().unwrap_or_default()),
    );
}

/// `seconds` since 1970.
fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|error| error.to_string(), |at| at.date().to_string())
}

/// One row for each case, and one column for each contestant.
fn peers(cells: &[Value]) {
    let mut contestants: Vec<&str> = Vec::new();
    for cell in cells {
        let contestant = cell["contestant"].as_str().unwrap_or_default();
        if !contestants.contains(&contestant) {
            contestants.push(contestant);
        }
    }
    let headings = contestants.iter().map(|contestant| title(contestant).to_owned());
    line(["ns per span".to_owned()].into_iter().chain(headings));
    rule(contestants.len() + 1);
    for cells in cells.chunk_by(|a, b| case(a) == case(b)) {
        let figures = contestants.iter().map(|contestant| {
            let cell = cells.iter().find(|cell| cell["contestant"] == *contestant);
            text(cell.and_then(|cell| cell.get("nanos")))
        });
        line([case(&cells[0])].into_iter().chain(figures));
    }
}

fn case(cell: &Value) -> String {
    let [state, shape, attributes, threads] =
        ["state", "shape", "attributes", "threads"].map(|key| text(cell.get(key)));
    let threads = if threads == "1" { "1 thread".to_owned() } else { format!("{threads} threads") };
    format!("{state}, {shape}, {attributes} attributes, {threads}")
}

fn line(cells: impl Iterator<Item = String>) {
    println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn rule(columns: usize) {
    println!("|{}", "---|".repeat(columns));
}

fn text(figure: Option<&Value>) -> String {
    match figure {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(spread)) => {
            let of = |names: [&str; 2]| text(names.iter().find_map(|name| spread.get(*name)));
            format!(
                "{} ({} to {})",
                of(["median", "median"]),
                of(["low", "from"]),
                of(["high", "to"])
            )
        }
        Some(figure) => match (figure.as_u64(), figure.as_f64()) {
            (None, Some(number)) if number.abs() >= 100.0 => format!("{number:.0}"),
            (None, Some(number)) if number.abs() >= 10.0 => format!("{number:.1}"),
            (None, Some(number)) => format!("{number:.2}"),
            _ => figure.to_string(),
        },
    }
}
