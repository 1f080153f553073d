//! Log lines and records of this library, `tracing-subscriber` and OpenTelemetry's appender. Lines are discarded.
//!
//! The first figure is the CPU time of the thread for a line, the minimum of several measurements. The second is the
//! median CPU time of the process for a record, until an OTLP receiver in another process has it.

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, logs};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use serde::{Deserialize, Serialize};
use tracing::dispatcher::{set_global_default, with_default};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, info};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::child::{self, Child, Role};
use crate::measure::{self, cpu_time, cpu_time_of_thread, median};
use crate::receiver::Receiver;
use crate::report::{self, Checks, figure};
use crate::sink::{Counting, Protocol, blocking_client};

pub(crate) fn run(checks: &mut Checks) {
    let rows = lines(checks).into_iter().map(|(what, nanos)| vec![what, figure(nanos)]);
    report::table(&["ns a line"], rows);
    deliveries(checks);
}

const TIMEOUT: Duration = Duration::from_secs(60);

const TRACE_ID: &str = "5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5";
const SPAN_ID: &str = "00f067aa0ba902b7";

/// The number of lines of a measurement. `WARM_UP` lines before them fill the caches.
const LINES: u32 = 2_000;
const WARM_UP: u32 = 100;

type Log = fn(u32);

/// An event that is written, and an event below the level.
const EVENTS: [(&str, Log); 2] = [
    ("", |rows| info!(rows, table = "orders", path = %"data/orders.csv", "loaded")),
    (", below the level", |rows| {
        tracing::debug!(rows, table = "orders", path = %"data/orders.csv", "loaded");
    }),
];

/// The name of a contestant, its subscriber, and whether its lines are in a span of `tracing`.
type Contestant = (&'static str, fn() -> Dispatch, bool);

const CONTESTANTS: [Contestant; 4] = [
    ("tracing-subscriber, JSON", theirs, false),
    ("tracing-subscriber, JSON, ids in a span", theirs, true),
    ("floe-telemetry, JSON with ids and identity", || ours(true), false),
    ("floe-telemetry, text with ids", || ours(false), false),
];

/// Returns the CPU time of a line on its thread.
fn lines(checks: &mut Checks) -> Vec<(String, f64)> {
    // Lines get their identity from the configuration of the provider.
    let builder = TelemetryProvider::builder(TelemetryConfig::new("benches"))
        .with_span_exporter(Counting::default());
    let telemetry = builder.initialize().expect("a provider");

    let _place = Context::new().with_remote_span_context(place()).attach();
    let rounds = if measure::quick() { 3 } else { 60 };
    let mut least = CONTESTANTS.map(|_| [Duration::MAX; EVENTS.len()]);
    for _ in 0..rounds {
        for ((_, dispatch, is_in_span), least) in CONTESTANTS.iter().zip(&mut least) {
            with_default(&dispatch(), || {
                let span = tracing::info_span!("load", trace_id = TRACE_ID, span_id = SPAN_ID);
                let _entered = is_in_span.then(|| span.enter());
                for ((_, event), least) in EVENTS.iter().zip(least) {
                    *least = (*least).min(time(*event));
                }
            });
        }
    }

    telemetry.shutdown(TIMEOUT).expect("the provider shuts down");
    let mut rows = Vec::new();
    for ((who, ..), least) in CONTESTANTS.iter().zip(least) {
        for ((what, _), least) in EVENTS.iter().zip(least) {
            let row = format!("{who}{what}");
            let nanos = least.as_secs_f64() * 1e9 / f64::from(LINES);
            checks.measured(&row, nanos);
            rows.push((row, nanos));
        }
    }
    rows
}

fn time(event: Log) -> Duration {
    (0..WARM_UP).for_each(|rows| event(black_box(rows)));
    let begin = cpu_time_of_thread();
    (0..LINES).for_each(|rows| event(black_box(rows)));
    cpu_time_of_thread().saturating_sub(begin)
}

fn place() -> SpanContext {
    let trace_id = TraceId::from_hex(TRACE_ID).expect("an id");
    let span_id = SpanId::from_hex(SPAN_ID).expect("an id");
    SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, TraceState::NONE)
}

