//! The peers export the same as the programs of the workspace.

use std::process::{Command, Output};

use floe_tests::{Receiver, Value};

pub(crate) fn run(
    name: &str,
    path: &str,
    receiver: &Receiver,
    variables: &[(&str, &str)],
) -> Output {
    let output = Command::new(path)
        .env_clear()
        .env("OTEL_SERVICE_NAME", "orders")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {output:?}");
    output
}

/// Asserts that a span, its log record and a metric arrive. Returns the output of the program.
pub(crate) fn assert_signals(name: &str, path: &str, variables: &[(&str, &str)]) -> String {
    let receiver = Receiver::grpc();
    let output = run(name, path, &receiver, variables);

    let spans = receiver.spans();
    assert_eq!(spans.len(), 1, "{name}");
    assert_eq!(spans[0].name, "load", "{name}");
    assert_eq!(spans[0].attributes["table"], Value::from("orders"), "{name}");
    assert_eq!(spans[0].resource["service.name"], Value::from("orders"), "{name}");
    let logs = receiver.logs();
    let loaded = logs.iter().find(|log| log.body == Some("loaded".into()));
    assert_eq!(loaded.unwrap().span_id, spans[0].span_id, "{name}");
    let points = receiver.points();
    assert!(points.iter().any(|point| point.name == "orders.loaded"), "{name}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}
