//! Metrics, ours and the peers', in one process.

mod functions;
mod instruments;
mod nowhere;

use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use serde::Serialize;

pub use self::nowhere::Nowhere;
use crate::counting::Counting;
use crate::statistics::Spread;
use crate::{arguments, cpu_time};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Calls between two flushes: fewer than a thread's buffers hold.
const CALLS: i64 = 2000;

/// One way to measure something.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// What is measured, and by whom.
    pub what: &'static str,
    /// Nanoseconds on the caller's thread.
    pub caller: Spread,
    /// Nanoseconds of all threads.
    pub process: Spread,
}

/// What is measured, and what does it so many times.
type Contestant = (&'static str, Box<dyn Fn(i64)>);

/// All the rows.
///
/// # Panics
///
/// A provider does not start or does not deliver.
#[must_use]
pub fn measure() -> Vec<Row> {
    let mut rows = with(0.0, instruments::contestants);
    rows.extend(with(0.0, functions::unsampled));
    rows.extend(with(1.0, functions::sampled));
    rows
}

/// Lets contestants take turns under a provider with this sampling ratio.
fn with(ratio: f64, contestants: impl FnOnce() -> Vec<Contestant>) -> Vec<Row> {
    let mut config = TelemetryConfig::new("metrics");
    config.sampling = config.sampling.clone().with_ratio(ratio);
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(Counting::default())
        .with_metric_exporter(Nowhere)
        .initialize()
        .expect("the provider starts");
    let contestants = contestants();
    let mut measured = vec![(Vec::new(), Vec::new()); contestants.len()];
    let rounds = if arguments::quick() { 3 } else { 400 };
    for round in 0..=rounds {
        for ((_, run), (caller, process)) in contestants.iter().zip(&mut measured) {
            telemetry.force_flush(TIMEOUT).expect("delivered");
            let (of_thread, of_process) = (cpu_time::of_thread(), cpu_time::of_process());
            run(CALLS);
            let took = each(cpu_time::of_thread().saturating_sub(of_thread));
            telemetry.force_flush(TIMEOUT).expect("delivered");
            // The first fills the caches.
            if round > 0 {
                caller.push(took);
                process.push(each(cpu_time::of_process().saturating_sub(of_process)));
            }
        }
    }
    let statistics = telemetry.statistics();
    assert_eq!(statistics.missed_calls, 0, "all were counted");
    telemetry.shutdown(TIMEOUT).expect("delivered");
    contestants
        .iter()
        .zip(measured)
        .map(|((what, _), (caller, process))| Row {
            what,
            caller: Spread::of(caller),
            process: Spread::of(process),
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
fn each(took: Duration) -> f64 {
    took.as_nanos() as f64 / CALLS as f64
}
