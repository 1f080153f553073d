//! Metrics from the fields of events.

use std::fmt::Debug;

use floe_telemetry::tracing_metrics_layer;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use tracing::{Dispatch, dispatcher::with_default, info};
use tracing_subscriber::layer::SubscriberExt;

/// The metrics that `code` records, by name: the kind, and the values with the number of attributes.
fn metrics(code: impl FnOnce()) -> Vec<(String, String)> {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let layer = tracing_metrics_layer(provider.meter("test"));
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, code);
    provider.force_flush().unwrap();
    let finished = exporter.get_finished_metrics().unwrap();
    let scopes =
        finished.iter().flat_map(opentelemetry_sdk::metrics::data::ResourceMetrics::scope_metrics);
    let all = scopes.flat_map(opentelemetry_sdk::metrics::data::ScopeMetrics::metrics);
    let mut found: Vec<_> = all
        .map(|metric| {
            let data = match metric.data() {
                AggregatedMetrics::F64(data) => summary("f64", data),
                AggregatedMetrics::I64(data) => summary("i64", data),
                AggregatedMetrics::U64(data) => summary("u64", data),
            };
            (metric.name().to_owned(), data)
        })
        .collect();
    found.sort();
    found
}

fn summary<T: Debug + Copy>(number: &str, data: &MetricData<T>) -> String {
    let keys = |attributes: &mut dyn Iterator<Item = &KeyValue>| {
        let mut keys: Vec<_> = attributes.map(|one| format!("{}={}", one.key, one.value)).collect();
        keys.sort();
        keys.join(",")
    };
    match data {
        MetricData::Sum(sum) => {
            let points = sum.data_points();
            let points =
                points.map(|at| format!("{:?} {}", at.value(), keys(&mut at.attributes())));
            let kind = if sum.is_monotonic() { "counter" } else { "up-down" };
            format!("{kind} {number}: {}", points.collect::<Vec<_>>().join("; "))
        }
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points();
            let points =
                points.map(|at| format!("{:?} {}", at.value(), keys(&mut at.attributes())));
            format!("gauge {number}: {}", points.collect::<Vec<_>>().join("; "))
        }
        MetricData::Histogram(histogram) => {
            let points = histogram.data_points();
            let points = points.map(|at| {
                format!("{:?} in {} {}", at.sum(), at.count(), keys(&mut at.attributes()))
            });
            format!("histogram {number}: {}", points.collect::<Vec<_>>().join("; "))
        }
        MetricData::ExponentialHistogram(_) => String::new(),
    }
}

fn expect(code: impl FnOnce(), expected: &[(&str, &str)]) {
    let found = metrics(code);
    let found: Vec<_> = found.iter().map(|(name, data)| (&**name, data.trim_end())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_prefix_of_a_field_is_the_kind_of_the_metric() {
    expect(
        || {
            info!(monotonic_counter.orders = 1_u64);
            info!(monotonic_counter.orders = 2_i64);
            info!(monotonic_counter.weight = 1.5);
            info!(counter.open = 3_i64);
            info!(counter.open = -1_i64);
            info!(counter.open = 5_u64);
            info!(counter.share = -0.5);
            info!(histogram.rows = 4_u64);
            info!(histogram.rows = 6_i64);
            info!(histogram.seconds = 0.25);
            info!(gauge.depth = 7_u64);
            info!(gauge.level = -2_i64);
            info!(gauge.load = 0.5);
        },
        &[
            ("depth", "gauge u64: 7"),
            ("level", "gauge i64: -2"),
            ("load", "gauge f64: 0.5"),
            ("open", "up-down i64: 7"),
            ("orders", "counter u64: 3"),
            ("rows", "histogram u64: 10 in 2"),
            ("seconds", "histogram f64: 0.25 in 1"),
            ("share", "up-down f64: -0.5"),
            ("weight", "counter f64: 1.5"),
        ],
    );
}

#[test]
fn the_other_fields_of_the_event_are_attributes() {
    expect(
        || {
            let table = "orders";
            info!(
                monotonic_counter.rows = 2_u64, histogram.bytes = 8_u64,
                table, n = 1, share = 0.5, ok = true, shown = %"x", debug = ?Some(1), "a message",
            );
            info!(no = "metric");
        },
        &[
            (
                "bytes",
                "histogram u64: 8 in 1 debug=Some(1),n=1,ok=true,share=0.5,shown=x,table=orders",
            ),
            ("rows", "counter u64: 2 debug=Some(1),n=1,ok=true,share=0.5,shown=x,table=orders"),
        ],
    );
}

#[test]
fn a_value_that_the_instrument_does_not_accept_is_ignored() {
    expect(
        || {
            info!(monotonic_counter.orders = -1_i64);
            info!(monotonic_counter.orders = "text");
            info!(monotonic_counter.weight = -1.0);
            info!(histogram.rows = -1_i64);
            info!(counter.open = u64::MAX);
            info!(counter.open = 1_u64);
        },
        &[("open", "up-down i64: 1")],
    );
}
