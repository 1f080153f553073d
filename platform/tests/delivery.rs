//! Delivery of a run's telemetry over real sockets: the same spans over gRPC and over HTTP, and all spans of a large
//! product.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::Mode;
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use floe_tests::{
    MetricValue, ReceivedPoint, ReceivedSpan, ReceivedStatus, Receiver, Response,
    assert_conventions, over_both,
};

use crate::product::Product;

const TIMEOUT: Duration = Duration::from_secs(30);

fn assert_identity(spans: &[ReceivedSpan], product: &str, namespace: &str, version: &str) {
    for span in spans {
        for (key, value) in [
            ("floe.namespace", namespace),
            ("floe.product.name", product),
            ("floe.product.version", version),
            ("floe.mode", "dev"),
        ] {
            assert_eq!(span.attributes[key], value, "{} of {}", key, span.name);
            assert_eq!(span.resource[key], value, "{} of {}", key, span.name);
        }
        assert_eq!(span.resource["service.name"], product);
        for key in ["deployment.environment.name", "deployment.environment"] {
            assert_eq!(span.resource[key], "dev", "{key} of {}", span.name);
        }
    }
}

/// Asserts that the spans are one trace with one root, and that every parent exists.
fn assert_one_tree(spans: &[ReceivedSpan]) {
    let traces: HashSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!(traces.len(), 1);
    let ids: HashSet<_> = spans.iter().map(|span| span.span_id.as_str()).collect();
    assert_eq!(ids.len(), spans.len());
    let roots: Vec<_> = spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0].name, "floe.pipeline.run");
    assert!(
        spans.iter().all(
            |span| span.parent_span_id.is_empty() || ids.contains(span.parent_span_id.as_str())
        )
    );
    for span in spans {
        // Only the times of the same span are compared, because the wall clock may be set between two spans.
        assert!(span.start_unix_nano <= span.end_unix_nano, "{}", span.name);
    }
}

fn assert_metrics(points: &[ReceivedPoint], spans: usize) {
    let of = |name: &str| -> Vec<&ReceivedPoint> {
        let found: Vec<_> = points.iter().filter(|point| point.name == name).collect();
        assert!(!found.is_empty(), "{name}");
        found
    };
    let sum = |name: &str| -> f64 {
        let value = |point: &&ReceivedPoint| match point.value {
            MetricValue::Sum(value) | MetricValue::Gauge(value) => value,
            MetricValue::Histogram(count, ..) | MetricValue::Exponential(count, ..) => {
                f64::from(u32::try_from(count).unwrap())
            }
        };
        of(name).iter().map(value).sum()
    };
    let near = |name: &str, expected: f64| {
        let sum = sum(name);
        assert!((sum - expected).abs() < 1e-9, "{name}: {sum}");
    };
    near("floe.pipeline.runs", 1.0);
    near("floe.pipeline.failures", 0.0);
    near("floe.pipeline.duration", 1.0);
    near("floe.transform.duration", 16.0);
    for (name, status) in [
        ("floe.pipeline.runs", "floe.pipeline.status"),
        ("floe.asset.materializations", "floe.asset.status"),
    ] {
        assert_eq!(of(name)[0].attributes[status], "success");
    }
    let rows = of("floe.transform.rows_affected");
    let customers = rows.iter().find(|point| {
        point.attributes["floe.transform.model"] == "customer_360"
            && point.attributes["floe.transform.layer"] == "gold"
    });
    assert!(matches!(customers.unwrap().value, MetricValue::Gauge(rows) if rows > 0.0));
    // A plugin's metrics have its scope, as its spans have.
    for (name, scope) in [
        ("floe.pipeline.runs", "floe.pipeline"),
        ("floe.compute.validation_duration", "floe.compute.sqlite"),
        ("floe.quality.tests_total", "floe.quality.sql"),
        ("floe.lineage.events", "floe.lineage.file"),
    ] {
        assert!(of(name).iter().all(|point| point.scope == scope), "{name}");
    }
    // The product has five sources and sixteen models.
    near("floe.asset.materializations", 21.0);
    // Each of the two exporters has a processor, which counts every span.
    near("otel.sdk.processor.span.processed", 2.0 * f64::from(u32::try_from(spans).unwrap()));
    let resource = &of("floe.pipeline.runs")[0].resource;
    assert_eq!(resource["floe.product.name"], "customer-360");
}

