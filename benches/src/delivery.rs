//! The total cost of a span, from the call until an OTLP receiver in another process has its bytes.
//!
//! Each contestant runs in its own process, records spans with three attributes at a steady rate, and flushes at the
//! end. Its CPU time, minus the CPU time without spans, is divided by the number of spans. The OpenTelemetry SDK can
//! sustain the first rate. The second rate is ten times higher, and shows the latency on the host's thread and the lost
//! spans.
//!
//! `--rate N` sets the first rate, in spans per second. `--quick` records fewer spans than any queue holds, and then
//! the program fails if a contestant loses one. Without `--quick` it fails if we lose a span without counting it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::TelemetryConfig;
use serde::{Deserialize, Serialize};

use crate::child::{self, Child, Role};
use crate::contestant::{self, BARE, Case, Contestant, NAMES, OPENTELEMETRY, OURS, SPANS, State};
use crate::measure::{self, cpu_time};
use crate::receiver::Receiver;
use crate::report::{self, Checks, figure};
use crate::sink::{Otlp, Protocol, Sink};

/// The time that a host sleeps when it is ahead of the rate. Spinning would count as CPU time.
const NAP: Duration = Duration::from_millis(2);

const CASE: Case = Case { is_async: false, attributes: true };

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) otlp: Otlp,
    /// The minimum number of spans.
    pub(crate) spans: u64,
    /// The number of spans per second.
    pub(crate) rate: u64,
    pub(crate) config: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Cost {
    /// The number of recorded spans, including those before the measurement.
    pub(crate) recorded: u64,
    /// The CPU time of the whole process per span until all spans were exported, in nanoseconds.
    cpu_nanos: f64,
    /// The nanoseconds per span on the host's thread, in the median trace and in the trace at the 99th percentile.
    latencies: [f64; 2],
    peak_memory_kib: u64,
    /// The number of spans that the contestant counted as lost, or `None` if it does not count them.
    counted_losses: Option<u64>,
}

pub(crate) const DEFAULT_CONFIG: &str = "resource_attributes: {service_name: bench}\n";

impl Order {
    pub(crate) fn run(self) -> Cost {
        Child::start(&Role::Delivering(self)).answer()
    }
}

struct Row {
    name: &'static str,
    cost: Cost,
    /// The CPU time per span that arrived, minus the CPU time of the process without spans.
    net_cpu_nanos: f64,
    bytes_per_span: f64,
    arrived: u64,
}

pub(crate) fn run(checks: &mut Checks) {
    // The queue of the OpenTelemetry SDK holds 2048 spans, and the queues of the others hold more.
    let (spans, repeat) = if measure::quick() { (2_000, 1) } else { (300_000, 3) };
    let sustained: u64 = measure::value("--rate").unwrap_or(50_000);
    for protocol in [Protocol::Http, Protocol::Grpc] {
        for rate in [sustained, 10 * sustained] {
            let rows = median_runs(protocol, rate, spans, repeat);
            println!("\nOTLP/{protocol:?}, {rate} spans/s:");
            print(&rows);
            for row in &rows {
                check(row, &format!("{}, OTLP/{protocol:?}, {rate} spans/s", row.name), checks);
            }
        }
    }
}

fn check(row: &Row, run: &str, checks: &mut Checks) {
    let Cost { recorded, cpu_nanos, latencies, counted_losses, .. } = row.cost;
    checks.measured(format!("{run}, CPU time"), cpu_nanos);
    checks.measured(format!("{run}, median latency"), latencies[0]);
    checks.at_least(format!("{run}, spans"), row.arrived, u64::from(row.name != BARE));
    if measure::quick() {
        checks.equal(format!("{run}, spans delivered"), row.arrived, recorded);
    } else if row.name == OURS {
        let counted = row.arrived + counted_losses.unwrap_or_default();
        checks.equal(format!("{run}, spans delivered or counted as lost"), counted, recorded);
    }
}

