//! The program forks while its buffers are full of large spans, because the receiver does not answer.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// Twice as many as `MEMORY` has room for, in the parent.
const SPANS: u64 = 800;

/// Threads of each process that end after a span.
const THREADS: u64 = 8;

/// The spans of the provider that the child starts.
const OWN: u64 = 50 + THREADS;

const PAYLOAD: usize = 20_000;

/// `max_memory_bytes` of both providers.
const MEMORY: usize = 8 * 1024 * 1024;

const TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "forked_with_full_buffers",
    promise: "the memory of the parent's spans does not count in a fork, whose own provider delivers",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let payload = "x".repeat(PAYLOAD);
    let mut own = program.config();
    own.max_memory_bytes = MEMORY;
    let Ok(silent) = Script::silent() else { return };
    let mut config = own.clone();
    config.otlp_endpoint = Some(silent.endpoint());
    program.start(config);
    program.spans_of(SPANS, &payload);
    // The spans of these threads stay in the buffers that they have left.
    program.spans_on_short_threads(THREADS, 4);
    program.fork("fork", |program| {
        program.replace(own);
        program.spans_of(OWN - THREADS, &payload);
        program.spans_on_short_threads(THREADS, 4);
        ensure!(program.shutdown(Duration::from_secs(20)), "not shut down");
        let counted = program.telemetry().context("no telemetry")?.statistics();
        ensure!(counted.exported == OWN, "{counted:?}");
        Ok(())
    });
    program.shutdown(TIMEOUT);
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    let error = report.error("fork")?;
    ensure!(error.is_empty(), "{error}");
    let arrived = receiver.spans().len() as u64;
    ensure!(arrived == OWN, "{arrived} spans arrived");
    // The buffers of the parent were full.
    ensure!(report.counters.dropped > 0, "{:?}", report.counters);
    Ok(report)
}
