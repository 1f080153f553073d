//! The program ends by SIGTERM, as a service does when it is stopped.

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
    name: "terminated",
    promise: "with `shutdown_on_signals`, a program that SIGTERM ends delivers everything, or ends at the timeout",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.otlp.all.timeout_millis = Some(20_000);
    program.start(config);
    program.spans(1000);
    program.end_by_signal(TIMEOUT);
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let (report, duration) = case.start(&silent.endpoint())?.terminate()?;
    ensure!(report.error("handle signals")?.is_empty(), "{report:?}");
    ensure!(
        duration < TIMEOUT + END,
        "without an answer, the program took {duration:?} to end"
    );
    let receiver = case.receiver();
    let (report, duration) = case.start(&receiver.endpoint())?.terminate()?;
    ensure!(
        duration < TIMEOUT + END,
        "the program took {duration:?} to end"
    );
    let spans = receiver.spans().len();
    ensure!(spans == 1000, "{spans} spans arrived");
    Ok(report)
}
