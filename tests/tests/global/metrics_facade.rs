//! Metrics of the `metrics` facade are exported as OpenTelemetry's metrics.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use floe_telemetry_metrics_facade::Recorder;
use floe_tests::{MetricValue, REDACTED_URL, Receiver, url};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::pipeline::Pipeline;

fn measured(record: impl FnOnce()) -> Receiver {
    let pipeline = Pipeline::grpc(|_| ());
    record();
    pipeline.end()
}

fn record() {
    describe_counter!("orders", Unit::Count, "Orders that were imported.");
    describe_counter!("read", Unit::Kibibytes, "");
    describe_gauge!("load", Unit::Percent, "How busy the importer is.");
    describe_histogram!("duration", Unit::Seconds, "How long an import takes.");
    let url = url();
    for _ in 0..50 {
        counter!("orders", "from" => url.clone()).increment(2);
        gauge!("open").increment(1.0);
    }

    // A second description comes after the first use of the name.
    describe_counter!("orders", Unit::Bytes, "Something else.");
    counter!("orders", "from" => url).increment(1);
    for total in [10, 30, 20] {
        counter!("read").absolute(total);
    }

    gauge!("open").decrement(8);
    gauge!("load", "worker" => "1").set(12.5);
    gauge!("load", "worker" => "1").set(f64::NAN);
    histogram!("duration").record(Duration::from_millis(20));
    histogram!("duration").record_many(3.0, 2);
    histogram!("duration").record(f64::INFINITY);
    histogram!("rows").record(7);
    // Neither is recorded: `orders` is a counter, and OpenTelemetry does not allow the other name.
    gauge!("orders").set(99.0);
    counter!("orders:failed").increment(99);
}

#[alone]
fn every_kind_is_exported_with_its_unit_and_description() {
    metrics::set_global_recorder(Recorder::default()).unwrap();
    let receiver = measured(record);

    let orders = receiver.point("orders");
    assert_eq!(orders.value, MetricValue::Sum(101.0));
    assert_eq!((&*orders.unit, &*orders.description), ("", "Orders that were imported."));
    assert_eq!(orders.attributes["from"], REDACTED_URL);
    assert_eq!(
        (&*orders.scope, &*orders.scope_version),
        ("floe-telemetry-metrics-facade", env!("CARGO_PKG_VERSION"))
    );

    let read = receiver.point("read");
    assert_eq!((&read.value, &*read.unit), (&MetricValue::Sum(30.0), "KiBy"));
    assert_eq!(receiver.point("open").value, MetricValue::Gauge(42.0));
    let load = receiver.point("load");
    assert_eq!((&load.value, &*load.unit), (&MetricValue::Gauge(12.5), "%"));
    assert_eq!(load.attributes["worker"], "1");
    let duration = receiver.point("duration");
    let MetricValue::Histogram(count, sum, bounds, buckets) = &duration.value else {
        panic!("{duration:?}");
    };

    assert_eq!((*count, *sum, &*duration.unit), (3, 6.02, "s"));
    assert_eq!((bounds[0], bounds[13]), (0.005, 10.0));
    assert_eq!((buckets[2], buckets[11]), (1, 2));
    assert!(matches!(
        &receiver.point("rows").value,
        MetricValue::Histogram(1, _, bounds, _) if bounds.last() == Some(&10_000.0)
    ));
    assert_eq!(receiver.points_of("orders:failed"), []);
}

/// A gauge ends with its last value, because no thread leaves a value that another thread has replaced.
#[alone]
fn a_gauge_that_threads_change_ends_with_its_value() {
    let recorder = Recorder::default();
    let receiver = measured(|| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    metrics::with_local_recorder(&recorder, || {
                        for _ in 0..2_000 {
                            gauge!("open").increment(1);
                            gauge!("open").decrement(1);
                        }
                    });
                });
            }
        });
    });

    assert_eq!(receiver.point("open").value, MetricValue::Gauge(0.0));
}

/// A change of a gauge returns, because its thread does not go on recording the changes of another thread.
#[alone]
fn a_change_of_a_gauge_returns_while_another_thread_changes_it() {
    let recorder = Recorder::default();
    let is_over = AtomicBool::new(false);
    let receiver = measured(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                metrics::with_local_recorder(&recorder, || {
                    while !is_over.load(Ordering::Relaxed) {
                        gauge!("open").increment(1);
                    }

                    gauge!("open").set(7);
                });
            });

            metrics::with_local_recorder(&recorder, || {
                for _ in 0..2_000 {
                    gauge!("open").increment(1);
                }
            });

            is_over.store(true, Ordering::Relaxed);
        });
    });

    assert_eq!(receiver.point("open").value, MetricValue::Gauge(7.0));
}

#[alone]
fn labels_without_end_share_a_series() {
    let receiver = measured(|| {
        metrics::with_local_recorder(&Recorder::default(), || {
            for user in 0..2_100 {
                counter!("logins", "user" => user.to_string()).increment(1);
            }

            // An existing series is kept.
            counter!("logins", "user" => "7").increment(1);
        });
    });

    let logins = receiver.points_of("logins");
    assert_eq!(logins.len(), 2_000);
    let value = |key: &str, value: floe_tests::Value| {
        let mut found = logins.iter().filter(|it| it.attributes.get(key) == Some(&value));
        let point = found.next().unwrap();
        assert!(found.next().is_none(), "{key}");
        point.value.clone()
    };

    assert_eq!(value("user", "7".into()), MetricValue::Sum(2.0));
    assert_eq!(value("otel.metric.overflow", true.into()), MetricValue::Sum(101.0));
}
