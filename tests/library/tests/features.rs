//! A program with one feature of floe-telemetry, which does what the feature's row in the documentation of the crate
//! says. `.ci/check features` builds and runs it once for each feature.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unused_imports,
    reason = "tests, of which each build has one"
)]

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use floe_tests_library::load;
use opentelemetry::trace::TraceContextExt as _;

#[cfg(feature = "redact")]
#[test]
fn redact() {
    let safe = floe_telemetry::sanitize_error_message("password=hunter2");
    assert!(!safe.contains("hunter2"), "{safe}");
}

#[cfg(feature = "provider")]
#[test]
fn provider() {
    let names: Vec<_> = recorded(|_| ()).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["load"]);
}

#[cfg(feature = "patterns")]
#[test]
fn patterns() {
    let spans = recorded(|config| config.redaction.patterns.push("CUST-[0-9]{6}".to_owned()));
    let text = format!("{spans:?}");
    assert!(text.contains("load"), "{text}");
    assert!(!text.contains("CUST-123456"), "{text}");
}

/// Returns the spans that a provider exports.
#[cfg(any(feature = "provider", feature = "patterns"))]
fn recorded(
    change: impl FnOnce(&mut floe_telemetry::TelemetryConfig),
) -> Vec<opentelemetry_sdk::trace::SpanData> {
    let memory = floe_telemetry::exporter::MemoryExporter::new();
    let _telemetry = run(change, |builder| builder.with_span_exporter(memory.clone()), || ());
    memory.spans()
}

#[cfg(feature = "console")]
#[test]
fn console() {
    let (mut screen, writer) = std::io::pipe().unwrap();
    let exporter = floe_telemetry::exporter::ConsoleExporter::to_writer(writer);
    let _telemetry = run(|_| (), |builder| builder.with_span_exporter(exporter), || ());
    let mut text = [0; 1024];
    let length = screen.read(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text[..length]);
    assert!(text.contains("load"), "{text}");
}

#[cfg(feature = "metrics")]
#[test]
fn metrics() {
    let memory = opentelemetry_sdk::metrics::InMemoryMetricExporter::default();
    let metrics = floe_telemetry::MetricRecorder::new("library");
    let count = || metrics.increment("library.loads", 1, &[]);
    let _telemetry = run(|_| (), |builder| builder.with_metric_exporter(memory.clone()), count);
    let exported = format!("{:?}", memory.get_finished_metrics().unwrap());
    assert!(exported.contains("library.loads"), "{exported}");
}

#[cfg(feature = "logs")]
#[test]
fn logs() {
    use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};

    let memory = opentelemetry_sdk::logs::InMemoryLogExporter::default();
    let log = || {
        let _span = floe_telemetry::create_span("work");
        let logger = floe_telemetry::TelemetryProvider::logger_provider().logger("library");
        let mut record = logger.create_log_record();
        record.set_severity_number(Severity::Warn);
        record.set_body("three rows".into());
        logger.emit(record);
    };
    let _telemetry = run(|_| (), |builder| builder.with_log_exporter(memory.clone()), log);
    let emitted = memory.get_emitted_logs().unwrap();
    assert!(emitted[0].record.trace_context().is_some(), "{emitted:?}");
}

/// Returns a provider that has exported a call of the library, and what `code` records.
#[cfg(feature = "any-provider")]
fn run(
    change: impl FnOnce(&mut floe_telemetry::TelemetryConfig),
    add: impl FnOnce(
        floe_telemetry::trace::TelemetryProviderBuilder,
    ) -> floe_telemetry::trace::TelemetryProviderBuilder,
    code: impl FnOnce(),
) -> floe_telemetry::TelemetryProvider {
    let mut config = floe_telemetry::TelemetryConfig::new("library");
    change(&mut config);
    let telemetry = add(floe_telemetry::TelemetryProvider::builder(config)).initialize().unwrap();
    load("CUST-123456", 3);
    code();
    telemetry.force_flush(Duration::from_secs(60)).unwrap();
    telemetry
}

#[cfg(feature = "yaml")]
#[test]
fn yaml() {
    let config = "resource_attributes: {service_name: orders}";
    let config = floe_telemetry::TelemetryConfig::from_yaml(config).unwrap();
    assert_eq!(config.resource_attributes.service_name, "orders");
}

#[cfg(feature = "otlp-grpc")]
#[test]
fn otlp_grpc() {
    assert_eq!(first_bytes("http", 14), b"PRI * HTTP/2.0");
}

#[cfg(all(feature = "otlp-http", not(feature = "otlp-tls")))]
#[test]
fn otlp_http() {
    assert_eq!(first_bytes("http", 15), b"POST /v1/traces");
}

/// The first bytes of a handshake.
#[cfg(feature = "otlp-tls")]
#[test]
fn otlp_tls() {
    assert_eq!(first_bytes("https", 2), [22, 3]);
}

/// Returns the first bytes that a receiver gets.
#[cfg(feature = "any-provider")]
fn first_bytes(scheme: &str, length: usize) -> Vec<u8> {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = floe_telemetry::TelemetryConfig::new("library");
    config.otlp_endpoint = Some(format!("{scheme}://{}", receiver.local_addr().unwrap()));
    let telemetry = floe_telemetry::TelemetryProvider::builder(config).initialize().unwrap();
    load("orders", 3);
    let _ = telemetry.force_flush(Duration::ZERO);
    let mut bytes = vec![0; length];
    let (mut connection, _) = receiver.accept().unwrap();
    connection.read_exact(&mut bytes).unwrap();
    drop((connection, receiver));
    let _ = telemetry.shutdown(Duration::ZERO);
    bytes
}

#[cfg(feature = "http")]
#[test]
fn http() {
    // The propagators of this library come with the feature `redact`.
    let propagator = opentelemetry_sdk::propagation::TraceContextPropagator::new();
    opentelemetry::global::set_text_map_propagator(propagator);
    let mut headers = http::HeaderMap::new();
    headers.insert("traceparent", format!("00-{:032x}-{:016x}-01", 1, 2).parse().unwrap());
    let context = floe_telemetry::propagation::extract_context(&headers);
    assert!(context.span().span_context().is_remote());
}

#[cfg(feature = "tracing")]
#[test]
fn tracing() {
    use tracing_subscriber::layer::SubscriberExt as _;

    let memory = opentelemetry_sdk::trace::InMemorySpanExporter::default();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder();
    opentelemetry::global::set_tracer_provider(
        provider.with_simple_exporter(memory.clone()).build(),
    );
    let subscriber = tracing_subscriber::registry().with(floe_telemetry::tracing_layer());
    tracing::subscriber::with_default(subscriber, || tracing::info_span!("work").in_scope(|| ()));
    assert_eq!(memory.get_finished_spans().unwrap()[0].name, "work");
}

#[cfg(feature = "testing")]
#[test]
fn testing() {
    let spans = floe_telemetry::testing::capture(|| load("orders", 3));
    spans.single("load").assert_attribute("rows", 3);
}
