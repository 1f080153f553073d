//! Spans that together are larger than the 4 MiB that receivers accept.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// The default limit of receivers.
const LIMIT: usize = 4 * 1024 * 1024;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "large_spans",
    promise: "requests stay below the limit of receivers",
    protocols: BOTH,
    max_memory: 96,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.spans_of(400, &"x".repeat(20_000));
    program.flush("flush", Duration::from_secs(60));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    ensure!(report.error("flush")?.is_empty(), "{report:?}");
    let requests = receiver.requests();
    let largest = requests.iter().map(|request| request.body.len()).max();
    ensure!(largest.unwrap_or_default() < LIMIT, "{largest:?} bytes");
    Ok(report.arrived_at(&receiver))
}
