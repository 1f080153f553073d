//! The program ends by `std::process::exit`, which drops nothing.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const TIMEOUT: Duration = Duration::from_secs(3);

/// The time of the process to end after the shutdown.
const END: Duration = Duration::from_secs(1);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "process_exit",
    promise: "with `shutdown_at_exit`, a program that calls `exit` delivers everything, or ends at the timeout",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.otlp.all.timeout_millis = Some(20_000);
    program.start(config);
    program.shutdown_at_exit(TIMEOUT);
    program.spans(1000);
    program.exit();
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let (_, duration) = case.start(&silent.endpoint())?.finish_timed()?;
    ensure!(
        duration < TIMEOUT + END,
        "without an answer, the program took {duration:?} to end"
    );
    let receiver = case.receiver();
    let (report, duration) = case.start(&receiver.endpoint())?.finish_timed()?;
    ensure!(
        duration < TIMEOUT + END,
        "the program took {duration:?} to end"
    );
    let spans = receiver.spans().len();
    ensure!(spans == 1000, "{spans} spans arrived");
    Ok(report)
}