/// Returns the run with the median CPU time for each contestant. The contestants take turns.
fn median_runs(protocol: Protocol, rate: u64, spans: u64, repeat: usize) -> Vec<Row> {
    let mut runs: Vec<Vec<Row>> = NAMES.map(|_| Vec::new()).into();
    for _ in 0..repeat {
        for (name, runs) in NAMES.into_iter().zip(&mut runs) {
            runs.push(one_run(name, protocol, rate, spans));
        }
    }

    let median = |mut runs: Vec<Row>| {
        runs.sort_by(|a, b| a.cost.cpu_nanos.total_cmp(&b.cost.cpu_nanos));
        runs.swap_remove(runs.len() / 2)
    };

    let mut rows: Vec<Row> = runs.into_iter().map(median).collect();
    let bare = rows[0].cost.cpu_nanos;
    for row in &mut rows {
        // The cost is divided by the spans that arrived, because a lost span costs little.
        #[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
        let recorded_to_arrived = row.cost.recorded.max(1) as f64 / row.arrived.max(1) as f64;
        row.net_cpu_nanos = (row.cost.cpu_nanos - bare) * recorded_to_arrived;
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn one_run(name: &'static str, protocol: Protocol, rate: u64, spans: u64) -> Row {
    let mut receiver = Receiver::start(protocol, false);
    let order = Order {
        name: name.to_owned(),
        otlp: receiver.otlp.clone(),
        spans,
        rate,
        config: DEFAULT_CONFIG.to_owned(),
    };

    let cost = order.run();
    let arrived = receiver.arrived();
    Row {
        name,
        cost,
        net_cpu_nanos: 0.0,
        bytes_per_span: arrived.bytes as f64 / (arrived.items as f64).max(1.0),
        arrived: arrived.items,
    }
}

fn print(rows: &[Row]) {
    let opentelemetry = rows.iter().find(|row| row.name == OPENTELEMETRY);
    let raw = opentelemetry.map_or(f64::NAN, |row| row.net_cpu_nanos);

    let headings =
        ["CPU ns per span", "to raw", "p50 ns", "p99 ns", "bytes per span", "peak KiB", "lost"];
    let rows = rows.iter().map(|row| {
        let [p50, p99] = row.cost.latencies.map(figure);
        vec![
            row.name.to_owned(),
            figure(row.net_cpu_nanos),
            figure(row.net_cpu_nanos / raw),
            p50,
            p99,
            figure(row.bytes_per_span),
            row.cost.peak_memory_kib.to_string(),
            row.cost.recorded.saturating_sub(row.arrived).to_string(),
        ]
    });

    report::table(&headings, rows);
}

pub(crate) fn serve(order: Order) {
    let config = TelemetryConfig::from_yaml(&order.config).expect("a configuration");
    let sink = Sink::Otlp(order.otlp);
    let contestant = contestant::start_with(&order.name, State::Sampled, &sink, config);
    // The first trace opens connections and initialises whatever is lazy.
    contestant.trace(CASE);
    contestant.flush();
    let traces = order.spans.div_ceil(SPANS.unsigned_abs());
    let mut cost = cost(&*contestant, traces, order.rate);
    if order.name == BARE {
        cost.recorded = 0;
    }

    child::send(&cost);
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn cost(contestant: &dyn Contestant, traces: u64, rate: u64) -> Cost {
    let per_trace = SPANS.unsigned_abs();
    let mut latencies = Vec::with_capacity(usize::try_from(traces).unwrap_or_default());
    let cpu = cpu_time();
    let start = Instant::now();
    for trace in 0..traces {
        let due = Duration::from_nanos(trace * per_trace * 1_000_000_000 / rate);
        while start.elapsed() < due {
            thread::sleep(NAP);
        }

        let before = Instant::now();
        contestant.trace(CASE);
        latencies.push(before.elapsed());
    }

    contestant.flush();
    let cpu = cpu_time().saturating_sub(cpu);
    latencies.sort_unstable();
    let at = |percent: usize| {
        let latency = latencies[(latencies.len() - 1) * percent / 100];
        latency.as_secs_f64() * 1e9 / per_trace as f64
    };

    Cost {
        recorded: (traces + 1) * per_trace,
        cpu_nanos: cpu.as_secs_f64() * 1e9 / (traces * per_trace) as f64,
        latencies: [at(50), at(99)],
        counted_losses: contestant.end(),
        peak_memory_kib: peak_memory_kib(),
    }
}

fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|peak| peak.trim().strip_suffix(" kB"));
    peak.and_then(|peak| peak.trim().parse().ok()).unwrap_or_default()
}
