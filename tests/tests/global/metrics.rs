//! Metrics are exported to the endpoint of the spans, with the recorded values.

use std::sync::Weak;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{HistogramKind, MetricTemporality, OtlpProtocol};
use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider};
use floe_tests::{MetricValue, REDACTED_URL, Receiver, Script, TIMEOUT, url};
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    self as sdk, Aggregation, Instrument, InstrumentKind, Stream, Temporality,
};

use super::pipeline::{self, Blocked, Pipeline};

const DURATION: Metric<'_> = Metric::new("load.duration")
    .with_unit("s")
    .with_description("How long a load takes.")
    .with_boundaries(&[1.0, 10.0]);

/// This recorder exists before any provider and is used with several ones, so its instruments must not become stale.
static METRICS: MetricRecorder = MetricRecorder::new("orders");

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
    // A measurement of another kind and one with an invalid name are reported, and not recorded.
    METRICS.set_gauge("rows", 99, &[]);
    METRICS.increment("9 rows", 99, &[]);
}

fn check(receiver: &Receiver) {
    let rows = receiver.point("rows");
    assert_eq!(rows.value, MetricValue::Sum(5.0));
    assert_eq!((&*rows.unit, &*rows.scope), ("{row}", "orders"));
    assert_eq!(rows.attributes["table"], "orders");
    assert_eq!(rows.resource["service.name"], "orders");
    assert_eq!(receiver.point("refused").attributes["reason"], REDACTED_URL);
    assert_eq!(receiver.point("backlog").value, MetricValue::Gauge(7.0));
    assert_eq!(receiver.points_of("9 rows"), []);
    assert!(!receiver.contains("hunter2XyZ"));
}

fn check_own(receiver: &Receiver) {
    for name in [
        "otel.sdk.processor.span.processed",
        "otel.sdk.exporter.span.exported",
        "otel.sdk.processor.log.processed",
    ] {
        assert!(!receiver.points_of(name).is_empty(), "{name}");
    }
}

/// The views are OpenTelemetry's, and one of them panics.
#[alone]
fn views_of_the_program_define_the_streams() {
    let change = |config: &mut TelemetryConfig| {
        config.metrics.temporality = MetricTemporality::LowMemory;
        config.metrics.histograms = HistogramKind::Exponential;
    };

    let boundaries = vec![2.0, 4.0];
    let buckets = Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: true };
    let view = move |instrument: &Instrument| {
        let builder = Stream::builder();
        let stream = match instrument.name() {
            "load.duration" => builder.with_aggregation(buckets.clone()),
            "by_table" => builder.with_allowed_attribute_keys([Key::from("table")]),
            "many" => builder.with_cardinality_limit(5),
            "cache.hits" => builder.with_aggregation(Aggregation::Drop),
            _ => return None,
        };

        stream.build().ok()
    };

    let panics = |_: &Instrument| -> Option<Stream> { panic!("a view of the program") };
    let pipeline = Pipeline::with(OtlpProtocol::Http, change, |builder| {
        builder.with_view(view).with_view(panics)
    });

    record();
    METRICS.increment("cache.hits", 1, &[]);
    for number in 0..40 {
        let number = KeyValue::new("number", number);
        METRICS.increment("many", 1, std::slice::from_ref(&number));
        METRICS.increment("by_table", 1, &[KeyValue::new("table", "orders"), number]);
    }

    let receiver = pipeline.end();
    check(&receiver);
    let duration = receiver.point("load.duration");
    assert!(duration.is_delta);
    assert_eq!(duration.value, MetricValue::Histogram(2, 5.5, vec![2.0, 4.0], vec![1, 0, 1]));
    assert_eq!(receiver.points_of("cache.hits"), []);
    let by_table = receiver.point("by_table");
    assert_eq!((by_table.value, by_table.attributes.len()), (MetricValue::Sum(40.0), 1));
    let many = receiver.points_of("many").len();
    assert!((5..=6).contains(&many), "{many}");
    // An observable instrument stays cumulative with `LowMemory`.
    assert!(!receiver.point("otel.sdk.processor.log.queue.size").is_delta);
}

/// The interval of exports is longer than the program.
#[cfg(target_os = "linux")]
#[alone]
fn a_program_of_a_moment_exports_the_resources_of_its_process() {
    let receiver = Pipeline::grpc(|_| ()).end();
    let time = receiver.points_of("process.cpu.time");
    let mut modes: Vec<_> = time.iter().map(|it| it.attributes["cpu.mode"].as_str()).collect();
    modes.sort();
    assert_eq!(modes, [Some("system"), Some("user")]);
    assert!(time.iter().all(|it| it.unit == "s"));
    assert!(time.iter().all(|it| matches!(it.value, MetricValue::Sum(0.0..))));
    for (name, unit, least) in [
        ("process.memory.usage", "By", 100_000.0),
        // This thread and the collector's.
        ("process.thread.count", "{thread}", 2.0),
        ("process.unix.file_descriptor.count", "{file_descriptor}", 3.0),
    ] {
        let point = receiver.point(name);
        assert_eq!((&*point.unit, &*point.scope), (unit, "floe.telemetry"));
        assert!(matches!(point.value, MetricValue::Sum(value) if value >= least), "{point:?}");
    }
}

