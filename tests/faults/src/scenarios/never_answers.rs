//! The receiver accepts connections and never answers.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const TIMEOUT: Duration = Duration::from_millis(1500);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "never_answers",
    promise: "an export without an answer ends at its timeout",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(TIMEOUT);
    program.spans(1000);
    program.flush("flush", Duration::from_secs(30));
    program.spans(1);
    program.flush("single", Duration::from_secs(30));
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let report = case.report(&silent.endpoint())?;
    ensure!(report.counters.failed == 1001, "{:?}", report.counters);
    let single = report.operation("single")?;
    ensure!(single.duration < TIMEOUT + Duration::from_secs(1), "{single:?}");
    ensure!(report.error("single")?.contains("not delivered within"), "{single:?}");
    ensure!(report.error("single")?.contains(&silent.endpoint()), "{single:?}");
    ensure!(silent.connections() > 0, "no connection");
    Ok(report)
}
