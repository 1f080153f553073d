//! The receiver does not answer, while the program records large spans at full rate.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// A third of the spans that fill the queues. Four times as many are recorded, 1.6 GB.
const SPANS: u64 = 2_000;
const PAYLOAD: usize = 200_000;

/// In KiB: allowed growth while the last spans, 400 MB, are recorded. A request of 64 of them may be encoded then
/// alone.
const GROWTH: u64 = 16 * 1024;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "dead_receiver",
    promise: "spans for a receiver that is down occupy no more than `max_memory_bytes` (64 MiB), and the others are counted",
    protocols: BOTH,
    max_memory: 64 + 32,
    program,
    check,
};

fn program(program: &mut Program) {
    let config = program.config();
    let payload = "x".repeat(PAYLOAD);
    program.start(config);
    program.spans_of(3 * SPANS, &payload);
    program.wait("full");
    program.spans_of(SPANS, &payload);
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let mut child = case.start(&silent.endpoint())?;
    child.wait_for("full")?;
    let full = child.peak_memory_kib()?;
    child.proceed()?;
    let report = child.finish()?;
    let end = report.peak_memory_kib;
    ensure!(end <= full + GROWTH, "from {full} KiB to {end} KiB");
    let counters = report.counters;
    ensure!(counters.exported == 0 && counters.dropped > 2 * SPANS, "{counters:?}");
    let error = report.error("shutdown")?;
    // Spans of this size may keep the collector busy until the end.
    let is_explained = error.contains("before the shutdown: no response")
        || error.contains("did not finish within 1s: spans pending");
    ensure!(is_explained, "{error}");
    Ok(report)
}
