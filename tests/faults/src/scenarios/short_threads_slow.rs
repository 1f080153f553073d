//! The network is slow, while threads record one span each and end.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::short_threads::{program, run};
use crate::receivers::Relay;
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "short_threads_slow",
    promise: "the buffers of threads that have ended are bounded while the receiver is slow",
    protocols: GRPC,
    max_memory: 64 + 32,
    program,
    check,
};

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let relay = Relay::to(receiver.port())?;
    relay.delay(Duration::from_millis(200));
    let report = run(case, &relay.endpoint())?;
    ensure!(report.counters.exported > 0, "{:?}", report.counters);
    let arrived = report.arrived_at(&receiver);
    // The shutdown ends before the last responses.
    let unconfirmed = arrived.arrived.saturating_sub(arrived.counters.exported);
    Ok(Report { unconfirmed, ..arrived })
}
