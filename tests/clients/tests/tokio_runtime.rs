//! The metrics of a runtime of tokio. In a program of its own, because the meter provider is global.

#![expect(clippy::expect_used, reason = "a test fails")]

use std::collections::BTreeMap;

use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// The values of a collection, by metric and unit.
fn collect(
    provider: &SdkMeterProvider,
    exporter: &InMemoryMetricExporter,
) -> BTreeMap<String, f64> {
    exporter.reset();
    provider.force_flush().expect("a collection");
    let mut values = BTreeMap::new();
    for resource in exporter.get_finished_metrics().expect("metrics") {
        for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let value = match metric.data() {
                AggregatedMetrics::I64(MetricData::Sum(sum)) => {
                    sum.data_points().map(|point| point.value() as f64).sum()
                }
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    sum.data_points().map(|point| point.value() as f64).sum()
                }
                AggregatedMetrics::F64(MetricData::Sum(sum)) => {
                    sum.data_points().map(|point| point.value()).sum()
                }
                other => panic!("not a sum: {other:?}"),
            };
            values.insert(format!("{} {}", metric.name(), metric.unit()), value);
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_is_measured() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    global::set_meter_provider(provider.clone());
    floe_telemetry_tokio::observe(&Handle::current());
    let (release, released) = oneshot::channel::<()>();
    let task = tokio::spawn(released);
    let values = collect(&provider, &exporter);
    let names: Vec<_> = values.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "tokio.global_queue.depth {task}",
            "tokio.tasks.alive {task}",
            "tokio.workers {thread}",
            "tokio.workers.busy_time s",
            "tokio.workers.parks {park}",
        ]
    );
    assert!((values["tokio.workers {thread}"] - 2.0).abs() < f64::EPSILON);
    let alive = values["tokio.tasks.alive {task}"];
    assert!(alive >= 1.0);
    drop(release);
    let _ = task.await;
    assert!(collect(&provider, &exporter)["tokio.tasks.alive {task}"] < alive);
}
