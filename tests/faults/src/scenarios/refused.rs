//! Nothing listens at the endpoint.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::ReservedPort;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const SPANS: u64 = 10_000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "refused",
    promise: "a closed port costs the program nothing, and every span is counted",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(SPANS);
    // Longer than the exports of a full queue.
    program.shutdown(Duration::from_secs(60));
}

fn check(case: &Case) -> Result<Report> {
    let port = ReservedPort::new();
    let endpoint = port.endpoint();
    let report = case.report(&endpoint)?;
    ensure!(report.counters.exported == 0, "{:?}", report.counters);
    let error = report.error("shutdown")?;
    let reason = "the connection failed";
    ensure!(error.contains(reason) && error.contains(&endpoint), "{error}");
    // The shutdown has a message for the rest.
    let messages = report.log.matches("spans could not be exported").count();
    ensure!(messages <= 1, "{messages} messages: {}", report.log);
    Ok(report)
}
