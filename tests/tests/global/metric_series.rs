//! A series that is recorded often uses a bound instrument: every measurement is exported and
//! redacted as on the ordinary path. One test, because a process has one provider at a time.

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

/// Well above the number of measurements after which a series is bound.
const OFTEN: u64 = 100;

static METRICS: MetricRecorder = MetricRecorder::new("orders");

fn provider(receiver: &Receiver, limit: usize) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some(receiver.endpoint());
    config.exporters.traces = Some(vec![ExporterKind::None]);
    config.metrics.temporality = MetricTemporality::Delta;
    config.metrics.cardinality_limit = limit;
    TelemetryProvider::builder(config).initialize().unwrap()
}

/// The sums of a counter by attributes; each export contains the measurements since the last one.
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
    let pairs: Vec<_> = pairs.map(|(key, value)| format!("{key}={value:?}")).collect();
    pairs.join(",")
}

fn url() -> String {
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}

#[test]
fn frequent_series_are_recorded_like_any_other() {
    floe_tests::alone!();
    let receiver = Receiver::grpc();
    let telemetry = provider(&receiver, 5000);
    from_all_threads_and_in_any_order();
    a_conflicting_use_of_a_name_is_still_rejected();
    recorders_are_not_confused();
    more_series_than_a_thread_caches();
    telemetry.force_flush(TIMEOUT).unwrap();

    let rows: Vec<u64> = sums(&receiver, "rows").into_values().collect();
    assert_eq!(rows, [8 * OFTEN], "one series");
    let refused = sums(&receiver, "refused");
    assert_eq!(refused.len(), 1);
    let (attributes, count) = refused.first_key_value().unwrap();
    assert!(attributes.contains("postgres://<REDACTED>@db/orders"), "{attributes}");
    assert_eq!(*count, OFTEN);
    let points = receiver.points();
    let of = |name: &str| points.iter().find(|point| point.name == name).unwrap();
    assert_eq!(of("backlog").value, MetricValue::Gauge((OFTEN - 1) as f64));
    let MetricValue::Histogram(count, sum, ..) = of("load").value else {
        unreachable!("a histogram")
    };
    assert_eq!((count, sum as u64), (OFTEN, OFTEN * (OFTEN - 1) / 2));
    let scopes = points.iter().filter(|point| point.name == "of_each");
    let scopes: BTreeMap<_, _> = scopes.map(|point| (&*point.scope, point.value.clone())).collect();
    let each = MetricValue::Sum(OFTEN as f64);
    assert_eq!(scopes, [("one", each.clone()), ("two", each)].into());
    let many = sums(&receiver, "many");
    assert_eq!((many.len(), many.values().sum::<u64>()), (3000, 3 * 3000));
    telemetry.shutdown(TIMEOUT).unwrap();
    METRICS.increment("rows", 1, &labels());
    assert!(receiver.every_request().iter().all(|request| !request.contains("hunter2XyZ")));

    unused_series_are_released();
    an_overflowing_series_gets_a_data_point_later();
}

fn labels() -> [KeyValue; 2] {
    [KeyValue::new("table", "orders"), KeyValue::new("status", "ok")]
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

fn a_conflicting_use_of_a_name_is_still_rejected() {
    for _ in 0..OFTEN {
        METRICS.set_gauge("rows", 99, &labels());
        METRICS.increment(Metric::new("rows").with_unit("By"), 99, &labels());
        METRICS.set_gauge("backlog", f64::NAN, &[]);
        METRICS.record_histogram("load", f64::INFINITY, &labels());
    }
}

/// One recorder may be allocated at the address of another one.
fn recorders_are_not_confused() {
    for component in ["one", "two"] {
        let recorder = MetricRecorder::new(component);
        for _ in 0..OFTEN {
            recorder.increment("of_each", 1, &labels());
        }
    }
}

fn more_series_than_a_thread_caches() {
    for _ in 0..3 {
        for number in 0..3000 {
            METRICS.increment("many", 1, &[KeyValue::new("number", number)]);
        }
    }
}

/// With delta temporality, OpenTelemetry discards a series that was not recorded between two exports, so series that
/// are recorded once do not use up the cardinality limit, and frequent series keep their place.
fn unused_series_are_released() {
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
    assert!(once.values().all(|count| *count == 1 || *count == 10 * OFTEN));
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// A series over the cardinality limit gets its own data point when the limit allows.
fn an_overflowing_series_gets_a_data_point_later() {
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
        let found = late.iter().filter(|(attributes, _)| attributes.contains(text));
        found.map(|(_, count)| count).sum()
    };
    assert_eq!(of("orders") + of("overflow") + 20, 20 + OFTEN + 10_000, "{late:?}");
    assert!(of("orders") > 5000, "{late:?}");
    telemetry.shutdown(TIMEOUT).unwrap();
}
