//! The endpoint for Prometheus: its response, and its behaviour on invalid requests and under load.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

// A crate that is never referenced is not linked.
use floe_telemetry_prometheus as _;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::metrics::Metric;
use floe_telemetry::{Error, MetricRecorder, TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{ReservedPort, TIMEOUT, Written, document, url};
use opentelemetry::KeyValue;

use super::pipeline::NEVER;

static METRICS: MetricRecorder = MetricRecorder::new("orders");

#[traced(name = "orders.load", metrics)]
fn load(works: bool) -> Result<(), &'static str> {
    if works { Ok(()) } else { Err("refused") }
}

fn start(port: u16) -> Result<TelemetryProvider, Error> {
    start_at("127.0.0.1", port)
}

fn start_at(host: &str, port: u16) -> Result<TelemetryProvider, Error> {
    let mut config = TelemetryConfig::new("scraped");
    config.exporters.metrics = Some(vec![ExporterKind::Prometheus]);
    host.clone_into(&mut config.metrics.prometheus.host);
    config.metrics.prometheus.port = port;
    TelemetryProvider::builder(config).with_span_exporter(MemoryExporter::new()).initialize()
}

fn record() {
    METRICS.increment(
        Metric::new("orders.rows")
            .with_unit("{row}")
            .with_description("Rows, \"quoted\"\nand so on."),
        25,
        &[KeyValue::new("table.name", "or\"ders\n"), KeyValue::new("url", url())],
    );
    METRICS.increment("orders.tests_total", 2, &[]);
    METRICS.set_gauge(Metric::new("orders.size").with_unit("By"), 1.5, &[]);
    let duration = Metric::new("orders.duration").with_unit("s").with_boundaries(&[1.0, 10.0]);
    METRICS.record_histogram(duration, 0.5, &[]);
    METRICS.record_histogram(duration, 5, &[]);
    METRICS.record_histogram(duration, 50, &[]);
    let labels = [("le", "a"), ("exported_le", "b"), ("quantile", "c")]
        .map(|(key, value)| KeyValue::new(key, value));
    METRICS.record_histogram("orders.wait", 1, &labels);
    load(true).unwrap();
    load(false).unwrap_err();
}

