//! The program ends by `std::process::exit`, which drops nothing.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::child::Child;
use crate::program::Program;
use crate::receivers::Script;
use crate::report::{Report, SLACK};
use crate::scenario::{BOTH, Case, Scenario};

pub(super) const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "process_exit",
    promise: "with `shutdown_at_exit`, a program that calls `exit` delivers everything, or ends at the timeout",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.shutdown_at_exit(TIMEOUT);
    program.spans(1000);
    program.exit();
}

fn check(case: &Case) -> Result<Report> {
    check_end(case, Child::finish_timed)
}

/// The program sends its report, and then ends by `end`.
pub(super) fn check_end(
    case: &Case,
    end: fn(Child) -> Result<(Report, Duration)>,
) -> Result<Report> {
    let silent = Script::silent()?;
    let receiver = case.receiver();
    let mut ended = None;
    for endpoint in [silent.endpoint(), receiver.endpoint()] {
        let (report, duration) = end(case.start(&endpoint)?)?;
        ensure!(duration < TIMEOUT + SLACK, "{endpoint}: the program took {duration:?} to end");
        ended = Some(report);
    }
    let mut report = ended.context("no report")?.arrived_at(&receiver);
    let (arrived, created) = (report.arrived, report.created);
    ensure!(arrived == created, "{arrived} of {created} spans arrived");
    // The report was sent before the pending spans were exported.
    report.unconfirmed = report.counters.pending;
    Ok(report)
}
