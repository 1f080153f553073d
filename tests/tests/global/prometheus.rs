//! The endpoint for Prometheus: its response, and its behaviour on invalid requests and under load. One test in each
//! process, because a process has one provider.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use std::{fs, thread};

// A crate that is never referenced is not linked.
use floe_telemetry_prometheus as _;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::metrics::Metric;
use floe_telemetry::{
    Error, MetricRecorder, TelemetryConfig, TelemetryProvider, propagation, traced,
};
use floe_tests::ReservedPort;
use opentelemetry::KeyValue;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Longer than the test may take.
const NEVER: Duration = Duration::from_secs(3600);

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

/// Returns the label of the exemplars.
#[traced]
fn measure() -> String {
    METRICS.increment("orders.seen", 3, &[]);
    METRICS.set_gauge("orders.level", 3, &[]);
    let wait = Metric::new("orders.wait").with_unit("s");
    METRICS.record_histogram(wait.with_boundaries(&[1.0, 10.0]), 5, &[]);
    let ids = (propagation::current_trace_id(), propagation::current_span_id());
    let (trace_id, span_id) = (ids.0.unwrap(), ids.1.unwrap());
    format!(" # {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}}")
}

fn record() {
    let url = format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"));
    METRICS.increment(
        Metric::new("orders.rows")
            .with_unit("{row}")
            .with_description("Rows, \"quoted\"\nand so on."),
        25,
        &[KeyValue::new("table.name", "or\"ders\n"), KeyValue::new("url", url)],
    );
    METRICS.set_gauge(Metric::new("orders.size").with_unit("By"), 1.5, &[]);
    let duration = Metric::new("orders.duration").with_unit("s");
    let duration = duration.with_boundaries(&[1.0, 10.0]);
    METRICS.record_histogram(duration, 0.5, &[]);
    METRICS.record_histogram(duration, 5, &[]);
    METRICS.record_histogram(duration, 50, &[]);
    load(true).unwrap();
    load(false).unwrap_err();
}

/// Reads the whole response.
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

/// `line` is in the head of the scrape.
fn status(port: u16, line: &str) -> String {
    let answer = send(port, format!("GET /metrics HTTP/1.0\r\n{line}\r\n").as_bytes());
    answer.split(' ').nth(1).unwrap().to_owned()
}

/// A page of `shop.example`, whose name leads to 127.0.0.1 once the page is loaded, reads the response of its own name.
#[test]
fn a_name_that_others_give_this_machine_gets_no_metrics() {
    floe_tests::alone!();
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
    // An address that others reach has the names that they give it.
    let telemetry = start_at("0.0.0.0", port).unwrap();
    assert_eq!(status(port, "host: orders.shop.svc:9464\r\n"), "200");
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// The head of the response beside this number of other scrapes. They are answered one after the other, and on a slow
/// machine that takes longer than a connection may last, so a client comes again for each of them.
fn head_beside(port: u16, others: usize) -> String {
    let mut answers = (0..=others).map(|_| head(port));
    answers.find(|answer| !answer.is_empty()).unwrap()
}

#[test]
fn a_reader_of_the_configuration_file_is_the_endpoint() {
    if !floe_tests::is_child() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let reader = "prometheus/development: {host: 0.0.0.0, port: 9999, without_scope_info: false, target_info_enabled/development: true, translation_strategy: underscore_escaping_with_suffixes}";
        let text = format!(
            "file_format: \"1.0\"\nmeter_provider: {{readers: [{{pull: {{exporter: {{{reader}}}}}}}]}}"
        );
        fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let this = "prometheus::a_reader_of_the_configuration_file_is_the_endpoint";
        floe_tests::run_in_child(this, &[("OTEL_CONFIG_FILE", path)]);
        return;
    }
    let config = TelemetryConfig::from_env().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let reader = "meter_provider: {readers: [{pull: {exporter: {prometheus: {port: 0}}}}]}";
    fs::write(file.path(), format!("file_format: \"1.0\"\n{reader}\n")).unwrap();
    let error = TelemetryConfig::from_config_file(file.path()).unwrap_err();
    let expected = "line 2, column 66: meter_provider.readers.0.pull.exporter.prometheus.port: expected 1 to 65535, found 0";
    assert!(error.to_string().contains(expected), "{error}");
    let prometheus = &config.metrics.prometheus;
    assert_eq!((&*prometheus.host, prometheus.port), ("0.0.0.0", 9999));
    let chosen = Some(vec![ExporterKind::Prometheus]);
    assert_eq!(config.exporters.metrics, chosen);
}

