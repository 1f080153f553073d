//! The line about a provider that has started.

use floe_tests::program;

#[test]
fn the_start_reports_destinations_on_request() {
    let program = program!({
        drop(floe_telemetry::init().unwrap());
    });
    let variables = [
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://receiver.invalid:4317"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://receiver.invalid:4318/metrics?key=hunter2"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
    ];
    let expected = "telemetry of `orders`: traces → grpc http://receiver.invalid:4317; \
                    metrics → http/protobuf http://receiver.invalid:4318/metrics; logs → none; \
                    sampler parentbased_traceidratio with the ratio 0.25; features ";
    let run = |more: &[(&str, &str)]| {
        let variables: Vec<_> = variables.iter().chain(more).copied().collect();
        program.run(&variables)
    };
    let (stdout, stderr) = run(&[]);
    assert!(!stdout.contains(expected) && !stderr.contains(expected), "{stdout}{stderr}");
    let (stdout, stderr) = run(&[("OTEL_LOG_LEVEL", "debug")]);
    assert!(stderr.contains(&format!("debug: {expected}")), "{stderr}");
    assert!(!stdout.contains(expected), "{stdout}");
    let (_, stderr) = run(&[("OTEL_LOG_LEVEL", "debug"), ("OTEL_SDK_DISABLED", "true")]);
    assert_eq!(stderr, "debug: telemetry is disabled by `OTEL_SDK_DISABLED`\n");
    // An exporter that is left out is not listed.
    let query = "http://receiver.invalid:4317?key=hunter2";
    let (_, stderr) = run(&[("OTEL_LOG_LEVEL", "debug"), ("OTEL_EXPORTER_OTLP_ENDPOINT", query)]);
    assert!(stderr.contains("an exporter of traces is left out"), "{stderr}");
    assert!(stderr.contains("`orders`: traces → none; metrics → http"), "{stderr}");
    // A subscriber that shows the line gets it as a record.
    let (stdout, stderr) = run(&[("OTEL_LOG_LEVEL", "debug"), ("FLOE_LOG_LEVEL", "debug")]);
    assert_eq!(stderr.matches(expected).count(), 1, "{stderr}");
    let (_, features) = stderr.split_once(&format!("\"event\":\"{expected}")).unwrap();
    assert!(features.contains("logs, metrics, otlp-grpc, otlp-http"), "{features}");
    assert!(!stdout.contains(expected), "{stdout}");
}