fn send(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(NEVER)).unwrap();
    // The server may close the connection before the request is written.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(port: u16) -> String {
    send(port, b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

fn head(port: u16) -> String {
    send(port, b"HEAD /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// Returns the status of a scrape whose head contains `line`.
fn status(port: u16, line: &str) -> String {
    let answer = send(port, format!("GET /metrics HTTP/1.0\r\n{line}\r\n").as_bytes());
    answer.split(' ').nth(1).unwrap().to_owned()
}

/// A foreign host name is refused, which prevents DNS rebinding: once a page of `shop.example` is loaded, the name
/// leads to 127.0.0.1, and the page may read the response.
#[alone]
fn a_host_name_of_others_gets_no_metrics() {
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let telemetry = start(port).unwrap();
    for (host, expected) in [
        ("", "200"),
        ("host: localhost\r\n", "200"),
        ("host: LocalHost:9464\r\n", "200"),
        ("host: 127.0.0.1:9464\r\n", "200"),
        ("host: 10.1.2.3\r\n", "200"),
        ("host: [::1]:9464\r\n", "200"),
        ("host: shop.example\r\n", "421"),
        ("host: shop.example:9464\r\n", "421"),
        ("host: localhost.shop.example\r\n", "421"),
        ("host: 127.0.0.1.shop.example\r\n", "421"),
        ("host: [::1].shop.example\r\n", "421"),
        ("host: [::1].shop.example:9464\r\n", "421"),
        ("host: \r\n", "421"),
    ] {
        assert_eq!(status(port, host), expected, "{host}");
    }

    telemetry.shutdown(TIMEOUT).unwrap();
    // An address that other machines reach accepts the host names that they use.
    let telemetry = start_at("0.0.0.0", port).unwrap();
    assert_eq!(status(port, "host: orders.shop.svc:9464\r\n"), "200");
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[test]
fn a_reader_of_the_configuration_file_is_the_endpoint() {
    let read = |exporter: &str| {
        let reader = format!("{{readers: [{{pull: {{exporter: {{{exporter}}}}}}}]}}");
        let text = format!("file_format: '1.0'\nmeter_provider: {reader}\n");
        TelemetryConfig::from_config_file(document(&text).path())
    };

    let config = read("prometheus/development: {host: 0.0.0.0, port: 9999}").unwrap();
    let error = read("prometheus: {port: 0}").unwrap_err();
    let expected = "line 2, column 66: meter_provider.readers.0.pull.exporter.prometheus.port: expected 1 to 65535, found 0";
    assert!(error.to_string().contains(expected), "{error}");
    let prometheus = &config.metrics.prometheus;
    assert_eq!((&*prometheus.host, prometheus.port), ("0.0.0.0", 9999));
    let chosen = Some(vec![ExporterKind::Prometheus]);
    assert_eq!(config.exporters.metrics, chosen);
}

#[alone]
fn recorded_metrics_are_scraped() {
    let log = Written::default();
    tracing_subscriber::fmt().with_writer(log.writer()).with_ansi(false).init();
    let reserved = ReservedPort::new();
    let port = reserved.number();

    let other = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let error = start(port).unwrap_err().to_string();
    assert!(error.contains(&format!("cannot listen on `127.0.0.1` port {port}")), "{error}");
    drop(other);

    let telemetry = start(port).unwrap();
    record();
    telemetry.force_flush(TIMEOUT).unwrap();
    check(&get(port));
    hostile(port);
    check(&get(port));
    let renamed = "a label is renamed for Prometheus metric=\"orders_wait\" from=\"le\" to=\"exported_exported_le\"";
    assert_eq!(log.take().matches(renamed).count(), 1);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    // The port is free again.
    let telemetry = start(port).unwrap();
    assert!(get(port).contains("target_info"));
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[track_caller]
fn check(answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    // The library's own series have its version, which is the same for all packages.
    let version = format!(",otel_scope_version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(body.contains(&format!("floe.telemetry\"{version}")), "{body}");
    let body = &body.replace(&version, "");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    for expected in [
        "# HELP orders_rows_total Rows, \"quoted\"\\nand so on.\n# TYPE orders_rows_total counter\n",
        "orders_rows_total{table_name=\"or\\\"ders\\n\",url=\"postgres://<REDACTED>@db/orders\",otel_scope_name=\"orders\"} 25\n",
        "orders_tests_total{otel_scope_name=\"orders\"} 2\n",
        "# TYPE orders_size_bytes gauge\norders_size_bytes{otel_scope_name=\"orders\"} 1.5\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"1\"} 1\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"10\"} 2\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"+Inf\"} 3\n",
        "orders_duration_seconds_sum{otel_scope_name=\"orders\"} 55.5\n",
        "orders_duration_seconds_count{otel_scope_name=\"orders\"} 3\n",
        "service_name=\"scraped\"",
        "traces_span_metrics_errors_total{component=\"global::prometheus\",span_kind=\"SPAN_KIND_INTERNAL\",span_name=\"orders.load\",status_code=\"STATUS_CODE_ERROR\",otel_scope_name=\"floe.telemetry\"} 1\n",
        "otel_sdk_processor_span_queue_size{otel_component_name=\"batching_span_processor/0\",otel_component_type=\"batching_span_processor\",otel_scope_name=\"floe.telemetry\"} 0\n",
    ] {
        assert!(body.contains(expected), "{expected}\n{body}");
    }

    assert!(!body.contains("hunter2XyZ"));
    // A label of a program that buckets have, too.
    let buckets = "orders_wait_bucket{exported_le=\"b\",exported_exported_le=\"a\",quantile=\"c\",otel_scope_name=\"orders\",le=\"+Inf\"} 1\n";
    assert!(body.contains(buckets), "{body}");
    // Each metric family appears once.
    let mut types: Vec<_> = body.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let all = types.len();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), all, "{body}");
}

/// Checks that invalid requests neither stop the endpoint nor get metrics in response.
fn hostile(port: u16) {
    let long = format!("GET /metrics HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for (request, expected) in [
        (&b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], "404"),
        (b"POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n", "405"),
        (b"POST /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n", "allow: GET, HEAD"),
        (b"GET /metrics HTTP/9.9\r\n\r\n", ""),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""),
        (b"GET \xff\xfe HTTP/1.1\r\n\r\n", ""),
        (b"\r\n\r\n\r\n\r\n\r\n", ""),
        (long.as_bytes(), ""),
    ] {
        // The server gives up an incomplete request after a short timeout.
        let answer = send(port, request);
        assert!(!answer.contains("orders_rows"), "{answer}");
        assert!(answer.contains(expected), "{answer}");
    }

    let head = head(port);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");

    // Scrapes are answered, although more connections than the limit send only a part of a request.
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut one = TcpStream::connect(("127.0.0.1", port)).unwrap();
        one.write_all(b"GET").unwrap();
        silent.push(one);
        assert!(get(port).contains("200 OK"));
    }
}

/// Sends a request, and reads only the beginning of the response.
fn slow_client(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// Long labels are cut, because each line of a histogram repeats them.
#[alone]
fn long_labels_are_cut_and_slow_clients_delay_nobody() {
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let telemetry = start(port).unwrap();
    for number in 0..600 {
        let label = [KeyValue::new("text", format!("{number:09}{}", "x".repeat(3_000)))];
        METRICS.record_histogram(Metric::new("orders.wait"), 1.0, &label);
    }

    let slow: Vec<_> = (0..7).map(|_| slow_client(port)).collect();
    let answer = get(port);
    drop(slow);
    assert!(answer.contains("200 OK"));
    let series = |name| answer.lines().filter(move |line| line.starts_with(name));
    let mut values: Vec<_> = series("orders_wait_count{").collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), 600, "each series keeps its own label");
    assert!(values.iter().all(|line| line.len() < 1_200), "{}", values[0]);
    telemetry.shutdown(TIMEOUT).unwrap();
}
