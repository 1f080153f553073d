//! There is no memory for the buffers of threads.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::ExporterKind;
use procfs::process::Process;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// Threads whose buffers would need four times the available memory.
const THREADS: usize = 64;

/// The spans of a thread.
const SPANS: u64 = 1000;

/// The bytes that the program may still allocate.
const MEMORY: u64 = 24 * 1024 * 1024;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "no_memory",
    promise: "without memory for its buffer, the spans of a thread are dropped and counted",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    // There is no memory for the calls of dropped spans either.
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.metrics.from_spans = true;
    program.start(config);
    program.spans(SPANS);
    // The stacks exist before the limit.
    program.spans_on_threads_after(THREADS, SPANS, || {
        let status = Process::myself()?.status()?;
        let used = status.vmdata.context("no `VmData`")? * 1024;
        let limit = Rlimit { current: Some(used + MEMORY), maximum: None };
        // Unlike the limit of the address space, this one also limits the arenas that the C library has reserved.
        setrlimit(Resource::Data, limit).context("the limit")
    });
    program.shutdown(Duration::from_secs(20));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    let error = report.error("prepare")?;
    ensure!(error.is_empty(), "{error}");
    let counters = report.counters;
    let recorded = (1 + THREADS as u64) * SPANS;
    ensure!(report.created == recorded, "{}", report.created);
    ensure!(counters.exported >= SPANS, "{counters:?}");
    ensure!(counters.dropped > report.created / 2, "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
