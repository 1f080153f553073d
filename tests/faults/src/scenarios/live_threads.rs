//! The receiver does not answer, while threads that stay alive record spans at full rate.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::{Program, on_threads, work};
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

/// tokio starts as many for blocking calls.
const THREADS: usize = 512;

const SPANS: u64 = 4000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "live_threads",
    promise: "the buffers of all threads take no more than their part of `max_memory_bytes`, and every span is counted",
    protocols: HTTP,
    max_memory: 64 + 16,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(60));
    drop(on_threads(THREADS, || {
        for number in 0..SPANS {
            work(number, "");
        }
    }));
    program.record_created(THREADS as u64 * SPANS);
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let report = case.report(&Script::silent()?.endpoint())?;
    let counters = report.counters;
    ensure!(report.created == THREADS as u64 * SPANS, "{}", report.created);
    ensure!(counters.dropped > report.created / 2, "{counters:?}");
    Ok(report)
}
