//! The number of spans expected so far.

use std::time::Instant;

use floe_telemetry::traced;

use super::{Point, Recorder, SPANS, flat, per_span};
use crate::arguments;
use crate::statistics::Spread;
use crate::work::work;

#[traced(name = "child", attributes(rows = n, engine = "sqlite"))]
fn child(n: i64) -> i64 {
    work(n)
}

/// One pass. A point covers the spans since the point before, so that a late increase is visible.
pub(super) fn line(recorder: &Recorder, expected: &mut u64) -> Vec<Point> {
    let greatest = if arguments::quick() { 4 } else { 7 };
    let mut points = Vec::new();
    let mut made = 0;
    for power in 3..=greatest {
        let until = 10_u64.pow(power);
        let mut measured = Vec::new();
        // The first point has few spans, so it is repeated.
        let repeats = if power == 3 { 50 } else { 1 };
        while made < until || measured.len() < repeats {
            let start = Instant::now();
            for n in 0..SPANS {
                child(i64::try_from(n).unwrap_or_default());
            }
            measured.push(per_span(start.elapsed(), SPANS));
            recorder.flush();
            made += SPANS as u64;
        }
        points.push((until, Spread::of(measured)));
    }
    *expected += made;
    flat("spans made so far", points)
}