#[test]
fn the_demo_exports_the_same_spans_over_grpc_and_http() {
    let grpc = Receiver::grpc();
    let http = Receiver::http();
    let product = Product::demo("customer-360");
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    let mut config = definition.telemetry.clone();
    // A long run would export its metrics more than once.
    config.metrics.export_interval_millis = 3_600_000;
    let file = over_both(&grpc.endpoint(), &http.endpoint());
    config.otlp = TelemetryConfig::from_config_file(file).unwrap().otlp;
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    let report = pipeline::run(&definition, &RunId::new());
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(report.is_ok());

    let sorted = |receiver: &Receiver| {
        let mut spans = receiver.spans();
        spans.sort_by(|a, b| a.span_id.cmp(&b.span_id));
        spans
    };
    let over_grpc = sorted(&grpc);
    let over_http = sorted(&http);
    assert_eq!(over_grpc.len(), over_http.len());
    for (one, other) in over_grpc.iter().zip(&over_http) {
        assert_eq!(one, other);
        assert_eq!(one.status, ReceivedStatus::Ok, "{}", one.name);
    }
    for receiver in [&grpc, &http] {
        assert_metrics(&receiver.points(), over_grpc.len());
    }
    assert_one_tree(&over_grpc);
    assert_conventions(&over_grpc);
    assert_identity(&over_grpc, "customer-360", "default", "1.2.0");
    let tree = floe_tests::tree(&over_grpc);
    assert!(
        tree.starts_with(
            "floe.pipeline.run\n  floe.compile\n    floe.compile.stage1\n    floe.compile.stage2\n"
        ),
        "{tree}"
    );
    for asset in ["customers", "order_items", "stg_orders", "customer_360", "churn_risk"] {
        assert!(tree.contains(&format!("\n    floe.asset.{asset}\n")), "{tree}");
    }
}

/// Returns a product of `count` assets: one source, and models that read it and have a check.
fn large(count: usize) -> Product {
    let product = Product::shop();
    let mut spec = String::from(
        "name: shop\nversion: 1.0.0\nsources:\n  - name: orders\n    path: data/orders.csv\n    columns:\n      - { name: order_id, type: integer }\n      - { name: ordered_on, type: date }\nmodels:\n",
    );
    for number in 1..count {
        let name = format!("model_{number}");
        let check = "checks: [{ not_null: order_id }]";
        spec.extend(["  - name: ", &name, "\n    layer: bronze\n    ", check, "\n"]);
        product
            .write(&format!("models/{name}.sql"), "SELECT order_id FROM {{ source('orders') }}\n");
    }
    product.write("floe.yaml", &spec);
    product
}

/// The spans of 800 assets exceed the library's default queue, and end faster than they are exported. The runs are in a
/// process of the test, because `floe` itself waits only five seconds for the delivery.
#[test]
fn the_spans_of_a_large_product_are_all_delivered() {
    floe_tests::alone!();
    let receiver = Receiver::grpc();
    let product = large(800);
    for is_failed in [false, true] {
        let before = receiver.spans().len();
        let environment = if is_failed { Mode::Prod } else { Mode::Dev };
        if is_failed {
            product.write("models/model_799.sql", "SELECT nothing FROM {{ source('orders') }}\n");
            product.append("manifest.yaml", "telemetry: { sampling: { prod: 0.0 } }");
        }
        let definition = Definition::read(&product.path(""), None, Some(environment)).unwrap();
        let mut config = definition.telemetry.clone();
        config.otlp_endpoint = Some(receiver.endpoint());
        config.otlp_protocol = Some(OtlpProtocol::Grpc);
        let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        // The receiver throttles the first requests, each with a delay of one second, while most spans end.
        let delay = Duration::from_secs(1);
        receiver.respond(Response::Throttled { delay });
        let requests = receiver.requests().len();
        let report = thread::scope(|scope| {
            scope.spawn(|| {
                receiver.wait_for_requests(requests + 3);
                receiver.respond(Response::Ok);
            });
            let report = pipeline::run(&definition, &RunId::new());
            telemetry.shutdown(TIMEOUT).unwrap();
            report
        });
        assert_eq!(report.is_err(), is_failed, "{report:?}");
        let spans = &receiver.spans()[before..];
        assert_one_tree(spans);
        let assets = spans.iter().filter(|span| span.name.starts_with("floe.asset."));
        assert_eq!(assets.count(), 800);
        let lineage = spans.iter().filter(|span| span.name == "lineage.emit_event").count();
        assert!(lineage * 4 < spans.len(), "{lineage} of {}", spans.len());
        let points = receiver.points();
        let lost = points.iter().filter(|point| {
            point.name == "otel.sdk.processor.span.processed"
                && point.attributes.contains_key("error.type")
        });
        for point in lost {
            assert_eq!(point.value, MetricValue::Sum(0.0), "{point:?}");
        }
    }
}
