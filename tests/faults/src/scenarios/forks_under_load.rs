//! The program forks while other threads start, record their first span, and read the statistics.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::create_span;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const FORKS: usize = 40;

/// The spans of the provider that each child starts.
const OWN: u64 = 5;

/// Reads of the statistics between the starts of two threads.
const READS: usize = 100;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "forks_under_load",
    promise: "no fork hangs or loses spans, whatever the other threads were doing",
    protocols: BOTH,
    // The buffers of threads that have ended wait for the collector.
    max_memory: 256,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    // On a busy machine, a repeated request would arrive twice.
    config.otlp.all.timeout_millis = Some(20_000);
    program.start(config.clone());
    program.spans(1000);
    let Some(telemetry) = program.shared() else {
        return;
    };
    let is_done = AtomicBool::new(false);
    let read = || {
        while !is_done.load(Ordering::Relaxed) {
            let _ = telemetry.statistics();
        }
    };
    let start = || {
        let mut started = 0;
        while !is_done.load(Ordering::Relaxed) {
            let _ = thread::spawn(|| drop(create_span("first"))).join();
            started += 1;
            (0..READS).for_each(|_| drop(telemetry.statistics()));
        }
        started
    };
    let started = thread::scope(|scope| {
        scope.spawn(read);
        let starting = scope.spawn(start);
        for number in 0..FORKS {
            let is_ok = program.fork(&format!("fork {number}"), |program| {
                let inherited = program.telemetry().context("no telemetry")?;
                let _ = inherited.statistics();
                program.replace(config.clone());
                program.spans(OWN);
                ensure!(program.shutdown(Duration::from_secs(20)), "not shut down");
                Ok(())
            });
            if !is_ok {
                break;
            }
        }
        is_done.store(true, Ordering::Relaxed);
        starting.join().unwrap_or_default()
    });
    program.record_created(started);
    program.shutdown(Duration::from_secs(20));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    for number in 0..FORKS {
        let error = report.error(&format!("fork {number}"))?;
        ensure!(error.is_empty(), "fork {number}: {error}");
    }
    let own = FORKS * usize::try_from(OWN)?;
    Ok(report.arrived_in(receiver.spans().len().saturating_sub(own)))
}
