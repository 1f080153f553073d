//! Metrics of this library and of others, in one process.

mod functions;
mod instruments;
mod totals;

use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use serde::Serialize;

pub use self::totals::Nowhere;
use self::totals::Totals;
use crate::checks::Checks;
use crate::counting::Counting;
use crate::statistics::Spread;
use crate::{arguments, cpu_time};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Calls between two flushes: fewer than a thread's buffers hold.
const CALLS: i64 = 2000;

/// The cost of one way to record a measurement.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The instrument and the library.
    pub what: &'static str,
    /// Nanoseconds on the caller's thread.
    pub caller: Spread,
    /// Nanoseconds of all threads.
    pub process: Spread,
}

/// A name, and a function that records the given number of measurements.
type Contestant = (&'static str, Box<dyn Fn(i64)>);

/// All the rows.
///
/// # Panics
///
/// A provider does not start or does not deliver.
#[must_use]
pub fn measure(checks: &mut Checks) -> Vec<Row> {
    let instruments = [("rows", 2), ("load", 2)];
    let mut rows = with(0.0, instruments::contestants, &instruments, checks);
    // Below a span that is not sampled, and as a root.
    let calls = [("traces.span.metrics.calls", 2)];
    rows.extend(with(0.0, functions::unsampled, &calls, checks));
    let calls = [("traces.span.metrics.calls", 1)];
    rows.extend(with(1.0, functions::sampled, &calls, checks));
    rows
}

/// Measures the contestants in turn under a provider with this sampling ratio. `expected` are the
/// metrics of ours that must arrive, with the number of contestants that record each.
fn with(
    ratio: f64,
    contestants: impl FnOnce() -> Vec<Contestant>,
    expected: &[(&str, u64)],
    checks: &mut Checks,
) -> Vec<Row> {
    let mut config = TelemetryConfig::new("metrics");
    config.sampling = config.sampling.clone().with_ratio(ratio);
    let (spans, totals) = (Counting::default(), Totals::default());
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(spans.clone())
        .with_metric_exporter(totals.clone())
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
            // The first round fills the caches.
            if round > 0 {
                caller.push(took);
                process.push(each(cpu_time::of_process().saturating_sub(of_process)));
            }
        }
    }
    let statistics = telemetry.statistics();
    telemetry.shutdown(TIMEOUT).expect("delivered");
    checks.equal("missed calls", statistics.missed_calls, 0);
    let measurements = CALLS.unsigned_abs() * (rounds + 1);
    for (metric, contestants) in expected {
        checks.equal(metric, totals.of(metric), contestants * measurements);
    }
    let sampled = if ratio > 0.0 {
        // Each contestant calls the function below one more span.
        contestants.len() as u64 * (measurements + rounds + 1)
    } else {
        0
    };
    checks.equal("spans delivered", spans.spans(), sampled);
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
