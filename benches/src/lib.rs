//! What the benchmarks share: the measuring, and an exporter that counts.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Takes every span and keeps nothing but their number.
#[derive(Clone, Debug, Default)]
pub struct Counting(Arc<AtomicU64>);

impl Counting {
    /// Spans taken so far.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// One contestant: what is measured, and what is done between measurements.
pub struct Contestant<'a> {
    /// Its name in the table.
    pub name: &'static str,
    /// One trace. Called many times in a measurement.
    pub trace: Box<dyn FnMut() + 'a>,
    /// Called after each measurement, outside of it: deliver what was recorded.
    pub settle: Box<dyn FnMut() + 'a>,
    nanos: Vec<f64>,
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contestant")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'a> Contestant<'a> {
    /// A contestant that has nothing to deliver.
    pub fn new(name: &'static str, trace: impl FnMut() + 'a) -> Self {
        Self::settling(name, trace, || {})
    }

    /// A contestant that delivers after each measurement.
    pub fn settling(
        name: &'static str,
        trace: impl FnMut() + 'a,
        settle: impl FnMut() + 'a,
    ) -> Self {
        Self {
            name,
            trace: Box::new(trace),
            settle: Box::new(settle),
            nanos: Vec::new(),
        }
    }
}

/// How many measurements each contestant gets, after a tenth as many that do not count.
/// `--quick` only shows that everything runs.
#[must_use]
pub fn rounds() -> usize {
    if std::env::args().any(|argument| argument == "--quick") {
        10
    } else {
        300
    }
}

/// Runs the contestants in turn, round after round, so that a change of the machine's speed meets
/// all of them, and prints for each the median and the quartiles of nanoseconds per span.
pub fn compare(
    title: &str,
    traces: usize,
    spans_per_trace: usize,
    contestants: &mut [Contestant<'_>],
) {
    let rounds = rounds();
    for round in 0..rounds + rounds / 10 {
        for contestant in &mut *contestants {
            let start = Instant::now();
            for _ in 0..traces {
                (contestant.trace)();
            }
            let took = start.elapsed();
            (contestant.settle)();
            // The first tenth warms up.
            if round >= rounds / 10 {
                #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a short loop")]
                let nanos = took.as_nanos() as f64 / (traces * spans_per_trace) as f64;
                contestant.nanos.push(nanos);
            }
        }
    }
    println!("\n{title}: ns per span");
    println!(
        "{:<44} {:>8} {:>17} {:>8}",
        "", "median", "quartiles", "ratio"
    );
    let mut first = None;
    for contestant in contestants {
        contestant.nanos.sort_by(f64::total_cmp);
        let at = |quarter: usize| contestant.nanos[(contestant.nanos.len() - 1) * quarter / 4];
        let median = at(2);
        let base = *first.get_or_insert(median);
        println!(
            "{:<44} {median:>8.1} {:>8.1}{:>9.1} {:>8.2}",
            contestant.name,
            at(1),
            at(3),
            median / base,
        );
    }
}
