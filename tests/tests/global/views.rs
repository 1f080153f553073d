//! Each view of a configuration file that selects an instrument makes a metric of it, as the view says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use floe_telemetry::{TelemetryProvider, init};
use floe_tests::{ReceivedPoint, Receiver, Value, is_child, run_in_child};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;

const TIMEOUT: Duration = Duration::from_secs(30);

const VIEWS: &str = "
    - {selector: {instrument_name: requests}, stream: {name: by.shop, attribute_keys: {included: [shop]}}}
    - {selector: {instrument_name: requests}, stream: {name: without.user, description: Fewer, attribute_keys: {excluded: ['user.*']}}}
    - {selector: {instrument_name: requests}, stream: {name: tagged, attribute_keys: {included: ['user.*'], excluded: [user.id]}}}
    - {selector: {instrument_name: requests}, stream: {name: sizes, aggregation: {explicit_bucket_histogram: {boundaries: [1, 4]}}}}
    - {selector: {instrument_name: requests}, stream: {name: SIZES, aggregation: {sum: }}}
    - {selector: {instrument_name: requests}, stream: {name: limited, aggregation_cardinality_limit: 1}}
    - {selector: {instrument_name: requests}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: 'see?'}, stream: {attribute_keys: {excluded: ['user.*']}}}
    - {selector: {instrument_name: seen}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: watched}, stream: {attribute_keys: {excluded: ['user.*']}}}
    - {selector: {instrument_name: 'one.*'}, stream: {name: one}}
    - {selector: {instrument_name: both}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: both}, stream: {aggregation_cardinality_limit: 10}}
    - {selector: {instrument_name: wait}, stream: {name: wait.sum, aggregation: {sum: }}}
    - {selector: {instrument_name: wait}, stream: {name: wait.buckets, aggregation: {base2_exponential_bucket_histogram: {max_scale: 0, max_size: 4}}}}
    - {selector: {instrument_name: wait}, stream: {name: wait.last, aggregation: {last_value: }}}
    - {selector: {instrument_name: level}, stream: {name: level.last, aggregation: {last_value: }, attribute_keys: {excluded: [user.id]}}}
    - {selector: {instrument_name: old, meter_version: '1.*'}, stream: {name: none}}
    - {selector: {instrument_name: old, meter_version: '1.2', meter_schema_url: 'https://a'}, stream: {name: new}}";

const EXPECTED: [(&str, &[&str]); 14] = [
    ("by.shop", &["Sum(5.0) shop=b", "Sum(7.0) shop=a"]),
    ("without.user", &["Sum(5.0) shop=b", "Sum(7.0) shop=a"]),
    ("tagged", &["Sum(12.0) user.role=admin"]),
    (
        "sizes",
        &[
            "Histogram(1, 3.0, [1.0, 4.0], [0, 1, 0]) shop=a user.id=1 user.role=admin",
            "Histogram(1, 4.0, [1.0, 4.0], [0, 1, 0]) shop=a user.id=2 user.role=admin",
            "Histogram(1, 5.0, [1.0, 4.0], [0, 0, 1]) shop=b user.id=3 user.role=admin",
        ],
    ),
    (
        "limited",
        &["Sum(3.0) shop=a user.id=1 user.role=admin", "Sum(9.0) otel.metric.overflow=true"],
    ),
    ("wait.sum", &["Sum(101.0) "]),
    ("wait.buckets", &["Exponential(2, 101.0, 3) "]),
    ("level.last", &["Gauge(7.0) shop=a user.role=admin"]),
    ("new", &["Sum(1.0) "]),
    ("seen", &["Sum(3.0) shop=a"]),
    ("watched", &["Sum(7.0) shop=a"]),
    ("both", &["Sum(2.0) "]),
    ("one", &["Sum(1.0) "]),
    ("one.b", &["Sum(2.0) "]),
];

fn measure() {
    let provider = TelemetryProvider::meter_provider();
    let meter = provider.meter("driver");
    let attributes = |shop: &'static str, id: i64| {
        [
            KeyValue::new("shop", shop),
            KeyValue::new("user.id", id),
            KeyValue::new("user.role", "admin"),
        ]
    };
    let requests = meter.u64_counter("requests").build();
    requests.add(3, &attributes("a", 1));
    requests.bind(&attributes("a", 2)).add(4);
    let requests = meter.u64_counter("requests").build();
    requests.add(5, &attributes("b", 3));
    let wait = meter.f64_histogram("wait").build();
    wait.record(1.0, &[]);
    wait.bind(&[]).record(100.0);
    let _level = meter
        .i64_observable_gauge("level")
        .with_callback(move |observer| observer.observe(7, &attributes("a", 1)))
        .build();
    meter.u64_counter("seen").build().add(3, &attributes("a", 1));
    meter.u64_counter("both").build().add(2, &[]);
    meter.u64_counter("one.a").build().add(1, &[]);
    meter.u64_counter("one.b").build().add(2, &[]);
    let _watched = meter
        .u64_observable_counter("watched")
        .with_callback(move |observer| observer.observe(7, &attributes("a", 1)))
        .build();
    let pairs = meter.u64_gauge("pairs").build();
    for number in 0..10 {
        pairs.record(3, &[KeyValue::new("number", number)]);
    }
    let scope = opentelemetry::InstrumentationScope::builder("old.driver");
    let scope = scope.with_version("1.2").with_schema_url("https://a");
    let old = provider.meter_with_scope(scope.build());
    old.u64_counter("old").build().add(1, &[]);
}

/// The values and attributes of a metric, in order.
fn points(points: &[ReceivedPoint], name: &str) -> Vec<String> {
    let of_name = points.iter().filter(|point| point.name == name);
    let mut found: Vec<_> = of_name
        .map(|point| {
            let values = point.attributes.iter();
            let values = values.map(|(key, value)| format!("{key}={}", text(value)));
            let values: Vec<_> = values.collect();
            format!("{:?} {}", point.value, values.join(" "))
        })
        .collect();
    found.sort();
    found
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_view_makes_a_metric() {
    if is_child() {
        let telemetry = init().unwrap();
        measure();
        telemetry.shutdown(TIMEOUT).unwrap();
        return;
    }
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otel.yaml");
    let text = format!(
        "file_format: '1.0'
meter_provider:
  readers:
    - periodic:
        cardinality_limits: {{gauge: 3}}
        exporter: {{otlp_http: {{endpoint: '{endpoint}/v1/metrics'}}}}
  views:{VIEWS}"
    );
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let (stdout, stderr) =
        run_in_child("views::each_view_makes_a_metric", &[("OTEL_CONFIG_FILE", file)]);
    let all = receiver.points();
    for (name, expected) in EXPECTED {
        assert_eq!(points(&all, name), expected, "{name}: {stdout}{stderr}");
    }
    // The limit of the reader for gauges, and the overflow.
    assert_eq!(points(&all, "pairs").len(), 4);
    for absent in ["requests", "SIZES", "wait.last", "level", "old", "none"] {
        assert!(points(&all, absent).is_empty(), "{absent}");
    }
    for warning in [
        "`SIZES`: expected another `name` than metrics.views.3 makes of `requests`",
        "`one.b`: expected another `name` than `one`, which is that of `one.a`",
        "`wait`: expected an aggregation that a Histogram can have, found LastValue",
    ] {
        assert_eq!(stderr.matches(warning).count(), 1, "{stderr}");
    }
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
}
