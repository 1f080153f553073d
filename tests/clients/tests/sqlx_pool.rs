//! The metrics of a pool of sqlx. The test is a program of its own, because the meter provider is global.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

use std::collections::BTreeMap;

use floe_telemetry_sqlx::TracedPool;
use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use sqlx::query;
use sqlx::sqlite::SqlitePoolOptions;

/// Returns the values of a new collection, by metric, name of the pool and state.
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
                let pool = &attributes["db.client.connection.pool.name"];
                let state = attributes.get("db.client.connection.state").map_or("", String::as_str);
                let key = format!("{} of {pool} {state}", metric.name());
                values.insert(key.trim().to_owned(), point.value());
            }
        }
    }
    values
}

/// Returns each series with its number of queries.
fn durations(provider: &SdkMeterProvider, exporter: &InMemoryMetricExporter) -> Vec<String> {
    exporter.reset();
    provider.force_flush().expect("a collection");
    let mut series = Vec::new();
    for resource in exporter.get_finished_metrics().expect("metrics") {
        for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
            if metric.name() != "db.client.operation.duration" {
                continue;
            }
            assert_eq!(metric.unit(), "s");
            let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else {
                panic!("{metric:?}");
            };
            for point in histogram.data_points() {
                let bounds: Vec<_> = point.bounds().collect();
                assert_eq!(bounds, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0]);
                let mut attributes: Vec<_> =
                    point.attributes().map(|it| format!("{}={}", it.key, it.value)).collect();
                attributes.sort();
                series.push(format!("{} of {}", point.count(), attributes.join(" ")));
            }
        }
    }
    series.sort();
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_and_its_queries_are_measured() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    global::set_meter_provider(provider.clone());
    let options = SqlitePoolOptions::new().min_connections(1).max_connections(1);
    let plain = options.connect("sqlite::memory:").await.expect("a database in memory");
    let pool = TracedPool::new(plain).observe("orders");
    let of_reports = pool.clone().observe("reports");
    let used = pool.acquire().await.expect("a connection");
    let values = collect(&provider, &exporter);
    assert_eq!(values["db.client.connection.count of orders used"], 1);
    assert_eq!(values["db.client.connection.max of orders"], 1);
    assert_eq!(values["db.client.connection.idle.min of orders"], 1);
    drop(used);
    // A task of sqlx returns the connection.
    while pool.num_idle() == 0 {
        tokio::task::yield_now().await;
    }
    let values = collect(&provider, &exporter);
    assert_eq!(values["db.client.connection.count of orders used"], 0);
    assert_eq!(values["db.client.connection.count of orders idle"], 1);

    let pool = pool.url("mysql://root:hunter2@db/shop").attribute("tenant", "a");
    for text in ["SELECT 'ada'", "SELECT 'bob'"] {
        query(text).fetch_one(&pool).await.expect("a row");
    }
    let missing = query("SELECT 1 FROM missing").execute(&pool);
    missing.await.expect_err("there is no such table");
    let mut connection = pool.acquire().await.expect("a connection");
    let one = query("SELECT 1").fetch_all(connection.executor());
    assert_eq!(one.await.expect("rows").len(), 1);
    drop(connection);
    assert_eq!(
        durations(&provider, &exporter),
        [
            "1 of db.namespace=shop db.query.summary=SELECT missing db.response.status_code=1 \
             db.system.name=sqlite error.type=1 server.address=db",
            "3 of db.namespace=shop db.query.summary=SELECT db.system.name=sqlite server.address=db",
        ]
    );

    // The last values are exported once, because a short program drops its pools before its metrics are due.
    drop((pool, of_reports));
    let values = collect(&provider, &exporter);
    assert_eq!(values["db.client.connection.max of orders"], 1);
    assert_eq!(values["db.client.connection.max of reports"], 1);
    assert!(collect(&provider, &exporter).is_empty());
}
