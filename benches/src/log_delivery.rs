//! The CPU time of a log record, of the whole process, until an OTLP receiver in another process has it.

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, logs};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use serde::Serialize;
use tracing::dispatcher::set_global_default;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, info};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::checks::Checks;
use crate::child::{self, Child};
use crate::receiver::Receiver;
use crate::sink::{Protocol, blocking_client};
use crate::{arguments, cpu_time};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A burst of records, before the thread sleeps: a program that logs while it works.
const BURST: u64 = 10;
const NAP: Duration = Duration::from_millis(1);

const OURS: &str = "floe-telemetry, a line and a record over OTLP";
const THEIRS: &str = "a line, and opentelemetry-appender-tracing";

/// The contestants. The first one writes the line alone.
const NAMES: [&str; 3] = ["tracing-subscriber, a line", OURS, THEIRS];

/// The cost of a record.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The contestant.
    pub what: &'static str,
    /// CPU time of the process for a record.
    pub cpu_nanos: f64,
    pub arrived: u64,
}

/// Measures each contestant in turn, and returns its median.
///
/// # Panics
///
/// A contestant cannot be started.
#[must_use]
pub fn measure(checks: &mut Checks) -> Vec<Row> {
    let (records, repeat) = if arguments::quick() { (1_000, 1) } else { (50_000, 5) };
    let mut runs: Vec<Vec<Row>> = NAMES.iter().map(|_| Vec::new()).collect();
    for _ in 0..repeat {
        for (what, runs) in NAMES.into_iter().zip(&mut runs) {
            let mut receiver = Receiver::start(Protocol::Http);
            let endpoint = receiver.otlp.endpoint.clone();
            let order = ["--logs-of", what, "--endpoint", &endpoint, "--records"];
            let answer = Child::start(&[&order[..], &[&records.to_string()]].concat()).answer();
            let arrived = receiver.arrived().items;
            if what == OURS {
                checks.equal("log records delivered", arrived, records);
            }
            runs.push(Row {
                what,
                cpu_nanos: answer.parse().expect("a figure of the child"),
                arrived,
            });
        }
    }
    let median = |mut runs: Vec<Row>| {
        runs.sort_by(|a, b| a.cpu_nanos.total_cmp(&b.cpu_nanos));
        runs.swap_remove(runs.len() / 2)
    };
    runs.into_iter().map(median).collect()
}

/// Logs if this process was started by [`measure`].
///
/// # Panics
///
/// An argument is missing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a number of records")]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--logs-of") else {
        return false;
    };
    let endpoint: String = arguments::value("--endpoint").expect("an endpoint");
    let records: u64 = arguments::value("--records").expect("a number of records");
    let flush: Box<dyn FnOnce()> = match &*name {
        OURS => ours(&endpoint),
        THEIRS => theirs(&endpoint),
        _ => {
            let subscriber = tracing_subscriber::registry().with(line());
            set_global_default(Dispatch::new(subscriber)).expect("the first subscriber");
            Box::new(|| ())
        }
    };
    let cpu = cpu_time::of_process();
    for number in 0..records {
        info!(rows = black_box(number), table = "orders", "loaded");
        if number % BURST == BURST - 1 {
            thread::sleep(NAP);
        }
    }
    flush();
    let cpu = cpu_time::of_process().saturating_sub(cpu);
    let nanos = cpu.as_secs_f64() * 1e9 / records as f64;
    child::send(&nanos.to_string());
    true
}

type Line<S> = tracing_subscriber::fmt::Layer<
    S,
    tracing_subscriber::fmt::format::JsonFields,
    tracing_subscriber::fmt::format::Format<tracing_subscriber::fmt::format::Json>,
    fn() -> io::Sink,
>;

fn line<S>() -> Line<S> {
    tracing_subscriber::fmt::layer().json().with_writer(io::sink as fn() -> io::Sink)
}

fn ours(endpoint: &str) -> Box<dyn FnOnce()> {
    let mut config = TelemetryConfig::new("benches");
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    let provider = TelemetryProvider::builder(config)
        .with_otlp(endpoint, OtlpProtocol::Http)
        .initialize()
        .expect("a provider");
    let layer = logs::layer_with_writer(&LoggingConfig::default(), io::sink).expect("a layer");
    let subscriber = tracing_subscriber::registry().with(layer);
    set_global_default(Dispatch::new(subscriber)).expect("the first subscriber");
    Box::new(move || provider.shutdown(TIMEOUT).expect("records are delivered"))
}

fn theirs(endpoint: &str) -> Box<dyn FnOnce()> {
    let exporter = LogExporter::builder()
        .with_http()
        .with_http_client(blocking_client())
        .with_endpoint(format!("{endpoint}/v1/logs"))
        .build()
        .expect("an exporter");
    let provider = SdkLoggerProvider::builder().with_batch_exporter(exporter).build();
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(line())
        .with(OpenTelemetryTracingBridge::new(&provider));
    set_global_default(Dispatch::new(subscriber)).expect("the first subscriber");
    Box::new(move || provider.shutdown().expect("records are delivered"))
}