/// The options of a configuration file select them.
#[test]
fn labels_and_suffixes_are_optional() {
    floe_tests::alone!();
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = "scope_info_enabled: false, target_info_enabled/development: false, translation_strategy: underscore_escaping_without_suffixes/development, resource_constant_labels: {included: ['service*'], excluded: [service.instance.id]}";
    let text = format!(
        "file_format: '1.1'
resource: {{attributes: [{{name: service.name, value: orders}}, {{name: host.name, value: a}}]}}
meter_provider: {{readers: [{{pull: {{exporter: {{prometheus/development: {{host: 127.0.0.1, port: {port}, {options}}}}}}}}}]}}"
    );
    fs::write(file.path(), text).unwrap();
    let config = TelemetryConfig::from_config_file(file.path()).unwrap();
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    METRICS.increment(
        Metric::new("orders.rows").with_unit("{row}"),
        25,
        &[KeyValue::new("table", "a")],
    );
    METRICS.set_gauge(Metric::new("orders.size").with_unit("By"), 1.5, &[]);
    let open = send(
        port,
        b"GET /metrics HTTP/1.1\r\nhost: localhost\r\naccept: application/openmetrics-text\r\n\r\n",
    );
    assert!(open.contains("text/plain; version=0.0.4"), "{open}");
    for line in [
        "orders_rows{service_name=\"orders\",table=\"a\"} 25\n",
        "orders_size{service_name=\"orders\"} 1.5\n",
    ] {
        assert!(open.contains(line), "{open}");
    }
    for absent in ["otel_scope", "target_info", "_total", "_bytes", "host_name"] {
        assert!(!open.contains(absent), "{absent}: {open}");
    }
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[test]
fn recorded_metrics_are_scraped() {
    floe_tests::alone!();
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
    let exemplar = measure();
    // Its span is no longer in the queue, whose size is checked below.
    telemetry.force_flush(TIMEOUT).unwrap();
    check_open_metrics(port, &exemplar);
    assert!(!get(port).contains("trace_id="));
    hostile(port);
    check(&get(port));
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
    // The series of the library have its version, which is the same for all packages.
    let version = format!(",otel_scope_version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(body.contains(&format!("floe.telemetry\"{version}")), "{body}");
    let body = &body.replace(&version, "");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    for expected in [
        "# HELP orders_rows_total Rows, \"quoted\"\\nand so on.\n# TYPE orders_rows_total counter\n",
        "orders_rows_total{otel_scope_name=\"orders\",table_name=\"or\\\"ders\\n\",url=\"postgres://<REDACTED>@db/orders\"} 25\n",
        "# TYPE orders_size_bytes gauge\norders_size_bytes{otel_scope_name=\"orders\"} 1.5\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"1\"} 1\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"10\"} 2\n",
        "orders_duration_seconds_bucket{otel_scope_name=\"orders\",le=\"+Inf\"} 3\n",
        "orders_duration_seconds_sum{otel_scope_name=\"orders\"} 55.5\n",
        "orders_duration_seconds_count{otel_scope_name=\"orders\"} 3\n",
        "service_name=\"scraped\"",
        "traces_span_metrics_errors_total{component=\"global::prometheus\",otel_scope_name=\"floe.telemetry\",span_kind=\"SPAN_KIND_INTERNAL\",span_name=\"orders.load\",status_code=\"STATUS_CODE_ERROR\"} 1\n",
        "floe_telemetry_redactions_total{floe_redaction_rule=\"url-userinfo\",otel_scope_name=\"floe.telemetry\"} 1\n",
        "otel_sdk_processor_span_queue_size{otel_component_name=\"batching_span_processor/0\",otel_component_type=\"batching_span_processor\",otel_scope_name=\"floe.telemetry\"} 0\n",
    ] {
        assert!(body.contains(expected), "{expected}\n{body}");
    }
    assert!(!body.contains("hunter2XyZ"));
    // Each metric family appears once.
    let mut types: Vec<_> = body.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let all = types.len();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), all, "{body}");
}

/// The response has exemplars.
fn check_open_metrics(port: u16, exemplar: &str) {
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    let request = format!("GET /metrics HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\n\r\n");
    let answer = send(port, request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(kind), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    for expected in [
        "# TYPE orders_seen counter\n",
        "# TYPE target info\ntarget_info{",
        "# HELP orders_rows Rows, \\\"quoted\\\"\\nand so on.\n",
        &format!("orders_seen_total{{otel_scope_name=\"orders\"}} 3{exemplar} 3 "),
        "orders_level{otel_scope_name=\"orders\"} 3\n",
        "orders_wait_seconds_bucket{otel_scope_name=\"orders\",le=\"1.0\"} 0\n",
        &format!(
            "orders_wait_seconds_bucket{{otel_scope_name=\"orders\",le=\"10.0\"}} 1{exemplar} 5 "
        ),
        "orders_wait_seconds_bucket{otel_scope_name=\"orders\",le=\"+Inf\"} 1\n",
    ] {
        assert!(body.contains(expected), "{expected}\n{body}");
    }
    let refused = send(
        port,
        b"GET /metrics HTTP/1.1\r\nhost: localhost\r\naccept: application/openmetrics-text;q=0\r\n\r\n",
    );
    assert!(refused.contains("version=0.0.4"), "{refused}");
}

/// Invalid requests neither stop the endpoint nor get metrics in response.
fn hostile(port: u16) {
    let long = format!("GET /metrics HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for (request, expected) in [
        (&b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], "404"),
        (b"POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n", "405"),
        (b"GET /metrics HTTP/9.9\r\n\r\n", ""),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""),
        (b"GET \xff\xfe HTTP/1.1\r\n\r\n", ""),
        (b"\r\n\r\n\r\n\r\n\r\n", ""),
        (long.as_bytes(), ""),
    ] {
        // An incomplete request is given up after a short timeout.
        let answer = send(port, request);
        assert!(!answer.contains("orders_rows"), "{answer}");
        assert!(answer.contains(expected), "{answer}");
    }
    let head = head(port);
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");

    // More connections than the limit, which send nothing or a part of a request: scrapes are answered all the same.
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut one = TcpStream::connect(("127.0.0.1", port)).unwrap();
        one.write_all(b"GET").unwrap();
        silent.push(one);
        assert!(get(port).contains("200 OK"));
    }
}

