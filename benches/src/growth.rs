//! How the price of a span of ours grows with something. A flat line is the goal.

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

/// Spans of one measurement: few enough for a thread's buffer.
const SPANS: usize = 1000;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A price that is this much above the first is told apart, in per cent.
const STEEP: f64 = 15.0;

/// The price of a span at one point of a line.
#[derive(Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Point {
    /// What grows.
    pub line: &'static str,
    /// How much of it there is.
    pub at: u64,
    /// Nanoseconds per span.
    pub nanos: Spread,
    /// What is to be flat: nanoseconds per span, or per attribute more than the point before. It is
    /// the lower quartile's, because what else runs on the machine only ever adds to it.
    pub price: f64,
    /// How much of that is above the first point, in per cent.
    pub above_first: f64,
}

impl Point {
    /// Whether the line is steeper here than it should be.
    #[must_use]
    pub fn is_steep(&self) -> bool {
        self.above_first > STEEP
    }
}

/// Our recorder, delivering to a counter.
#[derive(Debug)]
struct Recorder {
    provider: TelemetryProvider,
    counting: Counting,
}

impl Recorder {
    fn start() -> Self {
        let counting = Counting::default();
        let mut config = TelemetryConfig::new("growth");
        // A flush hands over what all threads have, which may be more than the usual queue holds.
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

/// All lines, and how many spans of how many arrived.
#[must_use]
pub fn measure() -> (Vec<Point>, u64, u64) {
    let recorder = Recorder::start();
    let mut asked = 0;
    let mut points = Vec::new();
    for line in [
        depth::line,
        attributes::line,
        threads::line,
        total::line,
        live::line,
    ] {
        points.extend(line(&recorder, &mut asked));
    }
    (points, recorder.counting.spans(), asked)
}

/// How often each point of a line is measured.
fn rounds() -> usize {
    if arguments::quick() { 2 } else { 200 }
}

/// Makes about `SPANS` spans and tells how many.
type Act = Box<dyn Fn() -> usize>;

/// Measures each of `acts` in turn, round after round.
fn interleaved(recorder: &Recorder, asked: &mut u64, acts: &[(u64, Act)]) -> Vec<(u64, Spread)> {
    let mut measured = vec![Vec::new(); acts.len()];
    for round in 0..=rounds() {
        for ((_, act), measured) in acts.iter().zip(&mut measured) {
            let start = Instant::now();
            let spans = act();
            let took = start.elapsed();
            recorder.flush();
            *asked += spans as u64;
            if round > 0 {
                measured.push(per_span(took, spans));
            }
        }
    }
    let points = acts.iter().zip(measured);
    points
        .map(|((at, _), measured)| (*at, Spread::of(measured)))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans")]
fn per_span(took: Duration, spans: usize) -> f64 {
    took.as_secs_f64() * 1e9 / spans as f64
}

/// A line whose price is that of a span.
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
