//! Each measurement of a metric handle is exported once, by the provider of that time, like a measurement by name.
//! Also instruments of OpenTelemetry's API, and programs that create ever more names.

#![allow(clippy::float_cmp, reason = "floats represent these values exactly")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use floe_telemetry::config::MetricTemporality;
use floe_telemetry::metrics::{Counter, Gauge, Histogram, Metric, UpDownCounter};
use floe_telemetry::{MetricRecorder, init};
use floe_tests::{MetricValue, REDACTED_URL, Receiver, TIMEOUT, program, url};
use opentelemetry::{KeyValue, global};
use tracing_subscriber::layer::{self, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::pipeline::Pipeline;

const MANY: u32 = 4_000;

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
        assert_exported(&receiver);
    }
}

fn record() {
    let of_shop = PLAIN.bind(&[KeyValue::new("url", url())]);
    from_eight_threads(|number| {
        ROWS.add(2);
        OPEN.add(if number % 2 == 0 { 3 } else { -1 });
        SIZE.record(if number % 2 == 0 { 0.5 } else { 5.0 });
        of_shop.add(1);
    });
    LEVEL.record(7);
    LEVEL.record(0.5);
    LEVEL.record(f64::NAN);
    SIZE.record(f64::INFINITY);
    let rows = Metric::new("rows").with_unit("{row}");
    METRICS.increment(rows, 5, &[KeyValue::new("table", "orders")]);
}

fn assert_exported(receiver: &Receiver) {
    let all = f64::from(8 * MANY);
    // Up-down counters are always cumulative.
    let total = |name: &str, value: fn(&MetricValue) -> f64| -> f64 {
        let points = receiver.points_of(name);
        let last = points.last().unwrap();
        let from = if last.is_delta { 0 } else { points.len() - 1 };
        points[from..].iter().map(|point| value(&point.value)).sum()
    };

    assert_eq!(total("rows", sum), 2.0 * (2.0 * all + 5.0), "a measurement by name counts, too");
    assert_eq!(total("open", sum), 2.0 * all);
    assert_eq!(total("plain", sum), 2.0 * all);
    assert_eq!(total("size", sum), 2.0 * 2.75 * all);
    assert_eq!(total("size", |value| bucket(value, 0)), all);
    assert_eq!(total("size", |value| bucket(value, 1)), all);
    assert_eq!(values(receiver, "level").last(), Some(&MetricValue::Gauge(0.5)));
    let of_shop = &receiver.points_of("plain")[0];
    assert_eq!(of_shop.attributes["url"], REDACTED_URL);
}

