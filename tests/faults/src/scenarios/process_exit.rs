//! The program ends by `std::process::exit`, which drops nothing.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "process_exit",
    promise: "with `shutdown_at_exit`, a program that calls `exit` delivers everything",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let config = program.config();
    program.start(config);
    program.shutdown_at_exit(Duration::from_secs(5));
    program.spans(1000);
    program.exit();
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    let spans = receiver.spans().len();
    ensure!(spans == 1000, "{spans} spans arrived");
    Ok(report)
}
