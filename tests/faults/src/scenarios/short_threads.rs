//! The receiver does not answer, while threads record one span each and end.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::ExporterKind;

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const THREADS: u64 = 100_000;

const ALIVE: usize = 4;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "short_threads",
    promise: "the buffers of threads that have ended are bounded while the receiver is silent",
    protocols: BOTH,
    max_memory: 64 + 32,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    // The calls of dropped spans have a buffer of their own.
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.metrics.from_spans = true;
    program.start(config);
    program.spans_on_short_threads(THREADS, ALIVE);
    program.wait("recorded");
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let mut child = case.start(&silent.endpoint())?;
    child.wait_for("recorded")?;
    let address_space = child.peak_address_space_mib()?;
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.created == THREADS, "{}", report.created);
    ensure!(address_space < 1024, "{address_space} MiB of addresses");
    Ok(report)
}