fn sum(value: &MetricValue) -> f64 {
    match value {
        MetricValue::Sum(value) | MetricValue::Histogram(_, value, ..) => *value,
        value => panic!("expected a sum, found {value:?}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "small")]
fn bucket(value: &MetricValue, at: usize) -> f64 {
    match value {
        MetricValue::Histogram(_, _, bounds, counts) if *bounds == [1.0, 10.0] => counts[at] as f64,
        value => panic!("expected a histogram, found {value:?}"),
    }
}

/// Counts the library's events, as a layer of the program might.
struct Events;

impl<S: ::tracing::Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &::tracing::Event<'_>, _: layer::Context<'_, S>) {
        // OpenTelemetry's SDK writes messages while it holds its locks, so these are not counted.
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
fn a_refused_metric_is_reported_once() {
    static WRONG: Histogram = METRICS.histogram(Metric::new("rows").with_unit("s"));
    static SPACE: Counter = METRICS.counter(Metric::new("orders imported"));
    let program = program!({
        let _telemetry = init().unwrap();
        for _ in 0..100 {
            ROWS.add(1);
            WRONG.record(1);
            SPACE.add(1);
            for name in ["1st.orders", "größe", "", &"a".repeat(256)] {
                METRICS.increment(name, 3, &[]);
            }
            METRICS.set_gauge(Metric::new("size").with_unit("größe"), 1, &[]);
            METRICS.record_histogram(Metric::new("age").with_boundaries(&[1.0, 1.0]), 1, &[]);
        }
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[]);
    for (expected, times) in [
        ("expected a counter as in its first use, found a histogram", 1),
        (
            "expected a name of an ASCII letter and up to 254 ASCII letters, digits, `_`, `.`, `-` and `/`, ",
            5,
        ),
        ("expected a unit of at most 63 ASCII characters", 1),
        ("expected finite boundaries in ascending order", 1),
        ("a metric is not recorded", 8),
    ] {
        assert_eq!(stderr.matches(expected).count(), times, "{expected}: {stderr}");
    }
    assert_eq!(values(&receiver, "rows"), [MetricValue::Sum(100.0)]);
}

#[test]
fn names_of_scopes_without_end_share_one() {
    let program = program!({
        let _telemetry = init().unwrap();
        for number in 0..600 {
            let of_request: &'static str = format!("recorder {number}").leak();
            MetricRecorder::new(of_request).increment("made", 1, &[]);
            let of_request: &'static str = format!("meter {number}").leak();
            global::meter(of_request).u64_counter("made").build().add(1, &[]);
        }
        // A name whose scope exists keeps that scope.
        MetricRecorder::new("recorder 0").increment("made", 1, &[]);
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[]);
    let points = receiver.points_of("made");
    let made: BTreeMap<_, _> = points.iter().map(|point| (&*point.scope, &point.value)).collect();
    assert_eq!(made.len(), 1_001);
    assert_eq!(made["meter 499"], &MetricValue::Sum(1.0));
    assert_eq!(made["recorder 0"], &MetricValue::Sum(2.0));
    assert_eq!(made["floe.telemetry.overflow"], &MetricValue::Sum(200.0));
    let warnings = stderr.matches("floe.telemetry.overflow").count();
    assert_eq!(warnings, 1, "{stderr}");
}

#[test]
fn a_callback_that_panics_loses_only_its_own_metric() {
    const BROKEN: [&str; 2] = ["broken", "broken.counter"];
    let program = program!({
        let telemetry = init().unwrap();
        let meter = global::meter("driver");
        let _broken = meter.u64_observable_gauge(BROKEN[0]).with_callback(|_| panic!("a")).build();
        let _broken =
            meter.f64_observable_counter(BROKEN[1]).with_callback(|_| panic!("b")).build();
        let _level = meter
            .i64_observable_gauge("level")
            .with_callback(|observer| observer.observe(7, &[]))
            .build();
        for _ in 0..2 {
            METRICS.increment("made", 1, &[]);
            telemetry.force_flush(TIMEOUT).unwrap();
        }
        telemetry.shutdown(TIMEOUT).unwrap();
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[("RUST_LOG", "off")]);
    assert!(receiver.points_of("level").len() > 2);
    let made = receiver.points_of("made");
    assert!(made.iter().any(|point| point.value == MetricValue::Sum(2.0)), "{made:?}");
    for name in BROKEN {
        let line = format!("error: the callback of a metric failed metric={name} reason=");
        assert_eq!(stderr.matches(&line).count(), 1, "{name}: {stderr}");
        assert_eq!(receiver.points_of(name), []);
    }
}

/// The thread that exports metrics holds a lock of OpenTelemetry's SDK meanwhile, which each new instrument needs.
#[test]
fn a_callback_that_does_not_return_delays_neither_calls_nor_other_metrics() {
    static HELD: Mutex<()> = Mutex::new(());

    let program = program!({
        let telemetry = init().unwrap();
        let meter = global::meter("driver");
        let held = HELD.lock().unwrap();
        let (called, calls) = channel();
        let _stuck = meter
            .u64_observable_gauge("stuck")
            .with_callback(move |_| {
                called.send(()).unwrap();
                drop(HELD.lock());
            })
            .build();
        METRICS.increment("made", 1, &[]);
        thread::scope(|scope| {
            let flushing = scope.spawn(|| telemetry.force_flush(TIMEOUT));
            calls.recv().unwrap();
            METRICS.increment("made.meanwhile", 2, &[]);
            meter.f64_histogram("timed").build().record(0.5, &[]);
            let _level = meter.i64_observable_gauge("level").with_callback(|_| ()).build();
            flushing.join().unwrap().unwrap();
        });
        telemetry.shutdown(TIMEOUT).unwrap();
        drop(held);
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[("RUST_LOG", "off")]);
    let told = "error: the callback of a metric has not returned within 2 seconds";
    assert!(stderr.starts_with(told), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(receiver.points_of("made").len() > 1);
    assert!(values(&receiver, "made.meanwhile").contains(&MetricValue::Sum(2.0)));
    assert!(!receiver.points_of("timed").is_empty());
}

#[test]
fn a_counter_with_too_many_series_says_its_limit_once() {
    let program = program!({
        let telemetry = init().unwrap();
        let recorder = MetricRecorder::new("orders");
        for order in 0..5000 {
            recorder.increment("orders.rows", 1, &[KeyValue::new("order.id", order)]);
        }
        recorder.increment("orders.bytes", 1, &[]);
        for _ in 0..2 {
            telemetry.force_flush(TIMEOUT).unwrap();
        }
    });
    let receiver = Receiver::http();
    let (_, stderr) = program.against(&receiver, &[("RUST_LOG", "off")]);
    assert_eq!(
        stderr,
        "warning: the metric has more series than its limit: further attribute sets share one with the attribute \
         `otel.metric.overflow` metric=orders.rows limit=2000\n"
    );
}
