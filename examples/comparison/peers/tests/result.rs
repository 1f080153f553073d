//! The programs of this package export the signals that the programs of the workspace export.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../signals.rs"]
mod signals;

#[test]
fn the_peers_export_the_same_signals() {
    let programs = [
        ("init-tracing-opentelemetry", env!("CARGO_BIN_EXE_with-init-tracing-opentelemetry")),
        ("logfire", env!("CARGO_BIN_EXE_with-logfire")),
    ];
    for (name, path) in programs {
        signals::assert_signals(name, path, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    }
}
