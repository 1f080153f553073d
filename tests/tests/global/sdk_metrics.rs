//! The library's metrics of itself follow OpenTelemetry's conventions, and count at the documented moments.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver as Receiving, channel};
use std::sync::{Arc, Mutex, Weak};
use std::thread::yield_now;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, traced};
use floe_tests::{Receiver, Response};
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceState,
    Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use opentelemetry_sdk::trace::{
    SamplingDecision, SamplingResult, ShouldSample, SpanData, SpanExporter,
};
use tonic::Code;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Collects on request, also after the shutdown.
#[derive(Clone, Debug)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(into)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}

/// The values of the attributes in the order of the keys, and the value, or the number of measurements.
type Series = BTreeMap<String, u64>;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Instrument {
    Counter,
    UpDownCounter,
    Histogram,
}

#[derive(Debug)]
struct Collected {
    unit: String,
    instrument: Instrument,
    series: Series,
}

impl Reader {
    fn new() -> Self {
        Self(Arc::new(ManualReader::builder().build()))
    }

    fn all(&self) -> BTreeMap<String, Collected> {
        let mut all = ResourceMetrics::default();
        self.0.collect(&mut all).unwrap();
        let metrics = all.scope_metrics().flat_map(ScopeMetrics::metrics);
        let own = metrics.filter(|metric| metric.name().starts_with("otel.sdk."));
        own.map(|metric| (metric.name().to_owned(), collected(metric))).collect()
    }

    fn series(&self, name: &str) -> Series {
        let found = self.all().remove(name);
        found.map_or_else(Series::new, |found| found.series)
    }

    #[track_caller]
    fn check(&self, name: &str, expected: &[(&str, u64)]) {
        let expected = expected.iter();
        let expected: Series = expected.map(|(at, value)| ((*at).to_owned(), *value)).collect();
        let mut found = self.series(name);
        // Series that exist before there is anything to count.
        found.retain(|at, value| *value > 0 || expected.contains_key(at));
        assert_eq!(found, expected, "{name}");
    }
}

fn collected(metric: &Metric) -> Collected {
    let mut series = Series::new();
    let mut add = |attributes: &mut dyn Iterator<Item = &KeyValue>, value| {
        let attributes: BTreeMap<_, _> =
            attributes.map(|it| (it.key.to_string(), it.value.to_string())).collect();
        let values: Vec<_> = attributes.into_values().collect();
        series.insert(values.join(" "), value);
    };
    let instrument = match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            assert!(sum.is_monotonic());
            for point in sum.data_points() {
                add(&mut point.attributes(), point.value());
            }
            Instrument::Counter
        }
        AggregatedMetrics::I64(MetricData::Sum(sum)) => {
            assert!(!sum.is_monotonic());
            for point in sum.data_points() {
                add(&mut point.attributes(), point.value().unsigned_abs());
            }
            Instrument::UpDownCounter
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            for point in histogram.data_points() {
                assert_eq!(point.bounds().count(), 0, "{}", metric.name());
                add(&mut point.attributes(), point.count());
            }
            Instrument::Histogram
        }
        other => panic!("{}: {other:?}", metric.name()),
    };
    Collected { unit: metric.unit().to_owned(), instrument, series }
}

#[traced]
fn work() {}

fn log(records: usize) {
    let logger = TelemetryProvider::logger_provider().logger("orders");
    for _ in 0..records {
        let mut record = logger.create_log_record();
        record.set_severity_number(Severity::Info);
        record.set_body("loaded".into());
        logger.emit(record);
    }
}

fn config(endpoint: String, protocol: OtlpProtocol) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some(endpoint);
    config.otlp_protocol = Some(protocol);
    config
}

fn start(config: TelemetryConfig) -> (TelemetryProvider, Reader) {
    let reader = Reader::new();
    let builder = TelemetryProvider::builder(config).with_metric_reader(reader.clone());
    (builder.initialize().unwrap(), reader)
}

