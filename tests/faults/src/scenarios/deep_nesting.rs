//! Spans are nested deeper than OpenTelemetry's `Context`, which has room for 65,535 in a thread.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::create_span;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

const DEPTH: u64 = 70_000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "deep_nesting",
    promise: "spans that are nested deeper than OpenTelemetry's context are recorded and counted",
    protocols: HTTP,
    max_memory: 192,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    let mut spans: Vec<_> = (0..DEPTH).map(|_| create_span("nested")).collect();
    // In the order from the innermost span outwards.
    while spans.pop().is_some() {}
    program.record_created(DEPTH);
    program.spans(10);
    program.shutdown(Duration::from_secs(20));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    let counters = report.counters;
    ensure!(counters.failed == 0 && counters.exported > 0, "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
