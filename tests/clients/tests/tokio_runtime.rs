//! The metrics of a runtime of tokio. The test is a program of its own, because the meter provider is global.

#![expect(clippy::expect_used, clippy::float_cmp, reason = "a test fails; whole numbers")]

use std::collections::BTreeMap;

use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Returns the values of a new collection, by metric and unit.
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

// The runtime has one thread. With several ones, a task may be alive for a moment after its handle has returned.
#[tokio::test]
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
    assert_eq!([values["tokio.workers {thread}"], values["tokio.tasks.alive {task}"]], [1.0, 1.0]);
    drop(release);
    let _ = task.await;
    assert_eq!(collect(&provider, &exporter)["tokio.tasks.alive {task}"], 0.0);
}
