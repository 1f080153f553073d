//! A series that is recorded often takes another way than one that is not: all of it arrives, and is as
//! safe. One test, because a process has one provider at a time.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "tests, with small numbers"
)]

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, MetricTemporality};
use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider};
use floe_tests::{MetricValue, ReceivedPoint, Receiver};
use opentelemetry::KeyValue;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Far more often than a series is looked up.
const OFTEN: u64 = 100;

static METRICS: MetricRecorder = MetricRecorder::new("orders");

fn provider(receiver: &Receiver, limit: usize) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = receiver.endpoint();
    config.exporters.traces = Some(vec![ExporterKind::None]);
    config.metrics.temporality = MetricTemporality::Delta;
    config.metrics.cardinality_limit = limit;
    TelemetryProvider::builder(config).initialize().unwrap()
}

/// What arrived of a counter, by its attributes; each export says what came since the one before.
fn sums(receiver: &Receiver, name: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for point in receiver.points().iter().filter(|point| point.name == name) {
        if let MetricValue::Sum(value) = point.value {
            *sums.entry(attributes(point)).or_default() += value as u64;
        }
    }
    sums
}

fn attributes(point: &ReceivedPoint) -> String {
    let pairs = point.attributes.iter();
    let pairs: Vec<_> = pairs
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    pairs.join(",")
}

fn url() -> String {
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}

#[test]
fn what_is_recorded_often_is_recorded_like_the_rest() {
    let receiver = Receiver::grpc();
    let telemetry = provider(&receiver, 5000);
    from_all_threads_and_in_any_order();
    another_use_of_a_name_is_refused_all_the_same();
    recorders_are_not_taken_for_each_other();
    more_series_than_a_thread_knows();
    telemetry.force_flush(TIMEOUT).unwrap();

    let rows: Vec<u64> = sums(&receiver, "rows").into_values().collect();
    assert_eq!(rows, [8 * OFTEN], "one series");
    let refused = sums(&receiver, "refused");
    assert_eq!(refused.len(), 1);
    let (attributes, count) = refused.first_key_value().unwrap();
    assert!(
        attributes.contains("postgres://<REDACTED>@db/orders"),
        "{attributes}"
    );
    assert_eq!(*count, OFTEN);
    let points = receiver.points();
    let of = |name: &str| points.iter().find(|point| point.name == name).unwrap();
    assert_eq!(of("backlog").value, MetricValue::Gauge((OFTEN - 1) as f64));
    let MetricValue::Histogram(count, sum, ..) = of("load").value else {
        unreachable!("a histogram")
    };
    assert_eq!((count, sum as u64), (OFTEN, OFTEN * (OFTEN - 1) / 2));
    let scopes = points.iter().filter(|point| point.name == "of_each");
    let scopes: BTreeMap<_, _> = scopes
        .map(|point| (&*point.scope, point.value.clone()))
        .collect();
    let each = MetricValue::Sum(OFTEN as f64);
    assert_eq!(scopes, [("one", each.clone()), ("two", each)].into());
    let many = sums(&receiver, "many");
    assert_eq!((many.len(), many.values().sum::<u64>()), (3000, 3 * 3000));
    telemetry.shutdown(TIMEOUT).unwrap();
    METRICS.increment("rows", 1, &labels());
    assert!(
        receiver
            .every_request()
            .iter()
            .all(|request| !request.contains("hunter2XyZ"))
    );

    what_is_not_recorded_any_more_is_forgotten();
    what_had_no_room_gets_it();
}

fn labels() -> [KeyValue; 2] {
    [
        KeyValue::new("table", "orders"),
        KeyValue::new("status", "ok"),
    ]
}

fn from_all_threads_and_in_any_order() {
    let work = || {
        let [table, status] = labels();
        for _ in 0..OFTEN {
            METRICS.increment("rows", 1, &[table.clone(), status.clone()]);
            METRICS.increment("rows", 1, &[status.clone(), table.clone()]);
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    for number in 0..OFTEN {
        METRICS.increment("refused", 1, &[KeyValue::new("reason", url())]);
        METRICS.set_gauge("backlog", number, &[]);
        METRICS.record_histogram("load", number, &labels());
    }
}

fn another_use_of_a_name_is_refused_all_the_same() {
    for _ in 0..OFTEN {
        METRICS.set_gauge("rows", 99, &labels());
        METRICS.increment(Metric::new("rows").with_unit("By"), 99, &labels());
        METRICS.set_gauge("backlog", f64::NAN, &[]);
        METRICS.record_histogram("load", f64::INFINITY, &labels());
    }
}

/// One may come to lie where another one was.
fn recorders_are_not_taken_for_each_other() {
    for component in ["one", "two"] {
        let recorder = MetricRecorder::new(component);
        for _ in 0..OFTEN {
            recorder.increment("of_each", 1, &labels());
        }
    }
}

fn more_series_than_a_thread_knows() {
    for _ in 0..3 {
        for number in 0..3000 {
            METRICS.increment("many", 1, &[KeyValue::new("number", number)]);
        }
    }
}

/// With deltas, OpenTelemetry forgets what was not recorded between two exports; so attributes that come
/// once take no room from others, and those that come often stay what they are.
fn what_is_not_recorded_any_more_is_forgotten() {
    let receiver = Receiver::grpc();
    let telemetry = provider(&receiver, 20);
    for round in 0..10 {
        for number in 0..8 {
            METRICS.increment("once", 1, &[KeyValue::new("number", round * 8 + number)]);
        }
        for _ in 0..OFTEN {
            METRICS.increment("once", 1, &labels());
        }
        telemetry.force_flush(TIMEOUT).unwrap();
        telemetry.force_flush(TIMEOUT).unwrap();
    }
    let once = sums(&receiver, "once");
    assert_eq!(once.len(), 81, "no overflow: {once:?}");
    assert!(
        once.values()
            .all(|count| *count == 1 || *count == 10 * OFTEN)
    );
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// What was recorded often while there was no room for it has a series of its own when there is.
fn what_had_no_room_gets_it() {
    let receiver = Receiver::grpc();
    let telemetry = provider(&receiver, 20);
    for number in 0..20 {
        METRICS.increment("late", 1, &[KeyValue::new("number", number)]);
    }
    for _ in 0..OFTEN {
        METRICS.increment("late", 1, &labels());
    }
    telemetry.force_flush(TIMEOUT).unwrap();
    telemetry.force_flush(TIMEOUT).unwrap();
    for _ in 0..10_000 {
        METRICS.increment("late", 1, &labels());
    }
    telemetry.force_flush(TIMEOUT).unwrap();
    let late = sums(&receiver, "late");
    let of = |text: &str| -> u64 {
        let found = late
            .iter()
            .filter(|(attributes, _)| attributes.contains(text));
        found.map(|(_, count)| count).sum()
    };
    assert_eq!(
        of("orders") + of("overflow") + 20,
        20 + OFTEN + 10_000,
        "{late:?}"
    );
    assert!(of("orders") > 5000, "{late:?}");
    telemetry.shutdown(TIMEOUT).unwrap();
}
