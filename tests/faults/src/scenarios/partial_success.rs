//! The receiver accepts a request, and rejects some of its spans or adds a warning.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::Response;

use crate::program::{Program, TOKEN};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "partial_success",
    promise: "rejected spans count as failed and the others as exported, a warning is logged, and neither is repeated",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(10);
    program.flush("rejected", Duration::from_secs(10));
    program.wait("warned");
    program.spans(10);
    program.flush("warned", Duration::from_secs(10));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let partial = |rejected, message: String| {
        receiver.respond(Response::Partial { rejected, message });
    };
    partial(3, format!("no room for {TOKEN}"));
    let mut child = case.start(&receiver.endpoint())?;
    child.wait_for("warned")?;
    partial(0, format!("deprecated, password=hunter2, {TOKEN}"));
    child.proceed()?;
    let report = child.finish()?;
    let rejected = report.error("rejected")?;
    ensure!(rejected.contains("rejected 3 items of a batch: no room for <REDACTED>"), "{rejected}");
    let warned = report.operation("warned")?;
    ensure!(warned.error.is_none(), "{warned:?}");
    let log = &report.log;
    let warnings = log.matches("the OTLP receiver sent a warning").count();
    ensure!(warnings == 1, "{warnings} warnings: {log}");
    ensure!(log.contains("deprecated, password=<REDACTED>") && !log.contains("hunter2"), "{log}");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (17, 3), "{counters:?}");
    let requests = receiver.requests().len();
    ensure!(requests == 2, "{requests} requests");
    Ok(report.arrived_at(&receiver))
}
