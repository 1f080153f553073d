//! One provider with three destinations: gRPC, HTTP and memory get the same spans.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, get_current_span, traced,
};
use floe_tests::{ReceivedSpan, Receiver, TIMEOUT, over_both};
use opentelemetry::trace::Tracer as _;
use opentelemetry_sdk::trace::SpanData;

#[traced(name = "run", kind = server, attributes(parts = ["a", "b"], ratio = 0.5, ok = true))]
fn run() {
    load(3);
    let _ = store("orders");
    opentelemetry::global::tracer("plain").in_span("global", |_| load(4));
}

#[traced(attributes(rows))]
fn load(rows: u64) -> u64 {
    get_current_span().add_event("loaded", vec![opentelemetry::KeyValue::new("rows", 3)]);
    rows
}

#[traced]
fn store(table: &str) -> Result<(), String> {
    Err(format!("{table}: mysql://root:hunter2@db/orders refused the connection"))
}

#[alone]
fn every_destination_gets_every_span_unchanged() {
    let grpc = Receiver::grpc();
    let http = Receiver::http();
    let memory = MemoryExporter::new();
    let mut config = TelemetryConfig::new("orders");
    let file = over_both(&grpc.endpoint(), &http.endpoint());
    config.otlp = TelemetryConfig::from_config_file(file).unwrap().otlp;
    config.resource_attributes.deployment_environment = Some("dev".to_owned());
    let identity = FloeSpanAttributes::new("sales", "orders", "2.1.0", Mode::Dev);
    let mut config = config.with_identity(&identity);
    config.batch_processor.max_export_batch_size = 2;
    let telemetry =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    opentelemetry::global::set_tracer_provider(TelemetryProvider::tracer_provider());

    let before = SystemTime::now();
    run();
    telemetry.force_flush(TIMEOUT).unwrap();
    let after = SystemTime::now();

    let kept = memory.spans();
    assert_eq!(kept.len(), 5);
    for (receiver, path) in [
        (&grpc, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        (&http, "/v1/traces"),
    ] {
        let received = receiver.spans();
        assert_eq!(received.len(), 5, "{}", floe_tests::tree(&received));
        for span in &kept {
            let same = received
                .iter()
                .find(|other| other.span_id == span.span_context.span_id().to_string())
                .unwrap_or_else(|| panic!("span `{}` did not arrive", span.name));
            assert_same(same, span);
            assert!(span.start_time >= before - Duration::from_millis(5));
            assert!(span.end_time <= after + Duration::from_millis(5));
        }

        assert_eq!(floe_tests::tree(&received), "run\n  load\n  store\n  global\n    load");
        // Five spans in batches of two need three requests.
        assert_eq!(receiver.requests().len(), 3);
        assert!(receiver.requests().iter().all(|request| request.path == path));
        assert!(!receiver.requests().iter().any(|request| request.contains("hunter2")));
    }

    assert_eq!(telemetry.statistics().collected, 5);
    assert_eq!(telemetry.statistics().exported, 15);
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// Compares a part of the data, because a test of `crates/otlp` compares the whole encoding with `opentelemetry-proto`.
fn assert_same(received: &ReceivedSpan, kept: &SpanData) {
    assert_eq!(received.name, kept.name);
    assert_eq!(received.trace_id, kept.span_context.trace_id().to_string());
    assert_eq!(received.start_unix_nano, nanos(kept.start_time));
    assert_eq!(received.end_unix_nano, nanos(kept.end_time));
    assert_eq!(received.scope, kept.instrumentation_scope.name());
    let keys: BTreeSet<_> = kept.attributes.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(received.attributes.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys);
    assert_eq!(received.events.len(), kept.events.len());
    let resource = |key: &str| received.resource[key].clone();
    assert_eq!(resource("service.name"), "orders");
    assert_eq!(resource("deployment.environment.name"), Mode::Dev.as_str());
    assert_eq!(resource("deployment.environment"), "dev");
    assert_eq!(resource("telemetry.sdk.language"), "rust");
    for (key, expected) in [
        ("floe.namespace", "sales"),
        ("floe.product.name", "orders"),
        ("floe.product.version", "2.1.0"),
        ("floe.mode", "dev"),
    ] {
        assert_eq!(resource(key), expected);
        assert_eq!(received.attributes[key], expected, "the identity is on every span");
    }
}

fn nanos(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}
