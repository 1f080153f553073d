//! The load: threads and tasks that record spans of several sizes at a steady rate.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::{FutureExt as _, TelemetryProvider, get_current_span, traced};
use procfs::process::Process;

use super::Sample;
use crate::program::Program;
use crate::report::{Counters, Message};

pub(super) const NUMBER: &str = "number";

/// The number of threads that call sync functions. One more thread runs async code.
const THREADS: usize = 2;

/// The time between two turns of a thread. All threads together record about 1000 spans a second.
const INTERVAL: Duration = Duration::from_millis(9);

const SECOND: Duration = Duration::from_secs(1);

static NEXT: AtomicU64 = AtomicU64::new(0);

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn payload(number: u64) -> String {
    let length = match number % 200 {
        0 => 20_000,
        1..=10 => 1_000,
        other => 10 + usize::try_from(other).unwrap_or(0) / 2,
    };
    "x".repeat(length)
}

#[derive(Debug)]
struct OutOfStock;

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("out of stock")
    }
}

#[traced(name = "order", attributes(number, payload))]
fn order(number: u64, payload: &str) -> Result<(), OutOfStock> {
    let length = i64::try_from(payload.len()).unwrap_or(i64::MAX);
    get_current_span().add_event("received", vec![KeyValue::new("bytes", length)]);
    let reserved = reserve(next());
    ship(next());
    reserved
}

#[traced(name = "reserve", attributes(number))]
fn reserve(number: u64) -> Result<(), OutOfStock> {
    if number.is_multiple_of(20) {
        return Err(OutOfStock);
    }

    Ok(())
}

#[traced(name = "ship", kind = client, attributes(number))]
fn ship(number: u64) -> u64 {
    number
}

#[traced(name = "request", kind = server, attributes(number, payload))]
async fn request(number: u64, payload: String) {
    let task = tokio::spawn(look_up(next()).in_current_span());
    tokio::time::sleep(Duration::from_millis(1)).await;
    let _ = task.await;
    look_up(next()).await;
}

#[traced(name = "look_up", attributes(number))]
async fn look_up(number: u64) -> u64 {
    tokio::task::yield_now().await;
    number
}

pub(crate) fn program(program: &mut Program) {
    let config = program.config();
    program.start(config);
    let Some(telemetry) = program.telemetry() else {
        return;
    };

    let gate = RwLock::new(());
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                work(&gate, &is_done, || {
                    let number = next();
                    let _ = order(number, &payload(number));
                });
            });
        }

        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let Ok(runtime) = runtime else { return };
            work(&gate, &is_done, || {
                let number = next();
                runtime.block_on(request(number, payload(number)));
            });
        });

        scope.spawn(|| {
            let _ = io::stdin().read_line(&mut String::new());
            is_done.store(true, Ordering::Relaxed);
        });

        let start = Instant::now();
        let mut second = 0;
        while !is_done.load(Ordering::Relaxed) {
            second += 1;
            let due = start + SECOND * second;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            Message::Sample(sample(second, telemetry, &gate)).send();
        }
    });

    program.record_created(NEXT.load(Ordering::Relaxed));
    program.flush("flush");
    program.shutdown(Duration::from_secs(30));
}

/// Calls `unit` repeatedly. `unit` ends all of its spans, so none is open while another thread has locked the gate.
fn work(gate: &RwLock<()>, is_done: &AtomicBool, unit: impl Fn()) {
    let mut due = Instant::now();
    while !is_done.load(Ordering::Relaxed) {
        {
            let _open = gate.read().unwrap_or_else(PoisonError::into_inner);
            unit();
        }

        due += INTERVAL;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn sample(second: u32, telemetry: &TelemetryProvider, gate: &RwLock<()>) -> Sample {
    let (created, counted) = {
        let _closed = gate.write().unwrap_or_else(PoisonError::into_inner);
        (NEXT.load(Ordering::Relaxed), telemetry.statistics())
    };

    let process = Process::myself().ok();
    let status = process.as_ref().and_then(|process| process.status().ok());
    let descriptors = process.and_then(|process| process.fd_count().ok());
    Sample {
        second,
        created,
        counters: Counters::of(&counted),
        memory_kib: status.as_ref().and_then(|it| it.vmrss).unwrap_or(0),
        threads: status.map_or(0, |it| it.threads),
        descriptors: descriptors.unwrap_or(0) as u64,
    }
}
