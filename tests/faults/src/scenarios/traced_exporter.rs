//! The program records the spans and events of all crates, also those of the exporter's HTTP/2 connection.
//! HTTP/1 has none.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

/// Batches are sent at this interval.
const DELAY: Duration = Duration::from_millis(100);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "traced_exporter",
    promise: "an exporter whose calls could be recorded sends nothing while the program is idle",
    protocols: GRPC,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.bridge_tracing();
    let mut config = program.config();
    config.batch_processor.schedule_delay_millis = u64::try_from(DELAY.as_millis()).unwrap_or(0);
    program.start(config);
    program.spans(10);
    program.flush("flush", Duration::from_secs(20));
    program.wait("idle");
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let mut child = case.start(&receiver.endpoint())?;
    child.wait_for("idle")?;
    // The program is idle for many times the delay of a batch.
    thread::sleep(10 * DELAY);
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.error("flush")?.is_empty(), "{report:?}");
    let requests = receiver.requests().len();
    ensure!(requests <= 2, "{requests} requests for ten spans");
    Ok(report.arrived_at(&receiver))
}
