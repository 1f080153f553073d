//! The `OTEL_*` variables. The environment belongs to a process, so this test starts its own
//! executable again with the variables set.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::{Receiver, is_child, run_in_child};

fn child() {
    let mut config = TelemetryConfig::new("from-code");
    config.apply_env().unwrap();
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(config.clone())
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    drop(create_span("from.child"));
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    println!(
        "noop={} spans={} service={} protocol={:?} queue={} delay={}",
        telemetry.is_noop(),
        memory.spans().len(),
        config.resource_attributes.service_name,
        config.otlp_protocol.unwrap_or_default(),
        config.batch_processor.max_queue_size,
        config.batch_processor.schedule_delay_millis,
    );
}

fn run(variables: &[(&str, &str)]) -> String {
    // Metrics are disabled, because the receiver of this test does not accept them.
    let variables = [&[("OTEL_METRICS_EXPORTER", "none")], variables].concat();
    let test = "environment::the_variables_follow_the_specification";
    let (stdout, stderr) = run_in_child(test, &variables);
    let line = stdout.lines().find(|line| line.contains("noop="));
    let line = line.unwrap_or_else(|| panic!("{stdout}{stderr}"));
    // The test harness prints the test's name before the output, without a newline.
    line.split_once("... ").map_or(line, |(_, line)| line).to_owned()
}

#[test]
fn the_variables_follow_the_specification() {
    if is_child() {
        return child();
    }
    let on = "noop=false spans=1 service=from-code protocol=Grpc queue=2048 delay=5000";
    let off = "noop=true spans=0 service=from-code protocol=Grpc queue=2048 delay=5000";
    for (variables, expected) in [
        (&[][..], on),
        (&[("OTEL_SDK_DISABLED", "true")], off),
        (&[("OTEL_SDK_DISABLED", "TRUE")], off),
        // Only "true" disables the SDK.
        (&[("OTEL_SDK_DISABLED", "1")], on),
        (&[("OTEL_SDK_DISABLED", "")], on),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], on),
        (
            &[("OTEL_SERVICE_NAME", "from-env"), ("OTEL_BSP_MAX_QUEUE_SIZE", "4096")],
            "noop=false spans=1 service=from-env protocol=Grpc queue=4096 delay=5000",
        ),
        (
            &[("OTEL_BSP_SCHEDULE_DELAY", "0")],
            "noop=false spans=1 service=from-code protocol=Grpc queue=2048 delay=1",
        ),
        // Invalid values are ignored with a warning, as the specification requires.
        (&[("OTEL_BSP_MAX_QUEUE_SIZE", "many")], on),
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/yaml")], on),
        (
            &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
            "noop=false spans=1 service=from-code protocol=HttpJson queue=2048 delay=5000",
        ),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:hunter2@collector")], on),
    ] {
        assert_eq!(run(variables), expected, "{variables:?}");
    }

    let (grpc, http) = (Receiver::grpc(), Receiver::http());
    run(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &grpc.endpoint())]);
    assert_eq!(grpc.spans()[0].name, "from.child");
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &grpc.endpoint()),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", http.endpoint())),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=sales"),
    ]);
    assert_eq!(http.spans()[0].name, "from.child");
    assert_eq!(grpc.spans().len(), 1);
    assert_eq!(http.requests()[0].headers["x-tenant"], "sales");
}
