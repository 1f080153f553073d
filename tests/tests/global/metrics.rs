//! Metrics are exported to the endpoint of the spans, with the recorded values.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::TcpListener;
use std::sync::mpsc::{Receiver as Receiving, channel};
use std::sync::{Mutex, Weak};
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{HistogramKind, MetricTemporality, OtlpProtocol};
use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider};
use floe_tests::{MetricValue, ReceivedPoint, Receiver, TIMEOUT};
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, Pipeline, Stream, Temporality,
};

const DURATION: Metric<'_> = Metric::new("load.duration")
    .with_unit("s")
    .with_description("How long a load takes.")
    .with_boundaries(&[1.0, 10.0]);

/// Created before any provider, and used with several: its instruments must not be stale.
static METRICS: MetricRecorder = MetricRecorder::new("orders");

fn url() -> String {
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}

fn config(receiver: &Receiver, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    "otlp".clone_into(&mut config.backend);
    config.otlp_endpoint = Some(receiver.endpoint());
    config.otlp_protocol = Some(protocol);
    config
}

fn record() {
    METRICS.increment(
        Metric::new("rows").with_unit("{row}"),
        2,
        &[KeyValue::new("table", "orders")],
    );
    METRICS.increment("rows", 3, &[KeyValue::new("table", "orders")]);
    METRICS.increment("refused", 1, &[KeyValue::new("reason", url())]);
    METRICS.set_gauge("backlog", 12, &[]);
    METRICS.set_gauge("backlog", 7, &[]);
    METRICS.set_gauge("backlog", f64::NAN, &[]);
    METRICS.record_histogram(DURATION, 0.5, &[]);
    METRICS.record_histogram(DURATION, Duration::from_secs(5), &[]);
    // Another kind, another unit, an invalid name: reported, and not recorded.
    METRICS.set_gauge("rows", 99, &[]);
    METRICS.increment(Metric::new("rows").with_unit("By"), 99, &[]);
    METRICS.increment("9 rows", 99, &[]);
}

#[track_caller]
fn single<'a>(points: &'a [ReceivedPoint], name: &str) -> &'a ReceivedPoint {
    let found: Vec<_> = points.iter().filter(|point| point.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0]
}

fn check(points: &[ReceivedPoint]) {
    let rows = single(points, "rows");
    assert_eq!(rows.value, MetricValue::Sum(5.0));
    assert_eq!((&*rows.unit, &*rows.scope), ("{row}", "orders"));
    assert_eq!(rows.attributes["table"], "orders".into());
    assert_eq!(rows.resource["service.name"], "orders".into());
    let refused = single(points, "refused");
    assert_eq!(refused.attributes["reason"], "postgres://<REDACTED>@db/orders".into());
    assert_eq!(single(points, "backlog").value, MetricValue::Gauge(7.0));
    assert!(points.iter().all(|point| point.name != "9 rows"));
}

fn own(points: &[ReceivedPoint]) {
    for name in [
        "otel.sdk.processor.span.processed",
        "otel.sdk.exporter.span.exported",
        "otel.sdk.processor.log.processed",
    ] {
        assert!(points.iter().any(|point| point.name == name), "{name}");
    }
    if cfg!(target_os = "linux") {
        let MetricValue::Sum(memory) = single(points, "process.memory.usage").value else {
            panic!("not a sum");
        };
        assert!(memory > 100_000.0, "{memory}");
        let MetricValue::Sum(threads) = single(points, "process.thread.count").value else {
            panic!("not a sum");
        };
        assert!(threads >= 2.0, "{threads}");
    }
}

/// Views of the SDK, of which one panics.
fn views() {
    let receiver = Receiver::http();
    let mut config = config(&receiver, OtlpProtocol::Http);
    config.metrics.temporality = MetricTemporality::LowMemory;
    config.metrics.histograms = HistogramKind::Exponential;
    let boundaries = vec![2.0, 4.0];
    let buckets = Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: true };
    let telemetry = TelemetryProvider::builder(config)
        .with_view(move |instrument: &Instrument| {
            let stream = Stream::builder();
            let stream = match instrument.name() {
                "load.duration" => stream.with_aggregation(buckets.clone()),
                "by_table" => stream.with_allowed_attribute_keys([Key::from("table")]),
                "many" => stream.with_cardinality_limit(5),
                name if name.starts_with("process.") => stream.with_aggregation(Aggregation::Drop),
                _ => return None,
            };
            stream.build().ok()
        })
        .with_view(|_: &Instrument| panic!("a view of the program"))
        .initialize()
        .unwrap();
    record();
    for number in 0..40 {
        let number = KeyValue::new("number", number);
        METRICS.increment("many", 1, std::slice::from_ref(&number));
        METRICS.increment("by_table", 1, &[KeyValue::new("table", "orders"), number]);
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let points = receiver.points();
    check(&points);
    let duration = single(&points, "load.duration");
    assert!(duration.is_delta);
    assert_eq!(duration.value, MetricValue::Histogram(2, 5.5, vec![2.0, 4.0], vec![1, 0, 1]));
    let dropped = |point: &&ReceivedPoint| point.name.starts_with("process.");
    assert_eq!(points.iter().find(dropped), None);
    let by_table = single(&points, "by_table");
    assert_eq!(by_table.value, MetricValue::Sum(40.0));
    assert_eq!(by_table.attributes.len(), 1);
    let many = points.iter().filter(|point| point.name == "many").count();
    assert!((5..=6).contains(&many), "{many}");
    // An observable instrument has the start time of the process.
    assert!(!single(&points, "otel.sdk.processor.log.queue.size").is_delta);
}

