//! The receiver does not answer, while hundreds of threads at a time record spans and end.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::{Program, on_threads, work};
use crate::receivers::Script;
use crate::report::{Counters, Report};
use crate::scenario::{Case, HTTP, Scenario};

const THREADS: u64 = 20_000;

const ALIVE: usize = 400;

/// In MiB, for the library's part: while the threads are alive, and once they have ended.
const ADDRESS_SPACE: [u64; 2] = [1024, 512];

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "many_threads",
    promise: "a peak of threads leaves few buffers, with room for the spans of later ones",
    protocols: HTTP,
    max_memory: 64 + 64,
    program,
    check,
};

fn program(program: &mut Program) {
    // The C library keeps the addresses of its arenas and of stacks.
    drop(on_threads(ALIVE, || Box::new(ALIVE)));
    program.wait("idle");
    program.start_within(Duration::from_secs(10));
    // Not measured: threads that start at the same time wait for the locks of the system.
    for _ in 0..THREADS / ALIVE as u64 {
        drop(on_threads(ALIVE, || work(0, "")));
    }
    program.record_created(THREADS);
    // The flush waits in vain.
    program.flush("flush", Duration::from_secs(3));
    program.wait("recorded");
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let mut child = case.start(&Script::silent()?.endpoint())?;
    child.wait_for("idle")?;
    let (idle_peak, idle) = (child.peak_address_space_mib()?, child.address_space_mib()?);
    child.proceed()?;
    child.wait_for("recorded")?;
    let (peak, left) = (child.peak_address_space_mib()?, child.address_space_mib()?);
    child.proceed()?;
    let report = child.finish()?;
    ensure!(report.created == THREADS, "{}", report.created);
    // At the end of the shutdown, the exporter gives up batch by batch while the collector empties the buffers. How many
    // spans fail and how many are dropped depends on which is faster, but none is dropped for want of a buffer.
    let Counters { dropped, shutdown, .. } = report.counters;
    ensure!(dropped == shutdown, "{:?}", report.counters);
    let [most_while_alive, most_left] = ADDRESS_SPACE;
    ensure!(peak < idle_peak + most_while_alive, "from {idle_peak} to {peak} MiB of addresses");
    ensure!(left < idle + most_left, "from {idle} to {left} MiB of addresses");
    Ok(report)
}
