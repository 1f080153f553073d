//! The receiver does not answer while the program shuts down.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "shutdown_times_out",
    promise: "a shutdown returns at its timeout, and spans that are not delivered are dropped or pending",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.spans(10_000);
    program.shutdown(TIMEOUT);
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let report = case.report(&silent.endpoint())?;
    let shutdown = report.ended_at("shutdown", TIMEOUT)?;
    ensure!(shutdown.error.is_some(), "{shutdown:?}");
    ensure!(report.counters.exported == 0, "{:?}", report.counters);
    Ok(report)
}