/// The metrics of the SDK in the conventions 1.44.0.
const CONVENTIONS: [(&str, Instrument, &str); 17] = [
    ("otel.sdk.exporter.log.exported", Instrument::Counter, "{log_record}"),
    ("otel.sdk.exporter.log.inflight", Instrument::UpDownCounter, "{log_record}"),
    ("otel.sdk.exporter.metric_data_point.exported", Instrument::Counter, "{data_point}"),
    ("otel.sdk.exporter.metric_data_point.inflight", Instrument::UpDownCounter, "{data_point}"),
    ("otel.sdk.exporter.operation.duration", Instrument::Histogram, "s"),
    ("otel.sdk.exporter.span.exported", Instrument::Counter, "{span}"),
    ("otel.sdk.exporter.span.inflight", Instrument::UpDownCounter, "{span}"),
    ("otel.sdk.log.created", Instrument::Counter, "{log_record}"),
    ("otel.sdk.metric_reader.collection.duration", Instrument::Histogram, "s"),
    ("otel.sdk.processor.log.processed", Instrument::Counter, "{log_record}"),
    ("otel.sdk.processor.log.queue.capacity", Instrument::UpDownCounter, "{log_record}"),
    ("otel.sdk.processor.log.queue.size", Instrument::UpDownCounter, "{log_record}"),
    ("otel.sdk.processor.span.processed", Instrument::Counter, "{span}"),
    ("otel.sdk.processor.span.queue.capacity", Instrument::UpDownCounter, "{span}"),
    ("otel.sdk.processor.span.queue.size", Instrument::UpDownCounter, "{span}"),
    ("otel.sdk.span.live", Instrument::UpDownCounter, "{span}"),
    ("otel.sdk.span.started", Instrument::Counter, "{span}"),
];

