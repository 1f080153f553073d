//! The receiver is overloaded for a while.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::Response;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "server_errors",
    promise: "a request that the receiver cannot accept now is repeated with growing pauses, and delivered once",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(30));
    program.spans(10);
    program.flush("flush", Duration::from_secs(60));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    receiver.respond(Response::Http { status: 503, headers: vec![] });
    let child = case.start(&receiver.endpoint())?;
    // Without retries for the complete timeout, the batch would be lost.
    receiver.wait_for_requests(6);
    receiver.respond(Response::Ok);
    let report = child.finish()?;
    ensure!(report.error("flush")?.is_empty(), "{report:?}");
    let requests = receiver.requests().len();
    ensure!(requests <= 8, "{requests} requests");
    let flush = report.operation("flush")?.duration;
    ensure!(flush > Duration::from_millis(1500), "{flush:?}");
    Ok(report.arrived_at(&receiver))
}
