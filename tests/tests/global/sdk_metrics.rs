//! The library's metrics about itself follow OpenTelemetry's conventions, and count at the documented moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use floe_tests::{Receiver, ReservedPort, Response, TIMEOUT, wait_until};
use opentelemetry::KeyValue;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use tonic::Code;

use super::pipeline::{Blocked, config, work};

/// A reader that collects on request, also after the shutdown.
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

/// Maps attribute values, in the order of their keys, to a measurement.
type Series = BTreeMap<String, u64>;

/// The name of a metric, whether it is monotonic, and its unit.
type Kind = (String, bool, String);

impl Reader {
    fn all(&self) -> BTreeMap<Kind, Series> {
        let mut all = ResourceMetrics::default();
        self.0.collect(&mut all).unwrap();
        let metrics = all.scope_metrics().flat_map(ScopeMetrics::metrics);
        metrics.filter(|metric| metric.name().starts_with("otel.sdk.")).map(collected).collect()
    }

    fn series(&self, name: &str) -> Series {
        let mut all = self.all().into_iter();
        all.find(|((of, ..), _)| of == name).map(|(_, series)| series).unwrap_or_default()
    }

    #[track_caller]
    fn check(&self, name: &str, expected: &[(&str, u64)]) {
        let expected: Series =
            expected.iter().map(|(at, value)| ((*at).to_owned(), *value)).collect();
        let mut found = self.series(name);
        // Some series exist before there is anything to count.
        found.retain(|at, value| *value > 0 || expected.contains_key(at));
        assert_eq!(found, expected, "{name}");
    }
}

fn collected(metric: &Metric) -> (Kind, Series) {
    let (grows, series) = match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            let points = sum.data_points().map(|it| (series(it.attributes()), it.value()));
            (sum.is_monotonic(), points.collect())
        }
        AggregatedMetrics::I64(MetricData::Sum(sum)) => {
            let points =
                sum.data_points().map(|it| (series(it.attributes()), it.value().unsigned_abs()));
            (sum.is_monotonic(), points.collect())
        }
        other => panic!("{}: {other:?}", metric.name()),
    };

    ((metric.name().to_owned(), grows, metric.unit().to_owned()), series)
}

fn series<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let attributes: BTreeMap<_, _> = attributes.map(|it| (&it.key, it.value.to_string())).collect();
    attributes.into_values().collect::<Vec<_>>().join(" ")
}

fn log(records: usize) {
    let logger = TelemetryProvider::logger_provider().logger("orders");
    for _ in 0..records {
        let mut record = logger.create_log_record();
        record.set_severity_number(Severity::Info);
        record.set_body("loaded".into());
        logger.emit(record);
    }
}

fn start(config: TelemetryConfig) -> (TelemetryProvider, Reader) {
    let reader = Reader(Arc::new(ManualReader::builder().build()));
    let builder = TelemetryProvider::builder(config).with_metric_reader(reader.clone());
    (builder.initialize().unwrap(), reader)
}

/// The metrics of an SDK in the conventions 1.44.0 that count exported, processed and queued items.
const CONVENTIONS: [(&str, bool, &str); 7] = [
    ("otel.sdk.exporter.log.exported", true, "{log_record}"),
    ("otel.sdk.exporter.metric_data_point.exported", true, "{data_point}"),
    ("otel.sdk.exporter.span.exported", true, "{span}"),
    ("otel.sdk.processor.log.processed", true, "{log_record}"),
    ("otel.sdk.processor.log.queue.size", false, "{log_record}"),
    ("otel.sdk.processor.span.processed", true, "{span}"),
    ("otel.sdk.processor.span.queue.size", false, "{span}"),
];

