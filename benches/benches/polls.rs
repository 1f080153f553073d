//! The cost of a poll of an annotated future that records its polls (`profile`), compared with one that does not and with
//! one that is not annotated. A future is polled 100 times, wakes itself each time, and computes nothing.
//!
//! The contestants are measured in turn in one process; `ns` is the median of the rounds. `--quick` measures two rounds.
//! The program fails if a span is lost, or a figure is missing.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its table, and ends when something is wrong"
)]

use std::future::poll_fn;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use benches::checks::Checks;
use benches::counting::Counting;
use benches::statistics::Spread;
use benches::{arguments, report};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use serde::Serialize;

/// The polls of a future.
const POLLS: u32 = 100;

async fn bare() {
    let mut left = POLLS;
    poll_fn(|task| {
        left -= 1;
        if left == 0 {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[traced]
async fn annotated() {
    bare().await;
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

#[derive(Clone, Copy)]
struct Contestant {
    what: &'static str,
    is_annotated: bool,
    polls: bool,
    cpu: bool,
}

const fn contestant(what: &'static str, is_annotated: bool, polls: bool, cpu: bool) -> Contestant {
    Contestant { what, is_annotated, polls, cpu }
}

/// The first and the last are the same, so that drift is visible.
const CONTESTANTS: [Contestant; 5] = [
    contestant("not annotated", false, false, false),
    contestant("annotated", true, false, false),
    contestant("polls", true, true, false),
    contestant("polls and thread_cpu_time", true, true, true),
    contestant("not annotated, again", false, false, false),
];

/// The figures of one contestant.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    /// Nanoseconds per poll.
    nanos: Spread,
    /// Nanoseconds above an annotated future without `profile`.
    over_annotated: f64,
}

/// Drives a future to its end, and counts nothing.
fn drive(waker: &Waker, future: impl Future<Output = ()>) {
    let mut task = Context::from_waker(waker);
    let mut future = pin!(future);
    while future.as_mut().poll(&mut task).is_pending() {}
}

/// Nanoseconds per poll, and how many spans were lost.
fn measure(contestant: Contestant, futures: u32) -> (f64, u64) {
    let exported = Counting::default();
    let mut config = TelemetryConfig::new("bench");
    config.profile.polls = contestant.polls;
    config.profile.thread_cpu_time = contestant.cpu;
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(exported.clone())
        .initialize()
        .expect("the provider starts");
    let waker = Waker::from(Arc::new(Nobody));
    let run = |futures| {
        for _ in 0..futures {
            if contestant.is_annotated {
                drive(&waker, annotated());
            } else {
                drive(&waker, bare());
            }
        }
    };
    run(futures / 10);
    telemetry.force_flush(Duration::from_secs(10)).expect("spans are exported");
    let start = Instant::now();
    run(futures);
    let taken = start.elapsed().as_nanos();
    telemetry.shutdown(Duration::from_secs(10)).expect("the provider shuts down");
    let spans = if contestant.is_annotated { futures + futures / 10 } else { 0 };
    let lost = u64::from(spans) - exported.spans();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let nanos = taken as f64 / f64::from(futures * POLLS);
    (nanos, lost)
}

fn main() -> ExitCode {
    let (rounds, futures) = if arguments::quick() { (2, 100) } else { (60, 1_000) };
    let mut measured = CONTESTANTS.map(|_| Vec::new());
    let mut checks = Checks::new();
    let mut lost = 0;
    for _ in 0..rounds {
        for (contestant, nanos) in CONTESTANTS.iter().zip(&mut measured) {
            let (taken, missing) = measure(*contestant, futures);
            nanos.push(taken);
            lost += missing;
        }
    }
    checks.equal("lost spans", lost, 0);
    let spreads = measured.map(Spread::of);
    let annotated = spreads[1].median;
    println!("{:<28} {:>8} {:>16} {:>15}", "", "ns", "quartiles", "over annotated");
    let mut rows = Vec::new();
    for (contestant, nanos) in CONTESTANTS.into_iter().zip(spreads) {
        let over_annotated = nanos.median - annotated;
        let quartiles = format!("{:.2} to {:.2}", nanos.low, nanos.high);
        let what = contestant.what;
        println!("{what:<28} {:>8.2} {quartiles:>16} {over_annotated:>15.2}", nanos.median);
        checks.measured(what, nanos.median);
        rows.push(Row { what, nanos, over_annotated });
    }
    report::write("polls", &rows);
    checks.finish()
}
