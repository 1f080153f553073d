//! What a call costs that a filter by level excludes, beside the bare call and the peers: a function
//! of the level `debug` while `info` is recorded. fastrace has no levels, so its row is a function
//! without a parent, which is the least that it does while a reporter is set.
//!
//! All of them take turns in one process, round after round; `ns` is the median of the rounds.
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::time::Instant;

use benches::counting::Counting;
use benches::statistics::Spread;
use benches::work::{text, work};
use benches::{arguments, report};
use fastrace::prelude::LocalSpan;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced(name = "child", level = debug)]
fn ours(n: i64) -> i64 {
    work(n)
}

#[traced(name = "child", level = debug, attributes(rows = n, engine = "sqlite", table = text()))]
fn ours_attributes(n: i64) -> i64 {
    work(n)
}

#[tracing::instrument(name = "child", level = "debug", skip_all)]
fn by_tracing(n: i64) -> i64 {
    work(n)
}

#[tracing::instrument(
    name = "child", level = "debug", skip_all,
    fields(rows = n, engine = "sqlite", table = text())
)]
fn by_tracing_attributes(n: i64) -> i64 {
    work(n)
}

fn by_fastrace(n: i64) -> i64 {
    let _span = LocalSpan::enter_with_local_parent("child");
    work(n)
}

/// Who is measured. Before and behind are the same, so that drift shows.
const CONTESTANTS: [(&str, fn(i64) -> i64); 7] = [
    ("bare call", work),
    ("floe-telemetry", ours),
    ("floe-telemetry, 3 attributes", ours_attributes),
    ("tracing", by_tracing),
    ("tracing, 3 attributes", by_tracing_attributes),
    ("fastrace, without a parent", by_fastrace),
    ("bare call, again", work),
];

/// One contestant.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    /// Nanoseconds of a call.
    nanos: Spread,
    /// Nanoseconds more than the bare call takes.
    over_bare: f64,
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn nanos_per_call(calls: i64, call: fn(i64) -> i64) -> f64 {
    let start = Instant::now();
    for n in 0..calls {
        call(n);
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

fn main() {
    let (rounds, calls) = if arguments::quick() {
        (2, 1_000)
    } else {
        (200, 200_000)
    };
    let exported = Counting::default();
    let mut config = TelemetryConfig::new("bench");
    config.span_filter = Some("info".to_owned());
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(exported)
        .initialize()
        .expect("the provider starts");
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let mut measured = CONTESTANTS.map(|_| Vec::new());
    for round in 0..=rounds {
        for ((_, call), nanos) in CONTESTANTS.iter().zip(&mut measured) {
            let taken = nanos_per_call(calls, *call);
            // Not counted: what is done once.
            if round > 0 {
                nanos.push(taken);
            }
        }
    }
    telemetry
        .shutdown(std::time::Duration::from_secs(10))
        .expect("the provider shuts down");
    assert_eq!(
        telemetry.statistics().exported,
        0,
        "a span passed the filter"
    );

    let spreads = measured.map(Spread::of);
    let bare = spreads[0].median;
    println!(
        "{:<32} {:>8} {:>16} {:>10}",
        "", "ns", "quartiles", "over bare"
    );
    let mut rows = Vec::new();
    for ((what, _), nanos) in CONTESTANTS.into_iter().zip(spreads) {
        let over_bare = nanos.median - bare;
        let quartiles = format!("{:.2} to {:.2}", nanos.low, nanos.high);
        println!(
            "{what:<32} {:>8.2} {quartiles:>16} {over_bare:>10.2}",
            nanos.median
        );
        rows.push(Row {
            what,
            nanos,
            over_bare,
        });
    }
    report::write("filtered", &rows);
}
