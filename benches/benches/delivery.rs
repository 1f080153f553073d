//! The total cost of a span, from the call until an OTLP receiver in another process has its bytes.
//!
//! Each contestant runs in its own process, records spans with three attributes at a steady rate, and
//! flushes at the end. Its CPU time, minus that of the same process without spans, is divided by the
//! number of spans. The first rate is one that the OpenTelemetry SDK can sustain, the second is ten
//! times higher. It shows the latency on the host's thread, the lost spans, and whether the losses were
//! counted.
//!
//! `--rate N` sets the first rate, in spans per second, `--repeat N` the number of runs, of which the median
//! counts, and `--batch N` the most spans of our batches. `--quick` records fewer spans than any queue holds, so
//! that whatever the speed of the machine, the program fails if a contestant loses one. Without it the program
//! fails if we lose a span without counting it, or if a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::contestant::{NAMES, TRACING_OFF, makes_spans, title};
use benches::paced::{self, Cost, Order};
use benches::receiver::{self, Arrived, Receiver};
use benches::sink::Protocol;
use benches::span_cost::OURS;
use benches::{arguments, report};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Row {
    contestant: &'static str,
    protocol: &'static str,
    rate: u64,
    cost: Cost,
    /// CPU time per span that arrived, minus that of the process without spans.
    net_cpu_nanos: f64,
    bytes_per_span: f64,
    arrived: u64,
    lost: u64,
}

impl Row {
    /// The ratio of recorded to delivered spans. A lost span costs little, and must not make the others
    /// appear cheap.
    #[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
    fn recorded_to_arrived(&self) -> f64 {
        let recorded = self.cost.recorded.max(1);
        recorded as f64 / recorded.saturating_sub(self.lost).max(1) as f64
    }
}

fn main() -> ExitCode {
    if receiver::serve() || paced::serve() {
        return ExitCode::SUCCESS;
    }
    let (spans, repeat) = if arguments::quick() {
        // The queue of the OpenTelemetry SDK holds 2048 spans, ours and fastrace's hold more.
        (2_000, 1)
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
            let raw = measured.iter().find(|row| row.contestant == "opentelemetry");
            if rate == sustained && raw.is_some_and(|row| row.lost > 0) {
                println!(
                    "the OpenTelemetry SDK does not sustain this rate here: set a lower --rate"
                );
            }
            rows.extend(measured);
        }
    }
    report::write("delivery", &rows);
    check(&rows)
}

fn check(rows: &[Row]) -> ExitCode {
    let mut checks = Checks::new();
    let expected = names().count() * Protocol::ALL.len() * 2;
    checks.equal("runs", rows.len() as u64, expected as u64);
    for row in rows {
        let run = format!("{}, OTLP/{}, {} spans/s", row.contestant, row.protocol, row.rate);
        checks.measured(format!("{run}, CPU time"), row.cost.cpu_nanos);
        checks.measured(format!("{run}, median latency"), row.cost.latency_p50);
        if makes_spans(row.contestant) {
            checks.at_least(format!("{run}, spans"), row.arrived, 1);
            checks.measured(format!("{run}, bytes of a span"), row.bytes_per_span);
        }
        if arguments::quick() {
            checks.equal(format!("{run}, spans delivered"), row.arrived, row.cost.recorded);
        } else if row.contestant == OURS {
            let counted = row.arrived + row.cost.counted_losses.unwrap_or_default();
            let what = format!("{run}, spans delivered or counted as lost");
            checks.equal(what, counted, row.cost.recorded);
        }
    }
    checks.finish()
}

/// The contestants that export spans, and the bare work.
fn names() -> impl Iterator<Item = &'static str> {
    let baselines = ["clocks", TRACING_OFF];
    NAMES.into_iter().filter(move |name| !baselines.contains(name))
}

/// Returns the run with the median CPU time of each contestant.
fn measure(protocol: Protocol, rate: u64, spans: u64, repeat: usize) -> Vec<Row> {
    let mut runs: Vec<Vec<Row>> = names().map(|_| Vec::new()).collect();
    for _ in 0..repeat {
        for (name, runs) in names().zip(&mut runs) {
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
        row.net_cpu_nanos = (row.cost.cpu_nanos - bare) * row.recorded_to_arrived();
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn run(contestant: &'static str, protocol: Protocol, rate: u64, spans: u64) -> Row {
    let mut receiver = Receiver::start(protocol);
    let order = Order { contestant, otlp: &receiver.otlp, spans, rate, config: None };
    let cost = order.run();
    let Arrived { items: spans, bytes, .. } = receiver.arrived();
    Row {
        contestant,
        protocol: protocol.name(),
        rate,
        cost,
        net_cpu_nanos: 0.0,
        bytes_per_span: bytes as f64 / (spans as f64).max(1.0),
        arrived: spans,
        lost: cost.recorded.saturating_sub(spans),
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

#[expect(clippy::cast_precision_loss, reason = "a size of memory is exact")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// The number of lost spans, and whether the contestant counted them.
fn lost(row: &Row) -> String {
    let (lost, recorded) = (row.lost, row.cost.recorded);
    match row.cost.counted_losses {
        _ if !makes_spans(row.contestant) => String::new(),
        _ if lost == 0 => "none".to_owned(),
        Some(counted) if counted == lost => format!("LOST {lost} of {recorded}, each counted"),
        Some(counted) => format!("LOST {lost} of {recorded}, but counted {counted}"),
        None => format!("LOST {lost} of {recorded}, not counted"),
    }
}
