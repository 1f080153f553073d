//! The response is one byte longer than the exporter reads.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "large_response",
    promise: "a message over the limit is not read, and the request is not repeated",
    protocols: GRPC,
    max_memory: 48,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(5));
    program.spans(10);
    program.flush("flush", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let answer =
        [http2::settings(), http2::headers(), http2::message(4 * 1024 * 1024 + 1, &[0; 1000])];
    let relay = Relay::with(0, move |_| Plan::Answer(answer.concat()))?;
    let report = case.report(&relay.endpoint())?;
    let error = report.error("flush")?;
    ensure!(error.contains("too large"), "{error}");
    ensure!(relay.connections() == 1, "{}", relay.connections());
    ensure!(report.counters.failed == 10, "{:?}", report.counters);
    Ok(report)
}
