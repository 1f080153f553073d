//! Connections are reset in the middle of a request.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "connection_resets",
    promise: "a request whose connection is reset is repeated and delivered once",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(100);
    program.flush("flush", Duration::from_secs(10));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let relay = Relay::with(receiver.port(), |number| match number {
        0 | 1 => Plan::ResetAfter(1500),
        _ => Plan::Forward,
    })?;
    let report = case.report(&relay.endpoint())?;
    ensure!(report.error("flush")?.is_empty(), "{report:?}");
    ensure!(relay.connections() == 3, "{}", relay.connections());
    Ok(report.arrived_at(&receiver))
}