/// The labels take more than `bytes` of text.
fn record_text(bytes: usize) {
    let series = bytes / 1_000 + 1;
    for number in 0..series {
        let label = [KeyValue::new("text", format!("{number:09}{}", "x".repeat(60_000)))];
        METRICS.set_gauge("orders.text", 1.0, &label);
    }
}

/// The labels take 18 KiB of text each.
#[cfg(target_os = "linux")]
fn record_histograms(series: usize) {
    for number in 0..series {
        let label = [KeyValue::new("text", format!("{number:09}{}", "y".repeat(60_000)))];
        METRICS.record_histogram(Metric::new("orders.wait"), 1.0, &label);
    }
}

/// Does not read its response.
fn slow_client(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

#[cfg(target_os = "linux")]
fn peak_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap().trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// 2,000 histograms with labels of 60 KB, which each of 18 lines repeats.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_is_bounded_and_slow_clients_delay_nobody() {
    floe_tests::alone!();
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let telemetry = start(port).unwrap();
    record_text(1_000_000);
    let answer = get(port);
    assert!(answer.contains("200 OK"));
    let mut values: Vec<_> =
        answer.lines().filter(|line| line.starts_with("orders_text{")).collect();
    assert_eq!(values.len(), 1_001);
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), 1_001, "each series keeps its own label");
    assert!(values.iter().all(|line| line.len() < 1_200), "{}", values[0]);

    let before = peak_memory_mib();
    let slow: Vec<_> = (0..15).map(|_| slow_client(port)).collect();
    assert!(get(port).contains("200 OK"), "beside slow clients");
    drop(slow);

    record_histograms(1_400);
    // Each client holds more than 16 MiB of the text.
    let slow: Vec<_> = (0..4).map(|_| slow_client(port)).collect();
    assert!(get(port).contains("200 OK"), "beside large answers");
    drop(slow);

    record_histograms(2_000);
    let recorded = peak_memory_mib();
    let answers: Vec<_> = thread::scope(|scope| {
        let scrape = || scope.spawn(|| head_beside(port, 3));
        let scrapes: Vec<_> = (0..4).map(|_| scrape()).collect();
        scrapes.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let is_answered = |answer: &String| answer.starts_with("HTTP/1.1 200");
    assert!(answers.iter().all(is_answered));
    let after = peak_memory_mib();
    println!("{before} {recorded} {after} MiB");
    // The SDK copies the metrics once, and the text has its limit.
    assert!(after - recorded < 250, "{before} {recorded} {after} MiB");
    // The longest metric has a part of its series, each with all buckets, and the other metrics are whole.
    let answer = get(port);
    assert!(answer.len() <= 32 * 1024 * 1024 + 1024, "{}", answer.len());
    let count = |beginning| answer.lines().filter(|line| line.starts_with(beginning)).count();
    assert_eq!(count("orders_text{"), 1_001);
    assert_eq!(count("target_info{"), 1);
    let series = count("orders_wait_count{");
    assert!((1_000..2_000).contains(&series), "{series}");
    assert_eq!(count("orders_wait_bucket{"), 16 * series);
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// 500 series with 200 labels of 1,000 bytes.
#[cfg(target_os = "linux")]
#[test]
fn labels_of_one_series_at_a_time_are_in_memory() {
    floe_tests::alone!();
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let telemetry = start(port).unwrap();
    for number in 0..500 {
        let label =
            |key| KeyValue::new(format!("label_{key}"), format!("{number}{}", "x".repeat(1_000)));
        let labels: Vec<_> = (0..200).map(label).collect();
        METRICS.set_gauge("orders.labels", 1.0, &labels);
    }
    let recorded = peak_memory_mib();
    let answer = head(port);
    let after = peak_memory_mib();
    println!("{recorded} {after} MiB");
    assert!(answer.starts_with("HTTP/1.1 200"));
    // The SDK copies the metrics once, and the text has its limit.
    assert!(after - recorded < 170, "{recorded} {after} MiB");
    telemetry.shutdown(TIMEOUT).unwrap();
}
