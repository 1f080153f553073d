//! Log lines, ours beside those of `tracing-subscriber`: the same events, the same writer.

use std::hint::black_box;
use std::io;
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

use crate::counting::Counting;
use crate::{arguments, cpu_time};

/// One way to write a line.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Who writes it, and what it says.
    pub what: String,
    /// CPU time of the thread that logs, for a line.
    pub nanos: f64,
}

const TRACE_ID: &str = "5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// Logs so many rows.
type Log = fn(i64);

/// Makes a subscriber.
type Make = fn() -> Dispatch;

/// Writes the line of an event, and of one that the level leaves out.
const EVENTS: [(&str, Log); 2] = [
    ("", |rows| {
        tracing::info!(rows, table = "orders", path = %"data/orders.csv", "loaded");
    }),
    (", below the level", |rows| {
        tracing::debug!(rows, table = "orders", path = %"data/orders.csv", "loaded");
    }),
];

/// Takes everything.
#[derive(Debug)]
struct Nowhere;

impl LogExporter for Nowhere {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        Ok(())
    }
}

/// All the rows: the least of several measurements, for which the contestants take turns.
///
/// # Panics
///
/// A contestant cannot be made.
#[must_use]
pub fn measure() -> Vec<Row> {
    let contestants: [(&str, Make); 4] = [
        ("tracing-subscriber, JSON", theirs),
        ("tracing-subscriber, JSON, ids in a span", theirs),
        ("floe-telemetry, JSON with ids and identity", || ours(true)),
        ("floe-telemetry, text with ids", || ours(false)),
    ];
    let _place = Context::new().with_remote_span_context(place()).attach();
    let mut rows: Vec<Row> = Vec::new();
    for is_exported in [false, true] {
        let telemetry = provider(is_exported);
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
        telemetry
            .shutdown(Duration::from_secs(60))
            .expect("a clean end");
    }
    rows
}

/// Lines of a measurement; fewer than the queue of an exporter holds.
const LINES: i32 = 2_000;

fn time(event: Log) -> Duration {
    for rows in 0..100 {
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

/// It says whose the lines are.
fn provider(is_exported: bool) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("benches");
    config.log_batch_processor.max_queue_size = 1_000_000;
    let builder = TelemetryProvider::builder(config).with_span_exporter(Counting::default());
    let builder = if is_exported {
        builder.with_log_exporter(Nowhere)
    } else {
        builder
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
    let config = LoggingConfig::default().with_json_output(json_output);
    let layer = logs::layer_with_writer(&config, io::sink).expect("a layer");
    Dispatch::new(tracing_subscriber::registry().with(layer))
}
