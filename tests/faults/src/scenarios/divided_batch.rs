//! The receiver does not answer, and a batch is larger than a request may be.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// A batch that is split into several requests of a few spans each.
const SPANS: u64 = 400;
const MAX_REQUEST: usize = 64 * 1024;
const PAYLOAD: usize = 5_000;

const TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "divided_batch",
    promise: "the timeout of an export covers all requests of its batch",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.otlp.all.timeout_millis = u64::try_from(TIMEOUT.as_millis()).ok();
    config.otlp.all.max_request_bytes = Some(MAX_REQUEST);
    program.start(config);
    program.spans_of(SPANS, &"x".repeat(PAYLOAD));
    program.flush("flush", Duration::from_secs(60));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let report = case.report(&silent.endpoint())?;
    // All spans are in one batch, or in two if the flush began while they were collected. Their requests are over thirty.
    report.ended_at("flush", TIMEOUT * 2)?;
    let error = report.error("flush")?;
    ensure!(error.contains("not delivered within"), "{error}");
    ensure!(report.counters.failed == SPANS, "{:?}", report.counters);
    Ok(report)
}
