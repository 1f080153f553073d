//! The spans of tower-http are in the trace that a real receiver gets.

use std::process::Command;

use floe_tests::{Receiver, Value, tree};

#[test]
fn a_library_s_spans_are_in_the_trace() {
    let receiver = Receiver::http();
    let status = Command::new(env!("CARGO_BIN_EXE_tracing-layer"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("OTEL_METRICS_EXPORTER", "none")
        .env("OTEL_SERVICE_NAME", "orders")
        .env_remove("OTEL_SDK_DISABLED")
        .env_remove("OTEL_TRACES_SAMPLER")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");

    let spans = receiver.wait_for_spans(6);
    assert_eq!(
        tree(&spans),
        "call\n  GET\n    GET /orders/{id}\n      request\n        load\n          query"
    );
    let single = |name| spans.iter().find(|span| span.name == name).unwrap();
    let request = single("request");
    let text = |text: &str| Some(Value::String(text.to_owned()));
    assert_eq!(request.attributes.get("method").cloned(), text("GET"));
    assert_eq!(request.attributes.get("uri").cloned(), text("/orders/7"));
    assert_eq!(request.attributes.get("target").cloned(), text("tower_http::trace::make_span"));
    let finished = request.events.iter();
    let finished = finished.filter(|event| event.name == "finished processing request");
    assert_eq!(finished.count(), 1, "{:?}", request.events);
    assert_eq!(single("load").events[0].name, "loaded");
    assert_eq!(single("query").attributes.get("rows"), Some(&Value::Int(3)));
}