/// One test, because a process has one provider at a time.
#[test]
fn metrics_arrive_over_both_transports_as_configured() {
    floe_tests::alone!();
    METRICS.increment("before", 1, &[]);

    let grpc = Receiver::grpc();
    let telemetry =
        TelemetryProvider::builder(config(&grpc, OtlpProtocol::Grpc)).initialize().unwrap();
    record();
    telemetry.force_flush(TIMEOUT).unwrap();
    let points = grpc.points();
    check(&points);
    own(&points);
    let duration = single(&points, "load.duration");
    assert_eq!(duration.value, MetricValue::Histogram(2, 5.5, vec![1.0, 10.0], vec![1, 1, 0]));
    assert_eq!(
        (&*duration.unit, &*duration.description, duration.is_delta),
        ("s", "How long a load takes.", false)
    );
    assert!(points.iter().all(|point| point.name != "before"));
    telemetry.shutdown(TIMEOUT).unwrap();
    METRICS.increment("between", 1, &[]);

    let http = Receiver::http();
    let mut config = config(&http, OtlpProtocol::Http);
    config.metrics.temporality = MetricTemporality::Delta;
    config.metrics.histograms = HistogramKind::Exponential;
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    record();
    for number in 0..2100 {
        METRICS.increment("many", 1, &[KeyValue::new("number", number)]);
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let points = http.points();
    check(&points);
    let duration = single(&points, "load.duration");
    assert!(duration.is_delta);
    assert!(
        matches!(duration.value, MetricValue::Exponential(2, sum, 2..) if (sum - 5.5).abs() < 1e-9),
        "{:?}",
        duration.value
    );
    let many: Vec<_> = points.iter().filter(|point| point.name == "many").collect();
    assert!((2000..=2001).contains(&many.len()), "{}", many.len());
    assert!(
        many.iter().any(|point| point.attributes.get("otel.metric.overflow") == Some(&true.into()))
    );
    assert!(points.iter().all(|point| point.name != "between"));
    views();
    assert!(!http.every_request().iter().any(|request| request.contains("hunter2XyZ")));
}

#[cfg(target_os = "linux")]
fn threads_named(name: &str) -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end in between.
    let names = threads
        .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

#[cfg(target_os = "linux")]
#[test]
fn flushes_without_an_answer_share_a_thread() {
    floe_tests::alone!();
    // The system accepts its connections, and it does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some(format!("http://{}", silent.local_addr().unwrap()));
    config.otlp_protocol = Some(OtlpProtocol::Http);
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    METRICS.increment("rows", 1, &[]);
    for _ in 0..50 {
        let error = telemetry.force_flush(Duration::from_millis(10)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
    let threads = threads_named("floe-metrics");
    assert!(threads <= 1, "{threads} threads");
    let _ = telemetry.shutdown(Duration::from_millis(100));
}

/// Panics wherever it is called while the provider is in use.
#[derive(Debug)]
struct BrokenReader;

impl MetricReader for BrokenReader {
    fn register_pipeline(&self, _: Weak<Pipeline>) {}

    fn collect(&self, _: &mut ResourceMetrics) -> OTelSdkResult {
        panic!("no collection");
    }

    fn force_flush(&self) -> OTelSdkResult {
        panic!("no flush to {}", url());
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("no shutdown at {}", url());
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        panic!("no temporality");
    }
}

#[test]
fn a_reader_that_panics_takes_no_exporter_along() {
    let receiver = Receiver::http();
    let telemetry = TelemetryProvider::builder(config(&receiver, OtlpProtocol::Http))
        .with_metric_reader(BrokenReader)
        .initialize()
        .unwrap();
    record();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    assert!(error.contains("the reader panicked: no flush to postgres://<REDACTED>@db"), "{error}");
    check(&receiver.points());
    METRICS.increment("late", 1, &[]);
    let error = telemetry.shutdown(TIMEOUT).unwrap_err().to_string();
    assert!(
        error.contains("the reader panicked: no shutdown at postgres://<REDACTED>@db"),
        "{error}"
    );
    single(&receiver.points(), "late");
}

/// A program that ends within seconds has the same series in each run.
#[test]
fn metrics_have_the_configured_instance_and_spans_that_of_the_process() {
    let receiver = Receiver::http();
    let mut config = config(&receiver, OtlpProtocol::Http);
    config.metrics.service_instance_id = Some(format!("nightly {}", url()));
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    drop(floe_telemetry::create_span("import"));
    record();
    telemetry.shutdown(TIMEOUT).unwrap();
    let points = receiver.points();
    assert!(!points.is_empty());
    for point in points {
        let id = &point.resource["service.instance.id"];
        assert_eq!(*id, "nightly postgres://<REDACTED>@db/orders".into(), "{}", point.name);
        assert_eq!(point.resource["service.name"], "orders".into());
    }
    let of_process = format!("{:?}", receiver.spans()[0].resource["service.instance.id"]);
    assert_eq!(of_process.matches('-').count(), 4, "{of_process}");
}

/// An exporter of the program that returns when it is released.
#[derive(Debug)]
struct Hung(Mutex<Receiving<()>>);

impl PushMetricExporter for Hung {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

#[test]
fn a_shutdown_behind_a_flush_that_does_not_end_has_its_own_timeout() {
    floe_tests::alone!();
    let (release, released) = channel();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_metric_exporter(Hung(Mutex::new(released)))
        .initialize()
        .unwrap();
    record();
    assert!(telemetry.force_flush(Duration::from_millis(10)).unwrap_err().is_timeout());
    let (send, ended) = channel();
    thread::spawn(move || {
        let result = telemetry.shutdown(Duration::from_millis(10));
        drop(telemetry);
        send.send(result).unwrap();
    });
    let error = ended.recv_timeout(TIMEOUT).unwrap().unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drop(release);
}
