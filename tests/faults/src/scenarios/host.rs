//! Scenarios of a host without room: no thread can be created, or another program uses the processor.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::ExporterKind;
use floe_tests::ReservedPort;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::program::{Program, work};
use crate::receivers::Relay;
use crate::scenario::{SCENARIO, Scenario};
use crate::surroundings::Surroundings;

pub(super) static SCENARIOS: [Scenario; 2] = [
    Scenario {
        name: "no_threads",
        program: |program| {
            program.start_within(Duration::from_secs(60));
            program.deliver("before", 10);
            program.wait("down");
            program.spans(10);
            program.step("panic", panic_without_a_flush);
            program.flush("meanwhile");
            program.wait("up");
            program.deliver("after", 10);
            let open = floe_telemetry::span("open").start();
            program.end();
            std::mem::forget(open);
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            let surroundings = Surroundings::answering(&["address 127.0.0.1"])?;
            let mut child = case.start_in(&surroundings, relay.port())?;
            child.wait_for("down")?;
            surroundings.forbid_threads()?;
            relay.set_receiver(0);
            relay.disconnect();
            let attempts = relay.connections();
            child.proceed()?;
            // The receiver is back after two attempts, each of which needs a new connection. A program without attempts
            // explains that in its report.
            let deadline = Instant::now() + Duration::from_secs(10);
            while relay.connections() < attempts + 2 && Instant::now() < deadline {
                thread::yield_now();
            }

            relay.set_receiver(receiver.port());
            child.wait_for("up")?;
            child.proceed()?;
            let report = child.finish()?;
            report.succeeded(&["before", "panic", "meanwhile", "after"])?;
            for message in [
                "error: telemetry was not delivered after a panic: ",
                "error: telemetry has ended: spans that are still open: 1\n",
            ] {
                ensure!(report.stderr.contains(message), "no `{message}`: {}", report.stderr);
            }

            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "busy_neighbour",
        program: busy_neighbour,
        check: |case| {
            let port = ReservedPort::new();
            let neighbour = Neighbour::start()?;
            let report = case.report(&port.endpoint())?;
            drop(neighbour);
            report.succeeded(&["one processor"])?;
            let without = report.operation("without a provider")?.duration;
            let with = report.operation("with a provider")?.duration;
            ensure!(
                with <= without + MAX_COST,
                "99 of 100 calls: {without:?} without a provider, {with:?} with one"
            );

            Ok(report)
        },
        ..SCENARIO
    },
];

/// A flush on the thread of the panic would wait for the receiver, with the locks that the thread holds.
#[expect(clippy::panic, reason = "the panic hook is tested")]
fn panic_without_a_flush(program: &mut Program) -> Result<()> {
    panic::set_hook(Box::new(|_| {}));
    let telemetry = program.telemetry().context("no telemetry")?;
    telemetry.flush_on_panic(Duration::from_secs(60));
    let _ = panic::catch_unwind(|| panic!("a test"));
    let pending = telemetry.statistics().pending;
    ensure!(pending == 10, "{pending} spans are pending after a panic without a further thread");
    Ok(())
}

/// The additional time that 99 of 100 calls may take, compared with the same calls without a provider. A call that
/// yields its processor takes as long as the other program's share: tens of milliseconds.
const MAX_COST: Duration = Duration::from_millis(2);

/// The number of paced calls, for each of which the queue of log records has no room after the first second.
const CALLS: u64 = 6_000;
const PACE: Duration = Duration::from_micros(330);

fn busy_neighbour(program: &mut Program) {
    program.bridge_logs();
    program.step("one processor", |_| use_one_processor());
    program.record_duration("without a provider", p99());
    let mut config = program.config();
    config.exporters.logs = Some(vec![ExporterKind::Otlp]);
    program.start(config);
    program.record_created(CALLS);
    program.record_duration("with a provider", p99());
    program.shutdown(Duration::from_secs(5));
}

/// Returns the duration that 99 of 100 calls do not exceed.
fn p99() -> Duration {
    let call = |number| {
        thread::sleep(PACE);
        let start = Instant::now();
        work(number, "");
        tracing::info!(number, "worked");
        start.elapsed()
    };

    let mut durations: Vec<_> = (0..CALLS).map(call).collect();
    durations.sort_unstable();
    durations[durations.len() * 99 / 100]
}

/// Limits this thread, and those that it will start, to the first of its processors.
fn use_one_processor() -> Result<()> {
    let allowed = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|number| allowed.is_set(*number));
    let mut one = CpuSet::new();
    one.set(first.context("no processor")?);
    Ok(sched_setaffinity(None, &one)?)
}

/// A program that uses the same processor.
struct Neighbour(Arc<AtomicBool>);

impl Neighbour {
    fn start() -> Result<Self> {
        let is_done = Arc::<AtomicBool>::default();
        let done = Arc::clone(&is_done);
        thread::Builder::new().spawn(move || {
            let _ = use_one_processor();
            while !done.load(Ordering::Relaxed) {}
        })?;

        Ok(Self(is_done))
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
