//! The cost of a call whose span the level filter excludes, compared with a bare call and with other
//! libraries: a function of the level `debug` while `info` is recorded. fastrace has no levels, so its
//! row is a function without a parent, which is the least that it does while a reporter is set.
//!
//! The contestants are measured in turn in one process; `ns` is the median of the rounds. `--quick`
//! measures two rounds. The program fails if an excluded span is exported, if a span above the level
//! is not, or if a figure is missing.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "a benchmark prints its table, and ends when something is wrong"
)]

use std::process::ExitCode;
use std::time::Instant;

use benches::checks::Checks;
use benches::counting::Counting;
use benches::statistics::Spread;
use benches::work::{text, work};
use benches::{arguments, report};
use fastrace::prelude::LocalSpan;
use floe_telemetry::config::SamplingRule;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// A span that passes the filter, to check that spans are exported at all.
#[traced]
fn above_the_level() {}

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

/// The contestants. The first and the last are the same, so that drift is visible.
const CONTESTANTS: [(&str, fn(i64) -> i64); 7] = [
    ("bare call", work),
    ("floe-telemetry", ours),
    ("floe-telemetry, 3 attributes", ours_attributes),
    ("tracing", by_tracing),
    ("tracing, 3 attributes", by_tracing_attributes),
    ("fastrace, without a parent", by_fastrace),
    ("bare call, again", work),
];

/// The figures of one contestant.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    /// Nanoseconds per call.
    nanos: Spread,
    /// Nanoseconds above the bare call.
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

fn main() -> ExitCode {
    let (rounds, calls) = if arguments::quick() { (2, 1_000) } else { (200, 200_000) };
    let exported = Counting::default();
    let mut config = TelemetryConfig::new("bench");
    config.sampling.rules = SamplingRule::parse_filter("info").expect("a level");
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(exported.clone())
        .initialize()
        .expect("the provider starts");
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let mut measured = CONTESTANTS.map(|_| Vec::new());
    for round in 0..=rounds {
        for ((_, call), nanos) in CONTESTANTS.iter().zip(&mut measured) {
            let taken = nanos_per_call(calls, *call);
            // The first round is not counted: call sites initialise lazily.
            if round > 0 {
                nanos.push(taken);
            }
        }
    }
    above_the_level();
    telemetry.shutdown(std::time::Duration::from_secs(10)).expect("the provider shuts down");
    let mut checks = Checks::new();
    checks.equal("spans above the level", exported.spans(), 1);
    checks.equal("exported", telemetry.statistics().exported, 1);

    let spreads = measured.map(Spread::of);
    let bare = spreads[0].median;
    println!("{:<32} {:>8} {:>16} {:>10}", "", "ns", "quartiles", "over bare");
    let mut rows = Vec::new();
    for ((what, _), nanos) in CONTESTANTS.into_iter().zip(spreads) {
        let over_bare = nanos.median - bare;
        let quartiles = format!("{:.2} to {:.2}", nanos.low, nanos.high);
        println!("{what:<32} {:>8.2} {quartiles:>16} {over_bare:>10.2}", nanos.median);
        checks.measured(what, nanos.median);
        rows.push(Row { what, nanos, over_bare });
    }
    report::write("filtered", &rows);
    checks.finish()
}
