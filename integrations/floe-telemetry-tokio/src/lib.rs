//! Metrics of a [tokio](https://docs.rs/tokio) runtime.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! floe_telemetry_tokio::observe(&tokio::runtime::Handle::current());
//! # });
//! ```
//!
//! | metric | unit | value |
//! |---|---|---|
//! | `tokio.workers` | `{thread}` | worker threads of the runtime |
//! | `tokio.tasks.alive` | `{task}` | tasks that are spawned and have not ended |
//! | `tokio.global_queue.depth` | `{task}` | tasks that wait in the queue of the whole runtime |
//! | `tokio.workers.busy_time` | `s` | the time for which the workers have polled tasks, of all workers together |
//! | `tokio.workers.parks` | `{park}` | how often workers had nothing to do and slept |
//!
//! OpenTelemetry has no conventions for these metrics; the names follow tokio's.
#![forbid(unsafe_code)]

use opentelemetry::global;
use opentelemetry::metrics::Meter;
use tokio::runtime::{Handle, RuntimeMetrics};

/// Measures a runtime whenever metrics are collected.
///
/// The metrics go to OpenTelemetry's global meter provider at the time of the call, so call it after
/// `floe_telemetry::init`, and for only one runtime, because the values of two runtimes would be added.
pub fn observe(runtime: &Handle) {
    let meter = global::meter(env!("CARGO_PKG_NAME"));
    let read = |value: fn(&RuntimeMetrics) -> usize| {
        let metrics = runtime.metrics();
        move || i64::try_from(value(&metrics)).unwrap_or(i64::MAX)
    };
    measure(&meter, "tokio.workers", "{thread}", read(RuntimeMetrics::num_workers));
    measure(&meter, "tokio.tasks.alive", "{task}", read(RuntimeMetrics::num_alive_tasks));
    measure(&meter, "tokio.global_queue.depth", "{task}", read(RuntimeMetrics::global_queue_depth));
    let metrics = runtime.metrics();
    meter
        .f64_observable_counter("tokio.workers.busy_time")
        .with_unit("s")
        .with_callback(move |observer| {
            let busy =
                (0..metrics.num_workers()).map(|worker| metrics.worker_total_busy_duration(worker));
            observer.observe(busy.sum::<std::time::Duration>().as_secs_f64(), &[]);
        })
        .build();
    let metrics = runtime.metrics();
    meter
        .u64_observable_counter("tokio.workers.parks")
        .with_unit("{park}")
        .with_callback(move |observer| {
            let parks = (0..metrics.num_workers()).map(|worker| metrics.worker_park_count(worker));
            observer.observe(parks.sum(), &[]);
        })
        .build();
}

fn measure(
    meter: &Meter,
    name: &'static str,
    unit: &'static str,
    read: impl Fn() -> i64 + Send + Sync + 'static,
) {
    meter
        .i64_observable_up_down_counter(name)
        .with_unit(unit)
        .with_callback(move |observer| observer.observe(read(), &[]))
        .build();
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
