//! Handles of metrics: each measurement is exported once, by the provider of its time, like a measurement by name.

#![allow(clippy::float_cmp, reason = "the values are ones that floats represent")]

use std::thread;

use floe_telemetry::config::MetricTemporality;
use floe_telemetry::metrics::{Counter, Gauge, Histogram, Metric, UpDownCounter};
use floe_telemetry::{MetricRecorder, init};
use floe_tests::{MetricValue, REDACTED_URL, Receiver, program, url};
use opentelemetry::KeyValue;
use tracing_subscriber::layer::{self, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::pipeline::Pipeline;

const MANY: u32 = 40_000;

static METRICS: MetricRecorder = MetricRecorder::new("orders");
static ROWS: Counter =
    METRICS.counter(Metric::new("rows").with_unit("{row}")).with_attributes(&[("table", "orders")]);
static OPEN: UpDownCounter = METRICS.up_down_counter(Metric::new("open"));
static LEVEL: Gauge = METRICS.gauge(Metric::new("level"));
static SIZE: Histogram = METRICS.histogram(Metric::new("size").with_boundaries(&[1.0, 10.0]));
static PLAIN: Counter = METRICS.counter(Metric::new("plain"));

fn values(receiver: &Receiver, name: &str) -> Vec<MetricValue> {
    receiver.points_of(name).into_iter().map(|point| point.value).collect()
}

fn from_eight_threads(record: impl Fn(u32) + Sync) {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..MANY).for_each(&record));
        }
    });
}

#[alone]
fn each_measurement_is_exported_once() {
    ROWS.add(1_000_000);
    for temporality in [MetricTemporality::Cumulative, MetricTemporality::Delta] {
        let pipeline = Pipeline::grpc(|config| config.metrics.temporality = temporality);
        for _ in 0..2 {
            record();
            pipeline.flush();
        }
        let receiver = pipeline.end();
        ROWS.add(1_000_000);
        assert_exported(&receiver, temporality);
    }
}

fn record() {
    let of_shop = PLAIN.bind(&[KeyValue::new("url", url())]);
    from_eight_threads(|number| {
        ROWS.add(2);
        OPEN.add(if number % 2 == 0 { 3 } else { -1 });
        SIZE.record(f64::from(number % 12));
        of_shop.add(1);
    });
    LEVEL.record(7);
    LEVEL.record(0.5);
    LEVEL.record(f64::NAN);
    SIZE.record(f64::INFINITY);
    METRICS.increment(
        Metric::new("rows").with_unit("{row}"),
        5,
        &[KeyValue::new("table", "orders")],
    );
}

fn assert_exported(receiver: &Receiver, temporality: MetricTemporality) {
    let all = f64::from(8 * MANY);
    let total = |name: &str| {
        let points = receiver.points_of(name);
        let last = points.last().unwrap();
        // Up-down counters are always cumulative.
        if last.is_delta {
            points.iter().map(|point| sum(&point.value)).sum()
        } else {
            sum(&last.value)
        }
    };
    assert_eq!(total("rows"), 2.0 * (2.0 * all + 5.0), "with the one by name");
    assert_eq!(total("open"), 2.0 * all);
    assert_eq!(total("plain"), 2.0 * all);
    assert!(matches!(
        values(receiver, "level").last(),
        Some(MetricValue::Gauge(value)) if *value == 0.5
    ));
    let of_shop = &receiver.points_of("plain")[0];
    let text = format!("{:?}", of_shop.attributes);
    assert!(text.contains(REDACTED_URL), "{text}");
    assert_sizes(receiver, temporality);
}

/// Two of every twelve values are at most 1, and nine of the others are at most 10.
fn assert_sizes(receiver: &Receiver, temporality: MetricTemporality) {
    let mut counts = [0; 3];
    let mut total = 0.0;
    for value in values(receiver, "size") {
        let MetricValue::Histogram(count, sum, bounds, buckets) = value else {
            panic!("expected a histogram, found {value:?}");
        };
        assert_eq!(bounds, [1.0, 10.0]);
        assert_eq!(buckets.iter().sum::<u64>(), count);
        if temporality != MetricTemporality::Delta {
            (counts, total) = ([0; 3], 0.0);
        }
        counts = [0, 1, 2].map(|at| counts[at] + buckets[at]);
        total += sum;
    }
    let of_round = (0..MANY).map(|number| number % 12);
    let between = |low, high| {
        let inside = of_round.clone().filter(|value| (low..=high).contains(value));
        16 * u64::try_from(inside.count()).unwrap()
    };
    assert_eq!(counts, [between(0, 1), between(2, 10), between(11, 11)]);
    assert_eq!(total, 16.0 * f64::from(of_round.sum::<u32>()));
}

fn sum(value: &MetricValue) -> f64 {
    match value {
        MetricValue::Sum(value) => *value,
        value => panic!("expected a sum, found {value:?}"),
    }
}

/// Measures the events of `tracing`, like a layer of the program.
struct Events;

impl<S: ::tracing::Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &::tracing::Event<'_>, _: layer::Context<'_, S>) {
        // OpenTelemetry's SDK writes messages of its own under its locks.
        if event.metadata().target().starts_with("floe_telemetry") {
            METRICS.increment("events", 1, &[]);
        }
    }
}

#[alone]
fn a_warning_about_a_metric_may_itself_be_counted() {
    tracing_subscriber::registry().with(Events).init();
    let pipeline = Pipeline::grpc(|_| ());
    LEVEL.record(5);
    METRICS.increment("level", 1, &[]);
    let receiver = pipeline.end();
    assert_eq!(values(&receiver, "level"), [MetricValue::Gauge(5.0)]);
    assert!(!values(&receiver, "events").is_empty());
}

#[test]
fn a_name_of_another_kind_is_reported_once_with_its_place() {
    static WRONG: Histogram = METRICS.histogram(Metric::new("rows").with_unit("s"));
    let program = program!({
        let _telemetry = init().unwrap();
        for _ in 0..100 {
            ROWS.add(1);
            WRONG.record(1);
        }
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[]);
    let expected = "expected a counter with unit `{row}`, as at its first use, found a histogram with unit `s`, at ";
    assert_eq!(stderr.matches(expected).count(), 1, "{stderr}");
    assert!(stderr.contains("handles.rs:"), "{stderr}");
    assert_eq!(values(&receiver, "rows"), [MetricValue::Sum(100.0)]);
}
