//! `runtime: caller`: a provider without threads, for hosts that stop a process between its requests.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;
use std::{env, fs, process};

use floe_telemetry::config::{OtlpProtocol, Runtime};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    EndingSpan, MetricRecorder, TelemetryConfig, TelemetryProvider, TelemetryProviderBuilder, logs,
    traced,
};
use floe_tests::{Receiver, Response, Value, is_child, run_in_child};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt as _;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Longer than a test may take.
const NEVER: Duration = Duration::from_secs(3600);

/// A time that passes while a test waits for what never comes.
const SHORT: Duration = Duration::from_millis(300);

const ENDPOINT: &str = "TEST_CALLER_ENDPOINT";

#[traced(name = "request", attributes(round))]
async fn request(round: i64) {
    tokio::task::yield_now().await;
    load(round);
}

#[traced]
fn load(round: i64) {
    tracing::info!(target: "orders", round, "loaded");
    MetricRecorder::new("orders").increment("orders.loaded", 1, &[]);
}

fn config(endpoint: &str) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("function");
    config.runtime = Runtime::Caller;
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.otlp.all.timeout_millis = Some(NEVER.as_millis().try_into().unwrap());
    config.batch_processor.export_timeout_millis = NEVER.as_millis().try_into().unwrap();
    config
}

fn builder(endpoint: &str) -> TelemetryProviderBuilder {
    TelemetryProvider::builder(config(endpoint))
}

/// The threads of this process, by their names.
fn threads() -> BTreeSet<(u32, String)> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let thread = |task: fs::DirEntry| {
        let name = fs::read_to_string(task.path().join("comm")).unwrap();
        let id = task.file_name().into_string().unwrap();
        (id.parse().unwrap(), name.trim().to_owned())
    };
    tasks.map(|task| thread(task.unwrap())).collect()
}

/// An exporter of the SDK that notes the threads that call it.
#[derive(Clone, Debug, Default)]
struct Noting(Arc<Mutex<Vec<(ThreadId, usize)>>>);

impl SpanExporter for Noting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let call = (thread::current().id(), batch.len());
        self.0.lock().unwrap().push(call);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Err(OTelSdkError::AlreadyShutdown)
    }
}

#[test]
fn a_flush_exports_all_signals_on_its_thread_and_none_is_started() {
    const TEST: &str = "caller::a_flush_exports_all_signals_on_its_thread_and_none_is_started";

    if is_child() {
        let endpoint = env::var(ENDPOINT).unwrap();
        // Its thread is one of a runtime, which cannot be entered again.
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        return runtime.block_on(program(&endpoint));
    }
    let receiver = Receiver::http();
    // A name, which a runtime of tokio would look up on another thread.
    let endpoint = format!("http://localhost:{}", receiver.port());
    run_in_child(TEST, &[(ENDPOINT, &endpoint)]);

    let spans = receiver.spans();
    let tree = "request\n  load\n\nrequest\n  load\n\nrequest\n  load";
    assert_eq!(floe_tests::tree(&spans), tree);
    for span in spans.iter().filter(|span| span.name == "request") {
        assert_eq!(span.resource["service.name"], Value::String("function".to_owned()));
        assert_eq!(span.attributes["team"], Value::String("orders".to_owned()));
    }
    let rounds = spans.iter().filter_map(|span| span.attributes.get("round"));
    let rounds: Vec<_> = rounds.cloned().collect();
    assert_eq!(rounds, [Value::Int(1), Value::Int(2), Value::Int(3)]);
    let logs = receiver.logs();
    let ids: BTreeSet<_> = logs.iter().map(|record| &record.span_id).collect();
    let loads = spans.iter().filter(|span| span.name == "load");
    assert_eq!(ids, loads.map(|span| &span.span_id).collect());
    assert_eq!(logs.len(), 3);
    let points = receiver.points();
    let counted = points.iter().filter(|point| point.name == "orders.loaded");
    assert_eq!(counted.count(), 3, "one for each flush: {points:?}");
}

