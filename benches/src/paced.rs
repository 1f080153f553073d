//! A contestant in its own process that records spans at a steady rate and exports them.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::arguments;
use crate::child::{self, Child};
use crate::contestant::{self, Case, Contestant, SPANS, Shape, State};
use crate::cpu_time::of_process as cpu_time;
use crate::sink::{Otlp, Sink};

/// The sleep of a host that is ahead of the rate. Spinning would count as CPU time.
const NAP: Duration = Duration::from_millis(2);

const CASE: Case = Case { shape: Shape::Sync, attributes: true };

/// The task of a child process.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Order<'a> {
    pub contestant: &'static str,
    /// The receiver.
    pub otlp: &'a Otlp,
    /// The minimum number of spans.
    pub spans: u64,
    /// Spans per second.
    pub rate: u64,
    /// Our configuration as YAML, instead of the default one.
    pub config: Option<&'a str>,
}

/// The figures of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Cost {
    /// Recorded spans, including those before the measurement.
    pub recorded: u64,
    /// CPU time of the whole process per span until all were exported, in nanoseconds.
    pub cpu_nanos: f64,
    /// Nanoseconds per span on the host's thread in the median trace.
    pub latency_p50: f64,
    /// Nanoseconds per span on the host's thread in the trace at the 99th percentile.
    pub latency_p99: f64,
    /// Peak memory of the process, in KiB.
    pub peak_memory_kib: u64,
    /// Spans that the contestant counted as lost; `None` if it does not count them.
    pub counted_losses: Option<u64>,
}

impl Order<'_> {
    /// Starts the program again, and waits for its figures.
    ///
    /// # Panics
    ///
    /// The process exits without figures.
    #[must_use]
    pub fn run(&self) -> Cost {
        let (spans, rate) = (self.spans.to_string(), self.rate.to_string());
        let batch = arguments::value::<String>("--batch");
        let mut order = vec![
            "--paced",
            self.contestant,
            "--protocol",
            self.otlp.protocol.name(),
            "--endpoint",
            &self.otlp.endpoint,
            "--spans",
            &spans,
            "--rate",
            &rate,
        ];
        if let Some(batch) = &batch {
            order.extend(["--batch", batch]);
        }
        if let Some(config) = self.config {
            order.extend(["--config", config]);
        }
        let answer = Child::start(&order).answer();
        serde_json::from_str(&answer).expect("the figures of the child")
    }
}

/// Runs an order if this process was started by [`Order::run`].
///
/// # Panics
///
/// An argument is missing.
#[must_use]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--paced") else {
        return false;
    };
    let protocol: String = arguments::value("--protocol").expect("a protocol");
    let otlp = Otlp {
        protocol: protocol.parse().expect("a protocol"),
        endpoint: arguments::value("--endpoint").expect("an endpoint"),
    };
    let spans: u64 = arguments::value("--spans").expect("a number of spans");
    let rate: u64 = arguments::value("--rate").expect("a rate");
    let contestant = contestant::start(&name, State::Sampled, &Sink::Otlp(otlp));
    // Opens connections and initialises what is lazy.
    contestant.trace(CASE);
    contestant.flush();
    let traces = spans.div_ceil(SPANS.unsigned_abs());
    let mut cost = run(&*contestant, traces, rate);
    if !contestant::makes_spans(&name) {
        cost.recorded = 0;
    }
    child::send(&serde_json::to_string(&cost).expect("plain data"));
    true
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn run(contestant: &dyn Contestant, traces: u64, rate: u64) -> Cost {
    let per_trace = SPANS.unsigned_abs();
    let mut latencies = Vec::with_capacity(usize::try_from(traces).unwrap_or_default());
    let cpu = cpu_time();
    let start = Instant::now();
    for trace in 0..traces {
        let due = Duration::from_nanos(trace * per_trace * 1_000_000_000 / rate);
        while start.elapsed() < due {
            thread::sleep(NAP);
        }
        let before = fastant::Instant::now();
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
        latency_p50: at(50),
        latency_p99: at(99),
        counted_losses: contestant.end(),
        peak_memory_kib: peak_memory_kib(),
    }
}

fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
    peak.and_then(|peak| peak.trim().parse().ok()).unwrap_or_default()
}
