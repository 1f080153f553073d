//! Real operations with and without telemetry, in pairs.

mod gate;
mod http;
mod pipeline;
mod sqlite;

use std::time::{Duration, Instant};

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use serde::Serialize;

use crate::arguments;
use crate::checks::Checks;
use crate::receiver::Receiver;
use crate::sink::Protocol;
use crate::statistics::{Interval, Spread};

pub use self::gate::{Measured, gate};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The cost that telemetry adds to one kind of operation.
#[derive(Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Row {
    /// The operation.
    pub operation: &'static str,
    /// Microseconds of one operation without telemetry.
    pub micros: Spread,
    /// The nanoseconds that telemetry adds to an operation: the median and its 95 % confidence interval.
    pub added_nanos: Interval,
    /// The same in percent.
    pub added_percent: Interval,
    /// Of a request, whose `micros` are those of the serving thread: the microseconds until the client has the
    /// response, without telemetry.
    pub elapsed_micros: Option<Spread>,
    /// The added time in percent of that.
    pub added_percent_of_elapsed: Option<f64>,
    /// Pairs of measurements.
    pub pairs: usize,
    /// Spans that the receiver accepted.
    pub spans: u64,
    /// Spans that the measured code records while telemetry is enabled.
    pub expected_spans: u64,
}

impl Row {
    /// Checks that the figures were measured and that every span was delivered.
    pub fn check(&self, checks: &mut Checks) {
        let operation = self.operation;
        checks.measured(format!("{operation}, time"), self.micros.median);
        let added = self.added_percent;
        for figure in [added.from, added.median, added.to] {
            checks.finite(format!("{operation}, added time"), figure);
        }
        checks.at_least(format!("{operation}, spans"), self.spans, 1);
        checks.equal(format!("{operation}, spans delivered"), self.spans, self.expected_spans);
    }
}

/// All operations.
#[must_use]
pub fn measure(checks: &mut Checks) -> Vec<Row> {
    let mut rows = vec![pipeline::row(checks)];
    rows.extend(http::rows());
    rows.push(sqlite::row());
    for row in &rows {
        row.check(checks);
    }
    rows
}

/// Telemetry as in a service: every span is sampled and exported over OTLP to a local collector.
#[derive(Debug)]
struct Telemetry {
    receiver: Receiver,
}

impl Telemetry {
    fn new() -> Self {
        Self { receiver: Receiver::start(Protocol::Http) }
    }

    fn start(&self, enabled: bool) -> TelemetryProvider {
        let mut config = TelemetryConfig::new("overhead");
        config.enabled = enabled;
        config.otlp_endpoint = Some(self.receiver.otlp.endpoint.clone());
        config.otlp_protocol = Some(OtlpProtocol::Http);
        let provider = TelemetryProvider::builder(config).initialize();
        provider.expect("the provider starts")
    }
}

/// Measures pairs of runs, one with telemetry and one without, and the time that telemetry added in
/// each pair. The order alternates between pairs. `run` performs `operations` operations with or
/// without telemetry and returns how long they took.
fn pairs(
    operation: &'static str,
    pairs: usize,
    operations: u32,
    mut run: impl FnMut(bool) -> Duration,
) -> Row {
    let pairs = if arguments::quick() { 1 } else { pairs };
    let (mut micros, mut nanos, mut percent) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..=pairs {
        let first = pair % 2 == 0;
        let took =
            [run(first), run(!first)].map(|took| took.as_secs_f64() * 1e6 / f64::from(operations));
        let [with, without] = if first { took } else { [took[1], took[0]] };
        // The first pair warms up.
        if pair > 0 {
            micros.push(without);
            nanos.push((with - without) * 1e3);
            percent.push((with / without - 1.0) * 100.0);
        }
    }
    Row {
        operation,
        micros: Spread::of(micros),
        added_nanos: Interval::of(nanos),
        added_percent: Interval::of(percent),
        elapsed_micros: None,
        added_percent_of_elapsed: None,
        pairs,
        spans: 0,
        expected_spans: 0,
    }
}

/// Spans of a benchmark in which each run with telemetry records `per_run` spans.
fn spans_of(row: &Row, per_run: u32) -> u64 {
    // The warm-up pair is not counted as a pair, but it records spans too.
    (row.pairs as u64 + 1) * u64::from(per_run)
}

fn timed(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}