async fn program(endpoint: &str) {
    let before = threads();
    let (memory, noting) = (MemoryExporter::new(), Noting::default());
    let telemetry = builder(endpoint)
        .with_span_exporter(memory.clone())
        .with_span_exporter(noting.clone())
        .with_span_processor(|span: &mut EndingSpan<'_>| span.set_attribute("team", "orders"))
        .initialize()
        .unwrap();
    let lines = logs::layer(&config(endpoint).logging).unwrap();
    let subscriber = tracing_subscriber::registry().with(lines);
    let _subscriber = tracing::subscriber::set_default(subscriber);
    for round in 1..=2_u8 {
        request(round.into()).await;
        assert_eq!(
            memory.spans().len(),
            usize::from(2 * (round - 1)),
            "nothing is exported before the flush"
        );
        assert_eq!(threads(), before);
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(threads(), before);
        assert_eq!(memory.spans().len(), usize::from(2 * round));
    }
    request(3).await;
    // The exporter's error.
    assert!(telemetry.shutdown(TIMEOUT).unwrap_err().is_export());
    assert_eq!(threads(), before);
    let here = thread::current().id();
    assert_eq!(*noting.0.lock().unwrap(), [(here, 2); 3]);
    let statistics = telemetry.statistics();
    assert_eq!((statistics.exported, statistics.pending), (18, 0));
    assert_eq!(statistics.logs_exported, 3);
}

#[test]
fn a_flush_ends_in_time_and_the_next_one_delivers_what_follows() {
    floe_tests::alone!();
    let receiver = Receiver::http();
    let mut config = config(&receiver.endpoint());
    config.batch_processor.max_export_batch_size = 10;
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    receiver.respond(Response::Hang);
    for round in 0..30 {
        load(round);
    }
    let error = telemetry.force_flush(SHORT).unwrap_err();
    assert!(error.is_timeout() || error.is_export(), "{error}");

    // What had no time is still there.
    receiver.respond(Response::Ok);
    let statistics = telemetry.statistics();
    let left = statistics.pending;
    assert!(left > 0, "{statistics:?}");
    assert_eq!(statistics.exported + statistics.failed + left, 30);
    load(30);
    // It reports what the first one has lost.
    let error = telemetry.force_flush(TIMEOUT).unwrap_err();
    assert!(error.is_export(), "{error}");
    let after = telemetry.statistics();
    assert_eq!(after.pending, 0);
    assert_eq!(after.exported, left + 1);
    assert_eq!(receiver.spans().len() as u64, left + 1);
    telemetry.force_flush(TIMEOUT).unwrap();

    receiver.respond(Response::Hang);
    load(31);
    let error = telemetry.shutdown(SHORT).unwrap_err();
    assert!(error.is_timeout() || error.is_export(), "{error}");
    assert_eq!(telemetry.statistics().pending, 0);
}

#[test]
fn a_receiver_of_spans_that_hangs_leaves_time_for_metrics() {
    floe_tests::alone!();
    let (hanging, receiver) = (Receiver::http(), Receiver::http());
    hanging.respond(Response::Hang);
    let mut config = config(&receiver.endpoint());
    config.otlp.traces.endpoint = Some(format!("{}/v1/traces", hanging.endpoint()));
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    load(1);
    let error = telemetry.force_flush(SHORT).unwrap_err();
    assert!(error.is_timeout() || error.is_export(), "{error}");
    assert!(!receiver.points().is_empty());
    let _ = telemetry.shutdown(SHORT);
}

#[test]
fn a_receiver_that_is_not_there_does_not_take_the_time_of_a_flush() {
    floe_tests::alone!();
    let port = floe_tests::ReservedPort::new();
    let telemetry = builder(&port.endpoint()).initialize().unwrap();
    load(1);
    let error = telemetry.force_flush(NEVER).unwrap_err();
    assert!(error.is_export(), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn a_process_exports_when_it_exits_and_not_within_a_panic() {
    const TEST: &str = "caller::a_process_exports_when_it_exits_and_not_within_a_panic";

    if is_child() {
        let telemetry = builder(&env::var(ENDPOINT).unwrap()).initialize().unwrap();
        telemetry.shutdown_at_exit(TIMEOUT);
        telemetry.flush_on_panic(TIMEOUT);
        let before = threads();
        load(1);
        let _ = std::panic::catch_unwind(|| panic!("a test"));
        assert_eq!(threads(), before);
        // A panic of an exporter within the hook would abort the process.
        assert_eq!(telemetry.statistics().exported, 0);
        load(2);
        process::exit(0);
    }
    let receiver = Receiver::http();
    let (_, stderr) = run_in_child(TEST, &[(ENDPOINT, &receiver.endpoint())]);
    assert!(stderr.contains("`flush_on_panic` has no effect"), "{stderr}");
    assert_eq!(receiver.spans().len(), 2);
}

#[test]
fn what_needs_a_thread_is_an_error() {
    floe_tests::alone!();
    let mut config = config("http://127.0.0.1:4317");
    config.otlp_protocol = Some(OtlpProtocol::Grpc);
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config());
    assert_eq!(
        error.to_string(),
        "otlp: expected the protocol `http/protobuf` or `http/json` for `http://127.0.0.1:4317` with `runtime: \
         caller`, found `grpc`, whose connections need a thread"
    );

    let telemetry = builder("http://127.0.0.1:4318").initialize().unwrap();
    let error = telemetry.shutdown_on_signals(TIMEOUT).unwrap_err();
    assert!(error.is_config());
    assert_eq!(
        error.to_string(),
        "runtime: expected `thread` with `shutdown_on_signals`, which needs a thread, found `caller`"
    );
}

#[test]
fn a_later_provider_has_threads_again() {
    floe_tests::alone!();
    let receiver = Receiver::http();
    for runtime in [Runtime::Caller, Runtime::Thread, Runtime::Caller] {
        let mut config = config(&receiver.endpoint());
        config.runtime = runtime;
        let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        load(1);
        telemetry.force_flush(TIMEOUT).unwrap();
        load(2);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
    assert_eq!(receiver.spans().len(), 6);
}
