//! The receiver ends and starts again at the same address.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Relay;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "receiver_restarts",
    promise: "spans that end after the receiver is back arrive without any action of the program",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(10);
    program.flush("before", Duration::from_secs(10));
    program.wait("down");
    program.spans(10);
    program.flush("while down", Duration::from_secs(10));
    program.wait("up");
    program.spans(10);
    program.flush("after", Duration::from_secs(10));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let (first, second) = (case.receiver(), case.receiver());
    let relay = Relay::to(first.port())?;
    let mut child = case.start(&relay.endpoint())?;
    child.wait_for("down")?;
    relay.set_receiver(0);
    relay.disconnect();
    let first_arrived = first.spans().len();
    drop(first);
    child.proceed()?;
    child.wait_for("up")?;
    relay.set_receiver(second.port());
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.error("before")?.is_empty(), "{report:?}");
    ensure!(report.error("after")?.is_empty(), "{report:?}");
    ensure!(second.spans().len() == 10, "{}", second.spans().len());
    let arrived = first_arrived + second.spans().len();
    Ok(report.arrived_in(arrived))
}
