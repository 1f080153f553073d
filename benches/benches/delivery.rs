//! What a span costs in all, from the call until an OTLP receiver in another process has its bytes.
//!
//! Each contestant is a process of its own that makes spans with three attributes at a steady rate
//! and then delivers what is left. Its CPU time, less that of the same process without spans, is
//! divided by the spans. First at a rate that the OpenTelemetry SDK can sustain, then at ten times
//! that: what it does to the host, what is lost, and whether the loss was counted.
//!
//! `--quick` shows that everything runs; `--rate N` sets the first rate, in spans per second, and
//! `--repeat N` how often each is measured (the median counts).

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::contestant::{NAMES, makes_spans, title};
use benches::paced::{self, Cost, Order};
use benches::receiver::{self, Arrived, Receiver};
use benches::sink::Protocol;
use benches::{arguments, report};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Row {
    contestant: &'static str,
    protocol: &'static str,
    rate: u64,
    cost: Cost,
    /// Of CPU per span that arrived, less what the process takes without spans.
    net_cpu_nanos: f64,
    bytes_per_span: f64,
    lost: u64,
}

impl Row {
    /// A span that is lost costs little, and must not make the others look cheap.
    #[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
    fn asked_to_arrived(&self) -> f64 {
        let asked = self.cost.asked.max(1);
        asked as f64 / asked.saturating_sub(self.lost).max(1) as f64
    }
}

fn main() {
    if receiver::serve() || paced::serve() {
        return;
    }
    let (spans, repeat) = if arguments::quick() {
        (5_000, 1)
    } else {
        (300_000, 3)
    };
    let repeat = arguments::value("--repeat").unwrap_or(repeat);
    let sustained: u64 = arguments::value("--rate").unwrap_or(50_000);
    let mut rows = Vec::new();
    for protocol in Protocol::ALL {
        for rate in [sustained, 10 * sustained] {
            let measured = measure(protocol, rate, spans, repeat);
            print(&measured);
            let raw = measured
                .iter()
                .find(|row| row.contestant == "opentelemetry");
            if rate == sustained && raw.is_some_and(|row| row.lost > 0) {
                println!(
                    "the OpenTelemetry SDK does not sustain this rate here: set a lower --rate"
                );
            }
            rows.extend(measured);
        }
    }
    report::write("delivery", &rows);
}

/// Each contestant in turn, `repeat` times; the run with the median CPU time of each.
fn measure(protocol: Protocol, rate: u64, spans: u64, repeat: usize) -> Vec<Row> {
    let names = NAMES.into_iter().filter(|name| *name != "clocks");
    let mut runs: Vec<Vec<Row>> = names.clone().map(|_| Vec::new()).collect();
    for _ in 0..repeat {
        for (name, runs) in names.clone().zip(&mut runs) {
            runs.push(run(name, protocol, rate, spans));
        }
    }
    let median = |mut runs: Vec<Row>| {
        runs.sort_by(|a, b| a.cost.cpu_nanos.total_cmp(&b.cost.cpu_nanos));
        runs.swap_remove(runs.len() / 2)
    };
    let mut rows: Vec<Row> = runs.into_iter().map(median).collect();
    let bare = rows[0].cost.cpu_nanos;
    for row in &mut rows {
        row.net_cpu_nanos = (row.cost.cpu_nanos - bare) * row.asked_to_arrived();
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn run(contestant: &'static str, protocol: Protocol, rate: u64, spans: u64) -> Row {
    let mut receiver = Receiver::start(protocol);
    let order = Order {
        contestant,
        otlp: &receiver.otlp,
        spans,
        rate,
    };
    let cost = order.run();
    let Arrived { spans, bytes } = receiver.arrived();
    Row {
        contestant,
        protocol: protocol.name(),
        rate,
        cost,
        net_cpu_nanos: 0.0,
        bytes_per_span: bytes as f64 / (spans as f64).max(1.0),
        lost: cost.asked.saturating_sub(spans),
    }
}

fn print(rows: &[Row]) {
    println!(
        "\n{:<36} {:>8} {:>7} {:>8} {:>7} {:>8} {:>7}  lost",
        format!("OTLP/{}, {} spans/s", rows[0].protocol, rows[0].rate),
        "CPU ns",
        "to raw",
        "p50 ns",
        "p99 ns",
        "bytes",
        "MiB"
    );
    let raw = rows.iter().find(|row| row.contestant == "opentelemetry");
    let raw = raw.map_or(f64::NAN, |row| row.net_cpu_nanos);
    for row in rows {
        println!(
            "{:<36} {:>8.0} {:>7.2} {:>8.0} {:>7.0} {:>8.0} {:>7.1}  {}",
            title(row.contestant),
            row.net_cpu_nanos,
            row.net_cpu_nanos / raw,
            row.cost.latency_p50,
            row.cost.latency_p99,
            row.bytes_per_span,
            mebibytes(row.cost.peak_memory_kib),
            lost(row)
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "less than all memory there is")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// What was lost, and whether the contestant knows.
fn lost(row: &Row) -> String {
    let (lost, asked) = (row.lost, row.cost.asked);
    match row.cost.counted_losses {
        _ if !makes_spans(row.contestant) => String::new(),
        _ if lost == 0 => "none".to_owned(),
        Some(counted) if counted == lost => format!("LOST {lost} of {asked}, each counted"),
        Some(counted) => format!("LOST {lost} of {asked}, but counted {counted}"),
        None => format!("LOST {lost} of {asked}, not counted"),
    }
}