fn theirs() -> Dispatch {
    let subscriber = tracing_subscriber::fmt().json().with_max_level(LevelFilter::INFO);
    Dispatch::new(subscriber.with_writer(io::sink).finish())
}

fn ours(json_output: bool) -> Dispatch {
    let mut config = LoggingConfig::default();
    config.json_output = json_output;
    let layer = logs::layer_with_writer(&config, io::sink).expect("a layer");
    Dispatch::new(tracing_subscriber::registry().with(layer))
}

/// The number of records between two pauses of the thread, because a program logs while it works.
const BURST: u64 = 10;
const NAP: Duration = Duration::from_millis(1);

const LINE: &str = "tracing-subscriber, a line";
const OURS: &str = "floe-telemetry, a line and a record over OTLP";
const THEIRS: &str = "a line, and opentelemetry-appender-tracing";

/// The task of a child process, which logs this number of records.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    name: String,
    endpoint: String,
    records: u32,
}

fn deliveries(checks: &mut Checks) {
    let names = [LINE, OURS, THEIRS];
    let (records, repeat) = if measure::quick() { (1_000, 1) } else { (50_000, 5) };
    let mut runs = names.map(|_| (Vec::new(), 0));
    for _ in 0..repeat {
        for (name, (nanos, arrived)) in names.iter().zip(&mut runs) {
            let mut receiver = Receiver::start(Protocol::Http, false);
            let endpoint = receiver.otlp.endpoint.clone();
            let order = Order { name: (*name).to_owned(), endpoint, records };
            nanos.push(Child::start(&Role::Logging(order)).answer::<f64>());
            *arrived = receiver.arrived().items;
            if *name == OURS {
                checks.equal("log records delivered", *arrived, records.into());
            }
        }
    }

    let rows = names.into_iter().zip(runs).map(|(name, (nanos, arrived))| {
        let nanos = median(nanos);
        checks.measured(name, nanos);
        vec![name.to_owned(), figure(nanos), arrived.to_string()]
    });

    report::table(&["CPU ns until delivered", "arrived"], rows);
}

pub(crate) fn serve(order: &Order) {
    let flush: Box<dyn FnOnce()> = match &*order.name {
        OURS => export_ours(&order.endpoint),
        THEIRS => export_theirs(&order.endpoint),
        _ => {
            set_global_default(theirs()).expect("the first subscriber");
            Box::new(|| ())
        }
    };

    let cpu = cpu_time();
    for number in 0..u64::from(order.records) {
        info!(rows = black_box(number), table = "orders", "loaded");
        if number % BURST == BURST - 1 {
            thread::sleep(NAP);
        }
    }

    flush();
    let cpu = cpu_time().saturating_sub(cpu);
    child::send(&(cpu.as_secs_f64() * 1e9 / f64::from(order.records)));
}

fn export_ours(endpoint: &str) -> Box<dyn FnOnce()> {
    let mut config = TelemetryConfig::new("benches");
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    let provider = TelemetryProvider::builder(config).initialize().expect("a provider");
    set_global_default(ours(LoggingConfig::default().json_output)).expect("the first subscriber");
    Box::new(move || provider.shutdown(TIMEOUT).expect("records are delivered"))
}

fn export_theirs(endpoint: &str) -> Box<dyn FnOnce()> {
    let exporter = LogExporter::builder()
        .with_http()
        .with_http_client(blocking_client())
        .with_endpoint(format!("{endpoint}/v1/logs"))
        .build()
        .expect("an exporter");
    let provider = SdkLoggerProvider::builder().with_batch_exporter(exporter).build();
    let line = tracing_subscriber::fmt::layer().json().with_writer(io::sink);
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(line)
        .with(OpenTelemetryTracingBridge::new(&provider));
    set_global_default(Dispatch::new(subscriber)).expect("the first subscriber");
    Box::new(move || provider.shutdown().expect("records are delivered"))
}
