//! Each view of a configuration file makes a metric of an instrument that it selects, or drops the instrument.

use floe_telemetry::{TelemetryProvider, init, traced};
use floe_tests::{ReceivedPoint, Receiver, TIMEOUT, Value, document, program};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;

const VIEWS: &str = "
    - {selector: {instrument_name: requests}, stream: {name: by.shop, attribute_keys: {included: [shop]}}}
    - {selector: {instrument_name: requests}, stream: {name: described, description: Fewer, aggregation_cardinality_limit: 1}}
    - {selector: {instrument_name: requests}, stream: {name: sizes, aggregation: {explicit_bucket_histogram: {boundaries: [1, 4]}}}}
    - {selector: {instrument_name: requests}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: 'see?', instrument_type: counter}, stream: {attribute_keys: {included: [shop]}}}
    - {selector: {instrument_name: 'see?', instrument_type: gauge}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: wait}, stream: {name: wait.sum, aggregation: {sum: }}}
    - {selector: {instrument_name: wait}, stream: {name: wait.buckets, aggregation: {base2_exponential_bucket_histogram: {max_scale: 0, max_size: 4}}}}
    - {selector: {instrument_name: spread}, stream: {name: spread.renamed}}
    - {selector: {instrument_name: level}, stream: {name: level.last, aggregation: {last_value: }, attribute_keys: {excluded: ['user.*']}}}
    - {selector: {instrument_name: pairs, meter_name: driver}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: tagged}, stream: {name: tagged.all, attribute_keys: {included: ['user.*'], excluded: [user.id]}}}
    - {selector: {instrument_name: kept, meter_name: other}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: kept, unit: s, meter_version: '1', meter_schema_url: a}, stream: {aggregation: {drop: }}}
    - {selector: {meter_name: noisy}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: traces.span.metrics.calls}, stream: {attribute_keys: {excluded: ['span.*']}}}";

const EXPECTED: [(&str, &[&str]); 11] = [
    ("by.shop", &["Sum(5.0) shop=b", "Sum(7.0) shop=a"]),
    (
        "described",
        &["Sum(3.0) shop=a user.id=1 user.role=admin", "Sum(9.0) otel.metric.overflow=true"],
    ),
    (
        "sizes",
        &[
            "Histogram(1, 3.0, [1.0, 4.0], [0, 1, 0]) shop=a user.id=1 user.role=admin",
            "Histogram(1, 4.0, [1.0, 4.0], [0, 1, 0]) shop=a user.id=2 user.role=admin",
            "Histogram(1, 5.0, [1.0, 4.0], [0, 0, 1]) shop=b user.id=3 user.role=admin",
        ],
    ),
    ("wait.sum", &["Sum(101.0) "]),
    ("wait.buckets", &["Exponential(2, 101.0, 3) "]),
    ("spread.renamed", &["Exponential(1, 2.0, 1) "]),
    ("level.last", &["Gauge(7.0) shop=a"]),
    ("seen", &["Sum(3.0) shop=a"]),
    ("tagged.all", &["Sum(3.0) user.role=admin"]),
    ("kept", &["Sum(1.0) shop=a user.id=1 user.role=admin"]),
    ("traces.span.metrics.calls", &["Sum(1.0) component=global::views status.code=STATUS_CODE_OK"]),
];

#[traced(metrics)]
fn counted() {}

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
    meter.f64_histogram("spread").build().record(2.0, &[]);
    let _level = meter
        .i64_observable_gauge("level")
        .with_callback(move |observer| observer.observe(7, &attributes("a", 1)))
        .build();
    meter.u64_counter("seen").build().add(3, &attributes("a", 1));
    meter.u64_gauge("seek").build().record(3, &[]);
    let tagged = meter.u64_counter("tagged").build();
    tagged.add(1, &attributes("a", 1));
    tagged.bind(&attributes("b", 2)).add(2);
    meter.u64_counter("pairs").build().add(1, &[]);
    meter.u64_counter("kept").with_unit("s").build().add(1, &attributes("a", 1));
    provider.meter("noisy").u64_counter("noise").build().add(1, &[]);
    counted();
}

fn points(points: &[ReceivedPoint], name: &str) -> Vec<String> {
    let of_name = points.iter().filter(|point| point.name == name);
    let mut found: Vec<_> = of_name
        .map(|point| {
            let values: Vec<_> = point
                .attributes
                .iter()
                .map(|(key, value)| format!("{key}={}", text(value)))
                .collect();
            format!("{:?} {}", point.value, values.join(" "))
        })
        .collect();
    found.sort();
    found
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn each_view_makes_a_metric() {
    let program = program!({
        let telemetry = init().unwrap();
        measure();
        telemetry.shutdown(TIMEOUT).unwrap();
    });
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let written = document(&format!(
        "file_format: '1.0'
meter_provider:
  readers:
    - periodic:
        exporter: {{otlp_http: {{endpoint: '{endpoint}/v1/metrics', default_histogram_aggregation: base2_exponential_bucket_histogram}}}}
  views:{VIEWS}"
    ));
    let file = written.path().to_str().unwrap();
    let (stdout, stderr) = program.run(&[("OTEL_CONFIG_FILE", file)]);
    let all = receiver.points();
    for (name, expected) in EXPECTED {
        assert_eq!(points(&all, name), expected, "{name}: {stdout}{stderr}");
    }

    for absent in ["requests", "seek", "level", "pairs", "noise"] {
        assert!(points(&all, absent).is_empty(), "{absent}");
    }

    assert!(!stderr.contains("meter_provider"), "{stderr}");
}
