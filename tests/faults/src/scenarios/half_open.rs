//! The network loses the state of a connection: it stays open, and nothing arrives any more.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::Relay;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "half_open",
    promise: "a connection that has gone silent is replaced within the timeout of an export",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(6));
    program.spans(10);
    program.flush("before", Duration::from_secs(20));
    program.wait("silent");
    program.spans(10);
    program.flush("while silent", Duration::from_secs(20));
    program.spans(10);
    program.flush("after", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let relay = Relay::to(receiver.port())?;
    let mut child = case.start(&relay.endpoint())?;
    child.wait_for("silent")?;
    relay.freeze();
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.error("before")?.is_empty(), "{report:?}");
    ensure!(report.error("after")?.is_empty(), "{report:?}");
    ensure!(relay.connections() == 2, "{}", relay.connections());
    // Pings of HTTP/2 show that a connection is silent before the export is given up.
    let delivered = if case.protocol == OtlpProtocol::Http { 20 } else { 30 };
    let exported = report.counters.exported;
    ensure!(exported == delivered, "{exported} spans were exported");
    Ok(report.arrived_at(&receiver))
}
