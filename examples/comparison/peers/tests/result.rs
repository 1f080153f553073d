//! The peers export a span, its log record and a metric, as the programs of the workspace do.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use floe_tests::{Receiver, Value};

#[test]
fn the_peers_export_the_same_signals() {
    let programs = [
        (
            "init-tracing-opentelemetry",
            env!("CARGO_BIN_EXE_with-init-tracing-opentelemetry"),
        ),
        ("logfire", env!("CARGO_BIN_EXE_with-logfire")),
    ];
    for (name, path) in programs {
        let receiver = Receiver::grpc();
        let output = Command::new(path)
            .env_clear()
            .env("OTEL_SERVICE_NAME", "orders")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");

        let spans = receiver.spans();
        let span = spans.iter().find(|span| span.name == "load").unwrap();
        assert_eq!(span.attributes["table"], Value::from("orders"), "{name}");
        assert_eq!(
            span.resource["service.name"],
            Value::from("orders"),
            "{name}"
        );
        let logs = receiver.logs();
        let loaded = logs.iter().find(|log| log.body == Some("loaded".into()));
        assert_eq!(loaded.unwrap().span_id, span.span_id, "{name}");
        let points = receiver.points();
        assert!(
            points.iter().any(|point| point.name == "orders.loaded"),
            "{name}"
        );
    }
}
