//! Threads that record spans at the same time. There may be more threads than processors, so CPU
//! time is compared.

use std::sync::Arc;

use floe_telemetry::traced;

use super::{Point, Recorder, SPANS, flat, per_span, rounds};
use crate::pool::{Act, Pool};
use crate::statistics::Spread;
use crate::work::work;

const THREADS: [usize; 4] = [1, 2, 4, 8];

#[traced(name = "child", attributes(rows = n, engine = "sqlite"))]
fn child(n: i64) -> i64 {
    work(n)
}

fn spans() {
    for n in 0..SPANS {
        child(i64::try_from(n).unwrap_or_default());
    }
}

pub(super) fn line(recorder: &Recorder, expected: &mut u64) -> Vec<Point> {
    let pool = Pool::new(8);
    let act: Act = Arc::new(spans);
    let idle: Act = Arc::new(|| {});
    let mut measured = THREADS.map(|_| Vec::new());
    for round in 0..=rounds() {
        for (threads, measured) in THREADS.into_iter().zip(&mut measured) {
            let took = pool.run(threads, &idle, &act);
            recorder.flush();
            *expected += (threads * SPANS) as u64;
            if round > 0 {
                measured.push(per_span(took.cpu, SPANS));
            }
        }
    }
    let points = THREADS.into_iter().zip(measured);
    let points = points.map(|(threads, measured)| (threads as u64, Spread::of(measured)));
    flat("threads (CPU time)", points.collect())
}