#[alone]
fn every_metric_follows_the_conventions() {
    let receiver = Receiver::http();
    let (telemetry, reader) = start(config(OtlpProtocol::Http, receiver.endpoint()));
    let all = reader.all();
    let found: BTreeSet<_> =
        all.keys().map(|(name, grows, unit)| (&**name, *grows, &**unit)).collect();
    assert_eq!(found, CONVENTIONS.into());
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// Items in a batch that is not full yet count as queued.
#[alone]
fn the_open_batch_is_in_the_size_of_the_queue() {
    let receiver = Receiver::http();
    let mut config = config(OtlpProtocol::Http, receiver.endpoint());
    config.batch_processor.schedule_delay_millis = 3_600_000;
    config.log_batch_processor.schedule_delay_millis = 3_600_000;
    let (telemetry, reader) = start(config);
    for _ in 0..3 {
        work();
    }

    log(2);
    let spans = "batching_span_processor/0 batching_span_processor";
    wait_until(|| reader.series("otel.sdk.processor.span.queue.size")[spans] >= 3);
    let logs = "batching_log_processor/0 batching_log_processor";
    reader.check("otel.sdk.processor.span.queue.size", &[(spans, 3)]);
    reader.check("otel.sdk.processor.log.queue.size", &[(logs, 2)]);
    telemetry.force_flush(TIMEOUT).unwrap();
    reader.check("otel.sdk.processor.span.queue.size", &[(spans, 0)]);
    reader.check("otel.sdk.processor.log.queue.size", &[(logs, 0)]);
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[alone]
fn deliveries_are_counted_by_component() {
    for (receiver, protocol, transport) in [
        (Receiver::http(), OtlpProtocol::Http, "http"),
        (Receiver::grpc(), OtlpProtocol::Grpc, "grpc"),
    ] {
        let (telemetry, reader) = start(config(protocol, receiver.endpoint()));
        for _ in 0..3 {
            work();
        }

        log(2);
        telemetry.force_flush(TIMEOUT).unwrap();
        let port = receiver.port();
        let exporter = |of: &str| {
            let kind = format!("otlp_{transport}_{of}_exporter");
            let endpoint = receiver.endpoint();
            let address = endpoint.strip_prefix("http://").unwrap();
            let host = address.rsplit_once(':').unwrap().0;
            format!("{kind}/0 {kind} {host} {port}")
        };

        let processor = "batching_span_processor/0 batching_span_processor";
        reader.check("otel.sdk.processor.span.processed", &[(processor, 3)]);
        reader.check("otel.sdk.processor.span.queue.size", &[(processor, 0)]);
        reader.check("otel.sdk.exporter.span.exported", &[(&exporter("span"), 3)]);
        let processor = "batching_log_processor/0 batching_log_processor";
        reader.check("otel.sdk.processor.log.processed", &[(processor, 2)]);
        reader.check("otel.sdk.processor.log.queue.size", &[(processor, 0)]);
        reader.check("otel.sdk.exporter.log.exported", &[(&exporter("log"), 2)]);
        let received = receiver.points().len() as u64;
        let name = "otel.sdk.exporter.metric_data_point.exported";
        reader.check(name, &[(&exporter("metric"), received)]);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// A failed export is counted by its cause: an error response, a partial success, or a refused connection.
#[alone]
fn failures_are_counted_by_their_cause() {
    let refused = ReservedPort::new();
    let http = Receiver::http();
    http.respond(Response::Http { status: 500, headers: Vec::new() });
    let grpc = Receiver::grpc();
    grpc.respond(Response::Grpc { code: Code::InvalidArgument, message: "no".to_owned() });
    let partial = Receiver::http();
    partial.respond(Response::Partial { rejected: 2, message: "two".to_owned() });
    for (endpoint, protocol, error, delivered) in [
        (http.endpoint(), OtlpProtocol::Http, "rejected", 0),
        (grpc.endpoint(), OtlpProtocol::Grpc, "rejected", 0),
        (partial.endpoint(), OtlpProtocol::Http, "rejected", 1),
        (refused.endpoint(), OtlpProtocol::Http, "connection_error", 0),
    ] {
        let mut config = config(protocol, endpoint);
        config.exporters.metrics = Some(vec![ExporterKind::None]);
        let (telemetry, reader) = start(config);
        for _ in 0..3 {
            work();
        }

        log(3);
        // The export ends with the second refused connection in a row, and not by a timeout, which could interrupt an
        // attempt.
        telemetry.shutdown(TIMEOUT).unwrap_err();
        for of in ["span", "log"] {
            // Items that failed were passed to the exporter, too.
            let processor = format!("batching_{of}_processor");
            let name = format!("otel.sdk.processor.{of}.processed");
            let expected = [(&*format!("{processor}/0 {processor}"), 3)];
            reader.check(&name, &expected);
            let series = reader.series(&format!("otel.sdk.exporter.{of}.exported"));
            let failed = series.iter().filter(|(at, _)| at.starts_with(error));
            assert_eq!(failed.map(|(_, items)| items).sum::<u64>(), 3 - delivered);
            assert_eq!(series.values().sum::<u64>(), 3, "{series:?}");
            let name = format!("otel.sdk.processor.{of}.queue.size");
            assert_eq!(reader.series(&name).into_values().collect::<Vec<_>>(), [0]);
        }
    }
}

#[alone]
fn drops_of_a_full_queue_are_counted_by_its_processor() {
    let held = Blocked::default();
    let mut config = TelemetryConfig::new("orders");
    config.batch_processor.max_queue_size = 4;
    config.batch_processor.max_export_batch_size = 2;
    config.log_batch_processor.max_queue_size = 4;
    config.log_batch_processor.max_export_batch_size = 2;
    let reader = Reader(Arc::new(ManualReader::builder().build()));
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(held.clone())
        .with_span_exporter(MemoryExporter::new())
        .with_log_exporter(held.clone())
        .with_metric_reader(reader.clone())
        .initialize()
        .unwrap();
    log(10);
    let logs = "batching_log_processor/0 batching_log_processor";
    // Items that are being exported keep their place in the queue.
    reader.check("otel.sdk.processor.log.queue.size", &[(logs, 4)]);
    let full = format!("queue_full {logs}");
    let name = "otel.sdk.processor.log.processed";
    wait_until(|| reader.series(name)[logs] >= 2);
    reader.check(name, &[(logs, 2), (&full, 6)]);
    let kind = std::any::type_name::<Blocked>();
    let exporter = format!("{kind}/0 {kind}");
    let [first, second] = ["batching_span_processor/0", "batching_span_processor/1"];
    let passed = format!("{first} batching_span_processor");
    let through = format!("{second} batching_span_processor");
    let full = format!("queue_full {first} batching_span_processor");
    // The other exporter has room, but on a busy machine its queue may be full for a moment. Therefore only the drops
    // of the first exporter count.
    let mut processed = BTreeMap::new();
    wait_until(|| {
        work();
        processed = reader.series("otel.sdk.processor.span.processed");
        let count = |at: &String| processed.get(at).copied().unwrap_or_default();
        count(&full) >= 2 && count(&passed) >= 2 && count(&through) > 2
    });

    assert!(processed[&full] <= telemetry.statistics().dropped_queue_full, "{processed:?}");
    assert_eq!(processed[&passed], 2);
    held.release();
    telemetry.shutdown(TIMEOUT).unwrap_err();
    let processed = reader.series("otel.sdk.processor.span.processed");
    let exported = reader.series("otel.sdk.exporter.span.exported")[&exporter];
    assert_eq!(exported + processed[&full], telemetry.statistics().collected);
    let full = processed
        .iter()
        .filter(|(at, _)| at.starts_with("queue_full"))
        .map(|(_, spans)| spans)
        .sum::<u64>();
    assert_eq!(full, telemetry.statistics().dropped_queue_full);
}

#[alone]
fn spans_after_the_shutdown_are_counted() {
    let receiver = Receiver::http();
    let (telemetry, reader) = start(config(OtlpProtocol::Http, receiver.endpoint()));
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    for _ in 0..2 {
        work();
    }

    let processor = "batching_span_processor/0 batching_span_processor";
    let collector = "floe_telemetry_sdk::collector::Collector";
    let late = format!("already_shutdown {collector}/0 {collector}");
    let name = "otel.sdk.processor.span.processed";
    reader.check(name, &[(processor, 1), (&late, 2)]);
    drop(telemetry);
}
