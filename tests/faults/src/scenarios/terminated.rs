//! The program ends by SIGTERM, as a service does when it is stopped.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::process_exit::{TIMEOUT, check_end};
use crate::child::Child;
use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "terminated",
    promise: "with `shutdown_on_signals`, a program that SIGTERM ends delivers everything, or ends at the timeout",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.spans(1000);
    program.end_by_signal(TIMEOUT);
}

fn check(case: &Case) -> Result<Report> {
    let report = check_end(case, Child::terminate)?;
    ensure!(report.error("handle signals")?.is_empty(), "{report:?}");
    Ok(report)
}
