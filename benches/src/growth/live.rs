//! Spans that are open at the same time, like those of concurrent requests.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use floe_telemetry::traced;

use super::{Point, Recorder, SPANS, flat, per_span, rounds};
use crate::arguments;
use crate::statistics::Spread;
use crate::work::work_async;

#[traced(name = "request", attributes(rows = n, engine = "sqlite"))]
async fn request(n: i64) -> i64 {
    work_async(n, true).await
}

type Request = Pin<Box<dyn Future<Output = i64>>>;

fn poll(requests: &mut [Request]) {
    let mut task = Context::from_waker(Waker::noop());
    for request in requests {
        let _ = request.as_mut().poll(&mut task);
    }
}

/// Opens `live` spans, one for each request, and ends them all, until there were enough spans.
/// Returns the time and the number of spans.
fn open_and_end(recorder: &Recorder, live: usize) -> (Duration, usize) {
    let new = |n| -> Request { Box::pin(request(i64::try_from(n).unwrap_or_default())) };
    let mut requests: Vec<Request> = (0..live.max(SPANS)).map(new).collect();
    let start = Instant::now();
    let took = if live <= SPANS {
        for some in requests.chunks_mut(live) {
            poll(some);
            poll(some);
        }
        start.elapsed()
    } else {
        poll(&mut requests);
        let mut took = start.elapsed();
        for some in requests.chunks_mut(SPANS) {
            let start = Instant::now();
            poll(some);
            took += start.elapsed();
            recorder.flush();
        }
        took
    };
    recorder.flush();
    (took, requests.len())
}

pub(super) fn line(recorder: &Recorder, expected: &mut u64) -> Vec<Point> {
    let points = [1, 10, 100, 1000, 10_000, 100_000];
    let points = if arguments::quick() { &points[..4] } else { &points[..] };
    let rounds = rounds().min(30);
    let mut measured = vec![Vec::new(); points.len()];
    for round in 0..=rounds {
        for (&live, measured) in points.iter().zip(&mut measured) {
            let (took, spans) = open_and_end(recorder, live);
            *expected += spans as u64;
            if round > 0 {
                measured.push(per_span(took, spans));
            }
        }
    }
    let points = points.iter().zip(measured);
    let points = points.map(|(&live, measured)| (live as u64, Spread::of(measured)));
    flat("spans open at once", points.collect())
}
