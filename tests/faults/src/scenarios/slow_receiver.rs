//! The network is slow.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Relay;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// More spans than fit into the queue and the buffer of a thread.
const SPANS: u64 = 20_000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "slow_receiver",
    promise: "a slow receiver delays no call, and the spans that the full queue has no room for are counted",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(10));
    program.spans(SPANS);
    program.flush("flush", Duration::from_secs(60));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let relay = Relay::to(receiver.port())?;
    relay.delay(Duration::from_millis(200));
    let report = case.report(&relay.endpoint())?;
    let counters = report.counters;
    ensure!(counters.failed == 0 && counters.exported > 2000, "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