/// Each of the 17 metrics has the unit, the instrument and the attributes of the conventions' table.
#[test]
fn every_metric_is_that_of_the_conventions() {
    floe_tests::alone!();
    let receiver = Receiver::http();
    let (telemetry, reader) = start(config(receiver.endpoint(), OtlpProtocol::Http));
    work();
    log(1);
    // The second collection has the duration of the first.
    telemetry.force_flush(TIMEOUT).unwrap();
    telemetry.force_flush(TIMEOUT).unwrap();
    let all = reader.all();
    let found: BTreeSet<_> =
        all.iter().map(|(name, it)| (&**name, it.instrument, &*it.unit)).collect();
    assert_eq!(found, CONVENTIONS.into());
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// Deliveries that succeed, over both transports: the component, its receiver, the status, and the number.
#[test]
fn deliveries_are_counted_by_component() {
    floe_tests::alone!();
    for (receiver, protocol, transport, status) in [
        (Receiver::http(), OtlpProtocol::Http, "http", "200"),
        (Receiver::http(), OtlpProtocol::HttpJson, "http_json", "200"),
        (Receiver::grpc(), OtlpProtocol::Grpc, "grpc", "OK"),
    ] {
        let (telemetry, reader) = start(config(receiver.endpoint(), protocol));
        for _ in 0..3 {
            work();
        }
        log(2);
        telemetry.force_flush(TIMEOUT).unwrap();
        let port = receiver.port();
        let exporter = |of: &str| {
            let kind = format!("otlp_{transport}_{of}_exporter");
            let host = receiver.endpoint();
            let host = host.strip_prefix("http://").unwrap();
            let host = host.rsplit_once(':').unwrap().0;
            (kind.clone(), format!("{kind}/0 {kind} {host} {port}"))
        };
        let spans = exporter("span").1;
        let logs = exporter("log").1;
        let points = exporter("metric").1;
        let processor = "batching_span_processor/0 batching_span_processor";
        reader.check("otel.sdk.processor.span.processed", &[(processor, 3)]);
        reader.check("otel.sdk.processor.span.queue.size", &[(processor, 0)]);
        reader.check("otel.sdk.processor.span.queue.capacity", &[(processor, 2048)]);
        reader.check("otel.sdk.exporter.span.inflight", &[(&spans, 0)]);
        reader.check("otel.sdk.exporter.span.exported", &[(&spans, 3)]);
        let processor = "batching_log_processor/0 batching_log_processor";
        reader.check("otel.sdk.log.created", &[("", 2)]);
        reader.check("otel.sdk.processor.log.processed", &[(processor, 2)]);
        reader.check("otel.sdk.processor.log.queue.size", &[(processor, 0)]);
        reader.check("otel.sdk.processor.log.queue.capacity", &[(processor, 2048)]);
        reader.check("otel.sdk.exporter.log.inflight", &[(&logs, 0)]);
        reader.check("otel.sdk.exporter.log.exported", &[(&logs, 2)]);
        let received = receiver.points().len() as u64;
        let name = "otel.sdk.exporter.metric_data_point.exported";
        reader.check(name, &[(&points, received)]);
        let name = "otel.sdk.exporter.metric_data_point.inflight";
        reader.check(name, &[(&points, 0)]);
        // The status precedes the component in the order of keys over HTTP, and follows it over gRPC.
        let durations = ["log", "metric", "span"].map(|of| {
            let (kind, _) = exporter(of);
            let rest = exporter(of).1.replacen(&format!("{kind}/0 {kind}"), "", 1);
            match protocol {
                OtlpProtocol::Grpc => format!("{kind}/0 {kind} {status}{rest}"),
                _ => format!("{status} {kind}/0 {kind}{rest}"),
            }
        });
        let durations = durations.each_ref().map(|at| (&**at, 1));
        reader.check("otel.sdk.exporter.operation.duration", &durations);
        let collector = "periodic_metric_reader/0 periodic_metric_reader";
        let name = "otel.sdk.metric_reader.collection.duration";
        reader.check(name, &[(collector, 1)]);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// A receiver that answers with an error, and a missing one.
#[test]
fn failures_are_counted_by_their_cause() {
    floe_tests::alone!();
    let absent = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}", absent.local_addr().unwrap());
    drop(absent);
    let http = Receiver::http();
    http.respond(Response::Http { status: 500, headers: Vec::new() });
    let grpc = Receiver::grpc();
    grpc.respond(Response::Grpc { code: Code::InvalidArgument, message: "no".to_owned() });
    let partial = Receiver::http();
    partial.respond(Response::Partial { rejected: 2, message: "two".to_owned() });
    for (endpoint, protocol, error, status, delivered) in [
        (http.endpoint(), OtlpProtocol::Http, "rejected", "500", 0),
        (grpc.endpoint(), OtlpProtocol::Grpc, "rejected", "INVALID_ARGUMENT", 0),
        (partial.endpoint(), OtlpProtocol::Http, "rejected", "200", 1),
        (refused, OtlpProtocol::Http, "connection_error", "", 0),
    ] {
        let mut config = config(endpoint, protocol);
        config.otlp.all.timeout_millis = Some(300);
        config.exporters.metrics = Some(vec![ExporterKind::None]);
        let (telemetry, reader) = start(config);
        for _ in 0..3 {
            work();
        }
        log(3);
        telemetry.force_flush(TIMEOUT).unwrap_err();
        for of in ["span", "log"] {
            // Failed items were passed to the exporter, too.
            let processor = format!("batching_{of}_processor");
            let name = format!("otel.sdk.processor.{of}.processed");
            let expected = [(&*format!("{processor}/0 {processor}"), 3)];
            reader.check(&name, &expected);
            let series = reader.series(&format!("otel.sdk.exporter.{of}.exported"));
            let failed = series.iter().filter(|(at, _)| at.starts_with(error));
            assert_eq!(failed.map(|(_, items)| items).sum::<u64>(), 3 - delivered);
            assert_eq!(series.values().sum::<u64>(), 3, "{series:?}");
            let name = format!("otel.sdk.exporter.{of}.inflight");
            assert_eq!(reader.series(&name).into_values().collect::<Vec<_>>(), [0]);
        }
        let durations = reader.series("otel.sdk.exporter.operation.duration");
        assert_eq!(durations.len(), 2, "{durations:?}");
        for (at, exports) in durations {
            let words: BTreeSet<_> = at.split(' ').collect();
            assert_eq!(exports, 1, "{at}");
            assert!(words.contains(error), "{at}");
            assert!(status.is_empty() || words.contains(status), "{at}");
            let others = if status.is_empty() { 5 } else { 6 };
            assert_eq!(words.len(), others, "{at}");
        }
        let _ = telemetry.shutdown(TIMEOUT);
    }
}

/// Holds every export back until it is allowed.
#[derive(Debug)]
struct Held(Mutex<Receiving<()>>);

impl SpanExporter for Held {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

impl LogExporter for Held {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

#[test]
fn drops_of_a_full_queue_are_counted_by_its_processor() {
    floe_tests::alone!();
    let (release_spans, held_spans) = channel();
    let (release_logs, held_logs) = channel();
    let mut config = TelemetryConfig::new("orders");
    config.batch_processor.max_queue_size = 4;
    config.batch_processor.max_export_batch_size = 2;
    config.log_batch_processor.max_queue_size = 4;
    config.log_batch_processor.max_export_batch_size = 2;
    let reader = Reader::new();
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(Held(Mutex::new(held_spans)))
        .with_span_exporter(MemoryExporter::new())
        .with_log_exporter(Held(Mutex::new(held_logs)))
        .with_metric_reader(reader.clone())
        .initialize()
        .unwrap();
    log(10);
    let logs = "batching_log_processor/0 batching_log_processor";
    // Items that are being exported have their place in the queue.
    reader.check("otel.sdk.processor.log.queue.size", &[(logs, 4)]);
    while reader.series("otel.sdk.exporter.log.inflight").into_values().sum::<u64>() < 2 {
        yield_now();
    }
    let full = format!("queue_full {logs}");
    let name = "otel.sdk.processor.log.processed";
    reader.check(name, &[(logs, 2), (&full, 6)]);
    reader.check("otel.sdk.log.created", &[("", 10)]);
    // The other exporter has room.
    while telemetry.statistics().dropped_queue_full < 2 {
        work();
        yield_now();
    }
    let kind = std::any::type_name::<Held>();
    let held = format!("{kind}/0 {kind}");
    assert_eq!(reader.series("otel.sdk.exporter.span.inflight")[&held], 2);
    let [first, second] = ["batching_span_processor/0", "batching_span_processor/1"];
    let through = format!("{second} batching_span_processor");
    let processed = loop {
        let processed = reader.series("otel.sdk.processor.span.processed");
        if processed.get(&through).is_some_and(|&spans| spans > 2) {
            break processed;
        }
        yield_now();
    };
    let dropped = telemetry.statistics().dropped_queue_full;
    let full = format!("queue_full {first} batching_span_processor");
    assert!((2..=dropped).contains(&processed[&full]), "{processed:?}");
    assert_eq!(processed[&format!("{first} batching_span_processor")], 2);
    drop((release_spans, release_logs));
    telemetry.shutdown(TIMEOUT).unwrap_err();
    let processed = reader.series("otel.sdk.processor.span.processed");
    let exported = reader.series("otel.sdk.exporter.span.exported")[&held];
    let started = reader.series("otel.sdk.span.started")["none RECORD_AND_SAMPLE"];
    assert_eq!(exported + processed[&full], started);
    let full = processed.iter().filter(|(at, _)| at.starts_with("queue_full"));
    let full = full.map(|(_, spans)| spans).sum::<u64>();
    assert_eq!(full, telemetry.statistics().dropped_queue_full);
}

#[test]
fn records_after_the_shutdown_are_counted() {
    floe_tests::alone!();
    let receiver = Receiver::http();
    let (telemetry, reader) = start(config(receiver.endpoint(), OtlpProtocol::Http));
    work();
    log(1);
    telemetry.shutdown(TIMEOUT).unwrap();
    for _ in 0..2 {
        work();
    }
    log(3);
    let processor = "batching_log_processor/0 batching_log_processor";
    let late = format!("already_shutdown {processor}");
    let name = "otel.sdk.processor.log.processed";
    reader.check(name, &[(processor, 1), (&late, 3)]);
    // A logger of a provider that was shut down does nothing.
    reader.check("otel.sdk.log.created", &[("", 1)]);
    let processor = "batching_span_processor/0 batching_span_processor";
    let collector = "floe_telemetry_sdk::collector::Collector";
    let late = format!("already_shutdown {collector}/0 {collector}");
    let name = "otel.sdk.processor.span.processed";
    reader.check(name, &[(processor, 1), (&late, 2)]);
    drop(telemetry);
}

/// Decides by the name of the span.
#[derive(Clone, Debug)]
struct ByName;

impl ShouldSample for ByName {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let decision = match name {
            "drop" => SamplingDecision::Drop,
            "record" => SamplingDecision::RecordOnly,
            _ => SamplingDecision::RecordAndSample,
        };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::NONE }
    }
}

#[test]
fn spans_are_counted_by_their_parent_and_the_decision_of_the_sampler() {
    floe_tests::alone!();
    let reader = Reader::new();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(MemoryExporter::new())
        .with_metric_reader(reader.clone())
        .with_sampler(ByName)
        .initialize()
        .unwrap();
    let live = |unsampled, sampled| {
        let expected = [("RECORD_AND_SAMPLE", sampled), ("RECORD_ONLY", unsampled)];
        reader.check("otel.sdk.span.live", &expected);
    };
    live(0, 0);
    let tracer = TelemetryProvider::tracer_provider().tracer("orders");
    let remote = |is_sampled| {
        let flags = TraceFlags::default().with_sampled(is_sampled);
        let (trace, span) = (TraceId::from(7_u128), SpanId::from(7_u64));
        let above = SpanContext::new(trace, span, flags, true, TraceState::NONE);
        Context::new().with_remote_span_context(above)
    };
    for name in ["record", "drop", "sample"] {
        drop(tracer.start_with_context(name, &remote(true)));
        drop(tracer.start_with_context(name, &remote(false)));
    }
    let outer = create_span("sample");
    for name in ["record", "drop", "drop", "sample"] {
        drop(create_span(name));
    }
    live(0, 1);
    let mut open = tracer.start_with_context("record", &Context::new());
    live(1, 1);
    open.end();
    drop(outer);
    live(0, 0);
    telemetry.force_flush(TIMEOUT).unwrap();
    reader.check(
        "otel.sdk.span.started",
        &[
            ("none RECORD_AND_SAMPLE", 1),
            ("none RECORD_ONLY", 1),
            ("local RECORD_AND_SAMPLE", 1),
            ("local RECORD_ONLY", 1),
            ("local DROP", 2),
            ("remote RECORD_AND_SAMPLE", 2),
            ("remote RECORD_ONLY", 2),
            ("remote DROP", 2),
        ],
    );
    telemetry.shutdown(TIMEOUT).unwrap();
}
