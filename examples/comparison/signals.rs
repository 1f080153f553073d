//! Asserts that a program exports a span, a log record and a metric.

use std::process::{Command, Output};

use floe_tests::Receiver;

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
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", receiver.protocol())
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

    assert_eq!(receiver.spans().len(), 1, "{name}");
    let span = receiver.span("load");
    assert_eq!(span.attributes["table"], "orders", "{name}");
    assert_eq!(span.resource["service.name"], "orders", "{name}");
    assert_eq!(receiver.log("loaded").span_id, span.span_id, "{name}");
    assert!(!receiver.points_of("orders.loaded").is_empty(), "{name}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}
