//! The programs export the same signals, and the one with fastrace exports the same span.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../signals.rs"]
mod signals;

use floe_tests::Receiver;

const PROGRAMS: [(&str, &str); 3] = [
    ("floe-telemetry", env!("CARGO_BIN_EXE_with-floe")),
    ("tracing-opentelemetry", env!("CARGO_BIN_EXE_with-tracing-opentelemetry")),
    ("OpenTelemetry", env!("CARGO_BIN_EXE_with-opentelemetry")),
];

#[test]
fn the_programs_export_the_same_signals() {
    for (name, path) in PROGRAMS {
        let line = signals::assert_signals(name, path, &[]);
        assert!(line.contains("loaded"), "{name}: {line}");
    }
}

#[test]
fn fastrace_exports_the_same_span() {
    let receiver = Receiver::grpc();
    signals::run("fastrace", env!("CARGO_BIN_EXE_with-fastrace"), &receiver, &[]);
    let [load, root] = ["load", "main"].map(|name| receiver.span(name));
    assert_eq!(load.attributes["table"], "orders");
    assert_eq!(load.parent_span_id, root.span_id);
    assert_eq!(load.resource["service.name"], "orders");
    assert_eq!(load.events[0].name, "loaded");
}
