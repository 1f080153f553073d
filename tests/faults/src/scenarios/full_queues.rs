//! The queue of the exporter is full, because the receiver does not answer, while threads record at full rate.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const THREADS: u64 = 8;

const SPANS: u64 = 100_000;

/// The room for spans: the queue, a batch, and half of `max_memory_bytes` in buffers for 256 spans of 64 KiB each.
const ROOM: u64 = 2048 + 512 + 32 * 1024 / 64 * 256;

const TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "full_queues",
    promise: "full queues block no thread, every span that finds no room is counted, and one message reports them",
    protocols: BOTH,
    max_memory: 128,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(60));
    program.spans_on_threads(THREADS, SPANS);
    program.shutdown(TIMEOUT);
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let start = Instant::now();
    let report = case.report(&silent.endpoint())?;
    let counters = report.counters;
    ensure!(report.created == THREADS * SPANS, "{}", report.created);
    ensure!(counters.exported == 0 && counters.dropped >= report.created - ROOM, "{counters:?}");
    let messages = report.log.matches("spans were dropped").count();
    // One message a minute.
    let most = 1 + usize::try_from(start.elapsed().as_secs() / 60)?;
    ensure!((1..=most).contains(&messages), "{messages} messages: {}", report.log);
    let shutdown = report.ended_at("shutdown", TIMEOUT)?;
    ensure!(shutdown.error.is_some(), "{shutdown:?}");
    Ok(report)
}
