//! Real operations with and without telemetry, in pairs.

mod http;
mod pipeline;
mod sqlite;

use std::time::{Duration, Instant};

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use serde::Serialize;

use crate::arguments;
use crate::receiver::Receiver;
use crate::sink::Protocol;
use crate::statistics::{Interval, Spread};

const TIMEOUT: Duration = Duration::from_secs(30);

/// What telemetry adds to one kind of operation.
#[derive(Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Row {
    /// What is done.
    pub operation: &'static str,
    /// Microseconds of one without telemetry.
    pub micros: Spread,
    /// What telemetry adds, in per cent, with the interval that holds the true median with a
    /// confidence of 95 %.
    pub added_percent: Interval,
    /// Pairs of measurements.
    pub pairs: usize,
    /// Spans that the receiver accepted.
    pub spans: u64,
}

/// All operations.
#[must_use]
pub fn measure() -> Vec<Row> {
    vec![pipeline::row(), http::row(), sqlite::row()]
}

/// Telemetry as a service has it: everything sampled and sent by OTLP to a collector beside it.
#[derive(Debug)]
struct Telemetry {
    receiver: Receiver,
}

impl Telemetry {
    fn new() -> Self {
        Self {
            receiver: Receiver::start(Protocol::Http),
        }
    }

    fn start(&self, enabled: bool) -> TelemetryProvider {
        let mut config = TelemetryConfig::new("overhead");
        config.enabled = enabled;
        config
            .otlp_endpoint
            .clone_from(&self.receiver.otlp.endpoint);
        config.otlp_protocol = OtlpProtocol::Http;
        let provider = TelemetryProvider::builder(config).initialize();
        provider.expect("the provider starts")
    }
}

/// Measures pairs, every other one the other way round, and what telemetry added in each.
/// `run` does `operations` operations with telemetry or without and tells how long that took.
fn pairs(
    operation: &'static str,
    pairs: usize,
    operations: u32,
    mut run: impl FnMut(bool) -> Duration,
) -> Row {
    let pairs = if arguments::quick() { 1 } else { pairs };
    let (mut micros, mut added) = (Vec::new(), Vec::new());
    for pair in 0..=pairs {
        let first = pair % 2 == 0;
        let took = [run(first), run(!first)].map(|took| took.as_secs_f64());
        let [with, without] = if first { took } else { [took[1], took[0]] };
        // The first pair warms up.
        if pair > 0 {
            micros.push(without * 1e6 / f64::from(operations));
            added.push((with / without - 1.0) * 100.0);
        }
    }
    Row {
        operation,
        micros: Spread::of(micros),
        added_percent: Interval::of(added),
        pairs,
        spans: 0,
    }
}

fn timed(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}
