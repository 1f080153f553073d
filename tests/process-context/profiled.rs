//! Threads that use processor time inside and outside of spans, and measure it, until standard input ends.
//! `profiles.py` compares a profile with the result.
//!
//! For each line of standard input, the program prints the processor time of the spans by name, and of the process, in
//! nanoseconds, and at the end the ids of all spans. With the argument `short`, one thread opens spans that do nothing,
//! and the program prints their number; with `silent`, it publishes nothing.

#![expect(clippy::print_stdout, reason = "the test reads the output")]

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{get_current_span, traced};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

#[derive(Default)]
struct Taken {
    nanos: BTreeMap<&'static str, u64>,
    ids: Vec<Value>,
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken { nanos: BTreeMap::new(), ids: Vec::new() });

/// The number of spans that did nothing.
static SHORT: AtomicU64 = AtomicU64::new(0);

fn taken() -> MutexGuard<'static, Taken> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn processor_time(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or_default()
}

/// Uses processor time. It counts for the span `name`, or for no span if there is no name.
#[inline(never)]
fn work(name: Option<&'static str>, micros: u64) {
    let begin = processor_time(ClockId::ThreadCPUTime);
    if let Some(name) = name {
        let span = get_current_span().span_context();
        let trace = span.trace_id().to_string();
        let span = span.span_id().to_string();
        taken().ids.push(json!([trace, span, name]));
    }

    let until = begin + micros * 1000;
    let mut end = begin;
    while end < until {
        for number in 0..1000_u64 {
            black_box(number);
        }

        end = processor_time(ClockId::ThreadCPUTime);
    }

    if let Some(name) = name {
        *taken().nanos.entry(name).or_default() += end - begin;
    }
}

#[traced]
fn small(micros: u64) {
    work(Some("small"), micros);
}

#[traced]
fn large(micros: u64) {
    work(Some("large"), 3 * micros);
}

#[traced]
fn around(micros: u64) {
    work(Some("around"), micros);
    inner(micros);
    work(Some("around"), micros);
}

#[traced]
fn inner(micros: u64) {
    work(Some("inner"), micros);
}

/// Uses processor time in each of three polls. Between the polls, another task uses time outside of spans.
#[traced]
async fn polled(micros: u64) {
    for _ in 0..3 {
        work(Some("polled"), micros);
        tokio::task::yield_now().await;
    }
}

#[traced(parent = headers)]
fn unsampled(headers: &HashMap<String, String>, micros: u64) {
    work(Some("unsampled"), micros);
}

#[traced]
fn short() {
    SHORT.fetch_add(1, Ordering::Relaxed);
}

/// Returns microseconds from 1000 to 4999 without a period, which could coincide with that of a sampler.
fn times(mut seed: u64) -> impl Iterator<Item = u64> {
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        1000 + (seed >> 33) % 4000
    })
}

fn functions() {
    for micros in times(1) {
        small(micros);
        large(micros);
        around(micros / 2);
        work(None, micros);
    }
}

fn tasks() -> io::Result<()> {
    let parent = "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00";
    let headers = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for micros in times(2) {
            let other = async {
                for _ in 0..3 {
                    work(None, micros);
                    tokio::task::yield_now().await;
                }
            };

            let _ = tokio::join!(polled(micros), other);
            unsampled(&headers, micros);
        }
    });

    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = floe_telemetry::builder().with_span_exporter(MemoryExporter::new()).init()?;
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    if !has("silent") {
        telemetry.publish_context()?;
    }

    if has("short") {
        thread::spawn(|| {
            loop {
                short();
            }
        });
    } else {
        thread::spawn(functions);
        thread::spawn(tasks);
    }

    for line in io::stdin().lines() {
        line?;
        let process = processor_time(ClockId::ProcessCPUTime);
        let short = SHORT.load(Ordering::Relaxed);
        println!("{}", json!({ "process": process, "spans": taken().nanos, "short": short }));
        io::stdout().flush()?;
    }

    println!("{}", json!(taken().ids));
    Ok(())
}
