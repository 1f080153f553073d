//! How the cost of a span grows with one quantity. The goal is a flat line.

mod attributes;
mod depth;
mod live;
mod threads;
mod total;

use std::time::{Duration, Instant};

use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use serde::Serialize;

use crate::arguments;
use crate::counting::Counting;
use crate::statistics::Spread;

/// Spans of one measurement: fewer than a thread's buffer holds.
const SPANS: usize = 1000;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The increase above the first point that is marked, in percent.
const STEEP: f64 = 15.0;

/// The cost of a span at one point of a line.
#[derive(Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Point {
    /// The quantity that grows.
    pub line: &'static str,
    /// Its value.
    pub at: u64,
    /// Nanoseconds per span.
    pub nanos: Spread,
    /// The cost that should stay constant: nanoseconds per span, or per additional attribute. It is
    /// the lower quartile, because other programs on the machine only ever add to it.
    pub price: f64,
    /// The increase of the cost above the first point, in percent.
    pub above_first: f64,
}

impl Point {
    /// Whether the increase exceeds the limit.
    #[must_use]
    pub fn is_steep(&self) -> bool {
        self.above_first > STEEP
    }
}

/// Our recorder with an exporter that counts.
#[derive(Debug)]
struct Recorder {
    provider: TelemetryProvider,
    counting: Counting,
}

impl Recorder {
    fn start() -> Self {
        let counting = Counting::default();
        let mut config = TelemetryConfig::new("growth");
        // A flush moves the spans of all threads into the queue, which may be more than its default
        // size.
        config.batch_processor.max_queue_size = 100_000;
        let provider = TelemetryProvider::builder(config)
            .with_span_exporter(counting.clone())
            .initialize()
            .expect("the provider starts");
        Self { provider, counting }
    }

    fn flush(&self) {
        let flushed = self.provider.force_flush(TIMEOUT);
        flushed.expect("spans are delivered");
    }
}

/// All lines, the number of spans that arrived and the number that should arrive.
#[must_use]
pub fn measure() -> (Vec<Point>, u64, u64) {
    let recorder = Recorder::start();
    let mut expected = 0;
    let mut points = Vec::new();
    for line in [depth::line, attributes::line, threads::line, total::line, live::line] {
        points.extend(line(&recorder, &mut expected));
    }
    (points, recorder.counting.spans(), expected)
}

/// The number of measurements of each point.
fn rounds() -> usize {
    if arguments::quick() { 2 } else { 200 }
}

/// Records about `SPANS` spans and returns how many.
type Act = Box<dyn Fn() -> usize>;

/// Measures each of `acts` in turn in each round.
fn interleaved(recorder: &Recorder, expected: &mut u64, acts: &[(u64, Act)]) -> Vec<(u64, Spread)> {
    let mut measured = vec![Vec::new(); acts.len()];
    for round in 0..=rounds() {
        for ((_, act), measured) in acts.iter().zip(&mut measured) {
            let start = Instant::now();
            let spans = act();
            let took = start.elapsed();
            recorder.flush();
            *expected += spans as u64;
            if round > 0 {
                measured.push(per_span(took, spans));
            }
        }
    }
    let points = acts.iter().zip(measured);
    points.map(|((at, _), measured)| (*at, Spread::of(measured))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn per_span(took: Duration, spans: usize) -> f64 {
    took.as_secs_f64() * 1e9 / spans as f64
}

/// A line whose cost is that of a span.
fn flat(line: &'static str, measured: Vec<(u64, Spread)>) -> Vec<Point> {
    let first = measured[0].1.low;
    let point = |(at, nanos): (u64, Spread)| Point {
        line,
        at,
        nanos,
        price: nanos.low,
        above_first: (nanos.low / first - 1.0) * 100.0,
    };
    measured.into_iter().map(point).collect()
}
