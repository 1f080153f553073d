//! A program without a subscriber of `tracing` learns on standard error what is lost.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::{ReservedPort, is_child, run_in_child};

const LOST: &str = "spans could not be exported";

fn child() {
    if std::env::var_os("SUBSCRIBER").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stdout).init();
    }
    let mut config = TelemetryConfig::new("orders");
    config.apply_env().unwrap();
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    drop(create_span("load"));
    // The exporter fails, and says so.
    telemetry.shutdown(Duration::from_secs(20)).unwrap_err();
}

/// What is on standard output and standard error.
fn run(variables: &[(&str, &str)]) -> (String, String) {
    // Nobody listens there.
    let port = ReservedPort::new();
    let endpoint = port.endpoint();
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    run_in_child(
        "messages::a_program_without_a_subscriber_reads_on_standard_error_what_is_lost",
        &[&own, variables].concat(),
    )
}

#[test]
fn a_program_without_a_subscriber_reads_on_standard_error_what_is_lost() {
    if is_child() {
        return child();
    }
    let (_, error) = run(&[]);
    let line = error.lines().find(|line| line.contains(LOST)).unwrap();
    assert!(
        line.starts_with(
            "warning: spans could not be exported exporter=otlp spans=1 error=`http://127.0.0.1:"
        ),
        "{line}"
    );
    assert_eq!(error.matches(LOST).count(), 1, "{error}");

    for level in ["none", "error"] {
        let (_, error) = run(&[("OTEL_LOG_LEVEL", level)]);
        assert!(!error.contains(LOST), "{level}: {error}");
    }

    let (output, error) = run(&[("SUBSCRIBER", "1")]);
    assert!(output.contains(LOST), "{output}");
    assert!(!error.contains(LOST), "{error}");
}
