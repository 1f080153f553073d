//! Telemetry configured by the environment alone. Each case is a process.

use std::thread;
use std::time::Duration;

use floe_telemetry::MetricRecorder;
use floe_telemetry::config::LoggingConfig;
use floe_telemetry::{create_span, ensure_telemetry_initialized, logs};
use floe_tests::{Program, Receiver, Value, program};

fn child() {
    let telemetry = ensure_telemetry_initialized();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(std::ptr::eq(telemetry, ensure_telemetry_initialized())));
        }
    });
    logs::configure_logging_with_writer(&LoggingConfig::default(), std::io::sink).unwrap();
    drop(create_span("from.child"));
    tracing::info!("from child");
    MetricRecorder::new("child").increment("from.child", 1, &[]);
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    ensure_telemetry_initialized().shutdown(Duration::from_secs(20)).unwrap();
    println!("child: noop={}", telemetry.is_noop());
}

/// The child's output, and its standard error.
fn run(program: &Program, variables: &[(&str, &str)]) -> (String, String) {
    let (stdout, stderr) = program.run(variables);
    let output = stdout.split_once("child: ").unwrap_or_else(|| panic!("{stdout}{stderr}")).1;
    (output.lines().next().unwrap().to_owned(), stderr)
}

#[test]
fn telemetry_is_initialized_once_from_the_environment() {
    let program = program!({ child() });
    assert_eq!(run(&program, &[]), ("noop=true".to_owned(), String::new()));

    let receiver = Receiver::grpc();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint());
    assert_eq!(run(&program, &[endpoint]), ("noop=false".to_owned(), String::new()));
    let span = &receiver.spans()[0];
    assert_eq!(span.name, "from.child");
    assert_eq!(span.resource["service.name"], Value::from(&*unknown_service()));
    assert_eq!(run(&program, &[endpoint, ("OTEL_SDK_DISABLED", "true")]).0, "noop=true");
    assert_eq!(receiver.spans().len(), 1);

    let (output, stderr) =
        run(&program, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://floe:hunter2@collector")]);
    assert_eq!(output, "noop=true");
    assert_eq!(
        stderr,
        "warning: OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://<REDACTED>@collector` is not an endpoint: \
         it must begin with `http://` or `https://`, for example `http://collector:4317`; the variable is ignored\n"
    );
}

/// Spans are not printed either.
#[test]
fn a_variable_of_one_signal_starts_that_signal() {
    let program = program!({ child() });
    let of = |signal: &str| format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    for signal in ["TRACES", "METRICS", "LOGS"] {
        let receiver = Receiver::grpc();
        let endpoint = (&*of(signal), &*receiver.endpoint());
        assert_eq!(run(&program, &[endpoint]), ("noop=false".to_owned(), String::new()));
        let spans = receiver.spans();
        let (points, logs) = (receiver.points(), receiver.logs());
        let arrived = [!spans.is_empty(), !points.is_empty(), !logs.is_empty()];
        let expected = ["TRACES", "METRICS", "LOGS"].map(|each| each == signal);
        assert_eq!(arrived, expected, "{signal}");
        match signal {
            "TRACES" => assert_eq!(spans[0].name, "from.child"),
            "METRICS" => assert!(points.iter().any(|point| point.name == "from.child")),
            _ => assert_eq!(logs[0].body, Some("from child".into())),
        }
        let none = format!("OTEL_{signal}_EXPORTER");
        assert_eq!(run(&program, &[endpoint, (&none, "none")]).0, "noop=true", "{signal}");
    }
}

fn unknown_service() -> String {
    let executable = std::env::current_exe().unwrap();
    let name = executable.file_name().unwrap().to_str().unwrap();
    format!("unknown_service:{name}")
}
