//! Exemplars over OTLP: every instrument that records while a sampled span is current refers to it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use floe_telemetry::config::{ContextMode, ExemplarFilter, MetricTemporality};
use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, propagation, traced};
use floe_tests::{ReceivedPoint, Receiver, TIMEOUT};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::metrics::{Instrument, Stream};

static METRICS: MetricRecorder = MetricRecorder::new("orders");

const WAIT: Metric<'_> = Metric::new("wait").with_boundaries(&[1.0, 10.0]);

/// A series is bound after fewer measurements.
const OFTEN: usize = 50;

#[traced]
fn measure() -> (String, String) {
    let labels = [KeyValue::new("shop", "a"), KeyValue::new("user", "u1")];
    for _ in 0..OFTEN {
        METRICS.increment("rows", 2, &labels);
        METRICS.add("open", -1, &[]);
        METRICS.set_gauge("size", 1.5, &[]);
        METRICS.record_histogram(WAIT, 0.5, &[]);
        METRICS.record_histogram(WAIT, 99, &[]);
    }
    let meter = TelemetryProvider::meter_provider().meter("driver");
    meter.u64_counter("queries").build().add(4, &[]);
    meter.f64_up_down_counter("pool").build().add(1.0, &[]);
    meter.u64_histogram("bytes").build().record(70, &[]);
    meter.i64_gauge("level").build().record(-1, &[]);
    (propagation::current_trace_id().unwrap(), propagation::current_span_id().unwrap())
}

fn config(receiver: &Receiver) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    "otlp".clone_into(&mut config.backend);
    config.otlp_endpoint = Some(receiver.endpoint());
    config.metrics.from_spans = true;
    config
}

/// The counter keeps one of its two attributes.
fn start(config: TelemetryConfig) -> TelemetryProvider {
    let view = |instrument: &Instrument| {
        let kept = Stream::builder().with_allowed_attribute_keys([Key::from("shop")]);
        (instrument.name() == "rows").then(|| kept.build().ok())?
    };
    TelemetryProvider::builder(config).with_view(view).initialize().unwrap()
}

fn exemplars<'a>(points: &'a [ReceivedPoint], name: &str) -> Vec<&'a (String, String)> {
    let points = points.iter().filter(|point| point.name == name);
    points.flat_map(|point| &point.exemplars).collect()
}

const MEASURED: [&str; 8] = ["rows", "open", "size", "queries", "pool", "bytes", "level", "wait"];

fn run(config: TelemetryConfig, receiver: &Receiver) -> ((String, String), Vec<ReceivedPoint>) {
    let telemetry = start(config);
    let ids = measure();
    telemetry.shutdown(TIMEOUT).unwrap();
    (ids, receiver.points())
}

#[test]
fn measurements_refer_to_the_current_span() {
    floe_tests::alone!();
    every_instrument_has_exemplars(ContextMode::EverySpan);
    every_instrument_has_exemplars(ContextMode::Boundaries);
    only_sampled_spans_are_exemplars();
    each_interval_has_exemplars_of_its_own();
    a_series_has_no_exemplars_of_a_larger_one();
}

fn a_series_has_no_exemplars_of_a_larger_one() {
    #[traced]
    fn in_span() {
        METRICS.increment("jobs", 1, &[KeyValue::new("shop", "a")]);
    }
    let receiver = Receiver::grpc();
    let telemetry = TelemetryProvider::builder(config(&receiver)).initialize().unwrap();
    METRICS.increment("jobs", 1, &[]);
    in_span();
    telemetry.shutdown(TIMEOUT).unwrap();
    let points = receiver.points();
    let jobs = points.iter().filter(|point| point.name == "jobs");
    let mut found: Vec<_> = jobs.map(|it| (it.attributes.len(), it.exemplars.len())).collect();
    found.sort_unstable();
    assert_eq!(found, [(0, 0), (1, 1)]);
}

fn every_instrument_has_exemplars(context: ContextMode) {
    let receiver = Receiver::grpc();
    let mut config = config(&receiver);
    config.context = context;
    let (ids, points) = run(config, &receiver);
    for name in MEASURED {
        let found = exemplars(&points, name);
        // A histogram has an exemplar for each bucket with measurements.
        let count = if name == "wait" { 2 } else { 1 };
        assert_eq!(found.len(), count, "{name}: {points:#?}");
        assert!(found.iter().all(|one| **one == ids), "{name}: {found:?}");
    }
    for name in ["traces.span.metrics.calls", "traces.span.metrics.duration"] {
        assert_eq!(exemplars(&points, name), [&ids], "{name}");
    }
    assert!(exemplars(&points, "process.cpu.time").is_empty());
    let rows: Vec<_> = points.iter().filter(|point| point.name == "rows").collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].attributes.len(), 1);
}

fn only_sampled_spans_are_exemplars() {
    let none = |config: TelemetryConfig, receiver: &Receiver| {
        let (_, points) = run(config, receiver);
        assert!(points.iter().all(|point| point.exemplars.is_empty()));
        assert!(points.iter().any(|point| point.name == "wait"));
    };
    let receiver = Receiver::grpc();
    let mut unsampled = config(&receiver);
    unsampled.sampling = unsampled.sampling.with_ratio(0.0);
    none(unsampled.clone(), &receiver);

    let receiver = Receiver::grpc();
    let mut off = config(&receiver);
    off.metrics.exemplar_filter = ExemplarFilter::AlwaysOff;
    none(off, &receiver);

    let receiver = Receiver::grpc();
    unsampled.otlp_endpoint = Some(receiver.endpoint());
    unsampled.metrics.exemplar_filter = ExemplarFilter::AlwaysOn;
    let (_, points) = run(unsampled, &receiver);
    for name in MEASURED {
        let found = exemplars(&points, name);
        assert!(!found.is_empty(), "{name}");
        let is_empty = |ids: &&(String, String)| ids.0.is_empty() && ids.1.is_empty();
        assert!(found.iter().all(is_empty), "{name}: {found:?}");
    }
}

fn each_interval_has_exemplars_of_its_own() {
    let receiver = Receiver::grpc();
    let mut config = config(&receiver);
    config.metrics.temporality = MetricTemporality::Delta;
    let telemetry = start(config);
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(measure());
        telemetry.force_flush(TIMEOUT).unwrap();
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let points = receiver.points();
    for name in ["rows", "queries"] {
        let expected: Vec<_> = all.iter().collect();
        assert_eq!(exemplars(&points, name), expected, "{name}");
    }
}
