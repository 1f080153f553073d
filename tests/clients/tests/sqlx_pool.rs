//! The metrics of a pool of sqlx. In a program of its own, because the meter provider is global.

#![expect(clippy::expect_used, reason = "a test fails")]

use std::collections::BTreeMap;

use floe_telemetry_sqlx::TracedPool;
use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use sqlx::sqlite::SqlitePoolOptions;

/// The values of the last collection, by metric and state.
fn collect(
    provider: &SdkMeterProvider,
    exporter: &InMemoryMetricExporter,
) -> BTreeMap<String, i64> {
    exporter.reset();
    provider.force_flush().expect("a collection");
    let mut values = BTreeMap::new();
    for resource in exporter.get_finished_metrics().expect("metrics") {
        for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
            let AggregatedMetrics::I64(MetricData::Sum(sum)) = metric.data() else {
                continue;
            };
            assert_eq!(metric.unit(), "{connection}");
            for point in sum.data_points() {
                let attributes: BTreeMap<_, _> = point
                    .attributes()
                    .map(|pair| (pair.key.to_string(), pair.value.to_string()))
                    .collect();
                assert_eq!(attributes["db.client.connection.pool.name"], "orders");
                let state = attributes
                    .get("db.client.connection.state")
                    .map_or("", String::as_str);
                values.insert(
                    format!("{} {state}", metric.name()).trim().to_owned(),
                    point.value(),
                );
            }
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_measured_while_it_exists() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    global::set_meter_provider(provider.clone());
    let options = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1);
    let pool = options
        .connect("sqlite::memory:")
        .await
        .expect("a database in memory");
    let pool = TracedPool::new(pool).observe("orders");
    let used = pool.acquire().await.expect("a connection");
    let values = collect(&provider, &exporter);
    assert_eq!(values["db.client.connection.count used"], 1);
    assert_eq!(values["db.client.connection.max"], 1);
    assert_eq!(values["db.client.connection.idle.min"], 1);
    drop(used);
    // A task of sqlx returns the connection.
    while pool.num_idle() == 0 {
        tokio::task::yield_now().await;
    }
    let values = collect(&provider, &exporter);
    assert_eq!(values["db.client.connection.count used"], 0);
    assert_eq!(values["db.client.connection.count idle"], 1);
    drop(pool);
    assert!(collect(&provider, &exporter).is_empty());
}
