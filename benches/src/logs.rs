//! Log lines, ours and those of `tracing-subscriber`: the same events, the same writer.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use floe_telemetry::config::LoggingConfig;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, logs};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use serde::Serialize;
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::checks::Checks;
use crate::counting::Counting;
use crate::{arguments, cpu_time};

/// The cost of one way to write a line.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The contestant and the event.
    pub what: String,
    /// CPU time of the logging thread for one line.
    pub nanos: f64,
}

const TRACE_ID: &str = "5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// Logs an event with the given number of rows.
type Log = fn(i64);

type Make = fn() -> Dispatch;

/// An event that is written, and an event below the level.
const EVENTS: [(&str, Log); 2] = [
    ("", |rows| {
        tracing::info!(rows, table = "orders", path = %"data/orders.csv", "loaded");
    }),
    (", below the level", |rows| {
        tracing::debug!(rows, table = "orders", path = %"data/orders.csv", "loaded");
    }),
];

#[derive(Clone, Debug, Default)]
struct CountingLogs(Arc<AtomicU64>);

impl LogExporter for CountingLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.0.fetch_add(batch.iter().count() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// All rows: the minimum of several measurements, in which the contestants take turns.
///
/// # Panics
///
/// A contestant cannot be built.
#[must_use]
pub fn measure(checks: &mut Checks) -> Vec<Row> {
    let contestants: [(&str, Make); 4] = [
        ("tracing-subscriber, JSON", theirs),
        ("tracing-subscriber, JSON, ids in a span", theirs),
        ("floe-telemetry, JSON with ids and identity", || ours(true)),
        ("floe-telemetry, text with ids", || ours(false)),
    ];
    let _place = Context::new().with_remote_span_context(place()).attach();
    let mut rows: Vec<Row> = Vec::new();
    for is_exported in [false, true] {
        let exported = CountingLogs::default();
        let telemetry = provider(is_exported.then(|| exported.clone()));
        let contestants = contestants
            .iter()
            .filter(|(who, _)| !is_exported || who.contains("floe-telemetry, JSON"));
        let contestants: Vec<_> = contestants.collect();
        let rounds = if arguments::quick() { 3 } else { 60 };
        let mut least = vec![[Duration::MAX; EVENTS.len()]; contestants.len()];
        for _ in 0..rounds {
            for ((who, dispatch), least) in contestants.iter().zip(&mut least) {
                with_default(&dispatch(), || {
                    let span = tracing::info_span!("load", trace_id = TRACE_ID, span_id = SPAN_ID);
                    let _entered = who.contains("in a span").then(|| span.enter());
                    for ((_, event), least) in EVENTS.iter().zip(least) {
                        *least = (*least).min(time(*event));
                    }
                });
            }
        }
        for ((who, _), least) in contestants.iter().zip(least) {
            for ((what, _), least) in EVENTS.iter().zip(least) {
                let exported = if is_exported { ", and exported" } else { "" };
                #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
                rows.push(Row {
                    what: format!("{who}{exported}{what}"),
                    nanos: least.as_nanos() as f64 / f64::from(LINES),
                });
            }
        }
        telemetry.shutdown(Duration::from_secs(60)).expect("the provider shuts down");
        // Only the event above the level is exported.
        let records = if is_exported { rounds * (WARM_UP + LINES) } else { 0 };
        let records = u64::from(records.unsigned_abs()) * contestants.len() as u64;
        let found = exported.0.load(Ordering::Relaxed);
        checks.equal("log records exported", found, records);
    }
    rows
}

/// Lines of a measurement; fewer than the queue of an exporter holds.
const LINES: i32 = 2_000;

/// Lines before each measurement, to fill the caches.
const WARM_UP: i32 = 100;

fn time(event: Log) -> Duration {
    for rows in 0..i64::from(WARM_UP) {
        event(black_box(rows));
    }
    let begin = cpu_time::of_thread();
    for rows in 0..i64::from(LINES) {
        event(black_box(rows));
    }
    cpu_time::of_thread().saturating_sub(begin)
}

fn place() -> SpanContext {
    let trace_id = TraceId::from_hex(TRACE_ID).expect("an id");
    let span_id = SpanId::from_hex(SPAN_ID).expect("an id");
    let flags = TraceFlags::SAMPLED;
    SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE)
}

/// The configuration contains the identity of the lines.
fn provider(log_exporter: Option<CountingLogs>) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("benches");
    config.log_batch_processor.max_queue_size = 1_000_000;
    let builder = TelemetryProvider::builder(config).with_span_exporter(Counting::default());
    let builder = match log_exporter {
        Some(exporter) => builder.with_log_exporter(exporter),
        None => builder,
    };
    builder.initialize().expect("a provider")
}

fn theirs() -> Dispatch {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(LevelFilter::INFO)
        .with_writer(io::sink)
        .finish();
    Dispatch::new(subscriber)
}

fn ours(json_output: bool) -> Dispatch {
    let mut config = LoggingConfig::default();
    config.json_output = json_output;
    let layer = logs::layer_with_writer(&config, io::sink).expect("a layer");
    Dispatch::new(tracing_subscriber::registry().with(layer))
}
