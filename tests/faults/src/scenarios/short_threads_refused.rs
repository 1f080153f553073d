//! Nothing listens at the endpoint, while threads record one span each and end.

use anyhow::{Result, ensure};
use floe_tests::ReservedPort;

use super::short_threads::{program, run};
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "short_threads_refused",
    promise: "the buffers of threads that have ended are bounded while the receiver is down",
    protocols: HTTP,
    max_memory: 64 + 32,
    program,
    check,
};

fn check(case: &Case) -> Result<Report> {
    let port = ReservedPort::new();
    let report = run(case, &port.endpoint())?;
    ensure!(report.counters.exported == 0, "{:?}", report.counters);
    Ok(report)
}
