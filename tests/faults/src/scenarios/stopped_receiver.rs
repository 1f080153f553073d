//! The process of the receiver is stopped: the system accepts connections and data, and no response comes.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::ReceiverProcess;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "stopped_receiver",
    promise: "exports to a stopped receiver end at their timeout, and the next ones are delivered once it continues",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(TIMEOUT);
    program.spans(10);
    program.flush("before", Duration::from_secs(20));
    program.wait("stopped");
    program.spans(10);
    program.flush("stopped", Duration::from_secs(20));
    program.wait("continued");
    program.spans(10);
    program.flush("after", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let mut receiver = ReceiverProcess::start(case.protocol)?;
    let mut child = case.start(receiver.endpoint())?;
    child.wait_for("stopped")?;
    receiver.stop()?;
    child.proceed()?;
    child.wait_for("continued")?;
    receiver.resume()?;
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.error("before")?.is_empty(), "{report:?}");
    report.ended_at("stopped", TIMEOUT)?;
    let error = report.error("stopped")?;
    ensure!(error.contains("not delivered within"), "{error}");
    ensure!(error.contains(receiver.endpoint()), "{error}");
    ensure!(report.error("after")?.is_empty(), "{report:?}");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (20, 10), "{counters:?}");
    // The process may later read requests that were sent while it was stopped. They have failed before.
    let spans = receiver.spans()?;
    ensure!((20..=30).contains(&spans), "{spans} spans arrived");
    let mut report = report.arrived_in(spans);
    report.unconfirmed = report.arrived - counters.exported;
    Ok(report)
}