#[alone]
fn metrics_arrive_over_both_transports_as_configured() {
    METRICS.increment("before", 1, &[]);
    let pipeline = Pipeline::grpc(|_| ());
    record();
    pipeline.flush();
    let receiver = &pipeline.receiver;
    check(receiver);
    check_own(receiver);
    let duration = receiver.point("load.duration");
    assert_eq!(duration.value, MetricValue::Histogram(2, 5.5, vec![1.0, 10.0], vec![1, 1, 0]));
    let description = (&*duration.unit, &*duration.description, duration.is_delta);
    assert_eq!(description, ("s", "How long a load takes.", false));
    assert_eq!(receiver.points_of("before"), []);
    pipeline.shut_down();
    METRICS.increment("between", 1, &[]);

    let pipeline = Pipeline::http(|config| {
        config.metrics.temporality = MetricTemporality::Delta;
        config.metrics.histograms = HistogramKind::Exponential;
    });

    record();
    for number in 0..2100 {
        METRICS.increment("many", 1, &[KeyValue::new("number", number)]);
    }

    let receiver = pipeline.end();
    check(&receiver);
    let duration = receiver.point("load.duration");
    assert!(duration.is_delta);
    assert!(
        matches!(duration.value, MetricValue::Exponential(2, sum, 2..) if (sum - 5.5).abs() < 1e-9),
        "{duration:?}"
    );

    let many = receiver.points_of("many");
    assert!((2000..=2001).contains(&many.len()), "{}", many.len());
    let overflow = Some(&true.into());
    assert!(many.iter().any(|it| it.attributes.get("otel.metric.overflow") == overflow));
    assert_eq!(receiver.points_of("between"), []);
}

#[cfg(target_os = "linux")]
fn threads_named(name: &str) -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end while its folder is read.
    let names = threads
        .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

#[cfg(target_os = "linux")]
#[alone]
fn flushes_without_an_answer_share_a_thread() {
    let endpoint = Script::silent().endpoint();
    let telemetry = pipeline::start(pipeline::config(OtlpProtocol::Http, endpoint));
    METRICS.increment("rows", 1, &[]);
    for _ in 0..50 {
        let error = telemetry.force_flush(Duration::from_millis(10)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }

    let threads = threads_named("floe-metrics");
    assert!(threads <= 1, "{threads} threads");
    let _ = telemetry.shutdown(Duration::from_millis(100));
}

/// Panics in each method that the provider calls after its start.
#[derive(Debug)]
struct BrokenReader;

impl MetricReader for BrokenReader {
    fn register_pipeline(&self, _: Weak<sdk::Pipeline>) {}

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

#[alone]
fn a_reader_that_panics_does_not_affect_exporters() {
    let Pipeline { receiver, telemetry } =
        Pipeline::with(OtlpProtocol::Http, |_| (), |it| it.with_metric_reader(BrokenReader));
    record();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    assert!(error.contains("the reader panicked: no flush to postgres://<REDACTED>@db"), "{error}");
    check(&receiver);
    METRICS.increment("late", 1, &[]);
    let error = telemetry.shutdown(TIMEOUT).unwrap_err().to_string();
    assert!(
        error.contains("the reader panicked: no shutdown at postgres://<REDACTED>@db"),
        "{error}"
    );

    receiver.point("late");
}

/// With a configured service instance, each run of a short program continues the same metric series.
#[alone]
fn metrics_have_the_configured_instance_and_spans_that_of_the_process() {
    let pipeline = Pipeline::http(|config| {
        config.metrics.service_instance_id = Some(format!("nightly {}", url()));
    });

    drop(floe_telemetry::create_span("import"));
    record();
    let receiver = pipeline.end();
    let points = receiver.points();
    assert!(!points.is_empty());
    for point in points {
        let id = &point.resource["service.instance.id"];
        assert_eq!(*id, format!("nightly {REDACTED_URL}").as_str(), "{}", point.name);
        assert_eq!(point.resource["service.name"], "orders");
    }

    let of_process = format!("{:?}", receiver.span("import").resource["service.instance.id"]);
    assert_eq!(of_process.matches('-').count(), 4, "{of_process}");
}

#[alone]
fn a_shutdown_behind_a_flush_that_does_not_end_has_its_own_timeout() {
    let hung = Blocked::default();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_metric_exporter(hung.clone())
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
    hung.release();
}

/// The reader of OpenTelemetry's SDK waits 5 seconds for its exporter.
#[alone]
fn a_shutdown_waits_for_a_slow_exporter_of_metrics_within_its_timeout() {
    let slow = Blocked::default();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_metric_exporter(slow.clone())
        .initialize()
        .unwrap();
    record();
    let (_open, nothing) = channel::<()>();
    thread::spawn(move || {
        nothing.recv_timeout(Duration::from_secs(6)).unwrap_err();
        slow.release();
    });
    telemetry.shutdown(TIMEOUT).unwrap();
}
