//! The `OTEL_*` variables. The environment belongs to a process, so this test starts its own
//! executable again with the variables set.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::time::Duration;

use floe_telemetry::config::OtlpProtocol;
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

const STOPS: &str = "environment::a_setting_of_the_environment_never_stops_a_program";

/// An error in code.
fn child_with_certificate(certificate: &str) {
    let mut config = TelemetryConfig::new("orders").with_otlp_endpoint("https://localhost:1");
    config.otlp.all.certificate = Some(certificate.into());
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config(), "{error}");
    let mut config = TelemetryConfig::from_env().unwrap();
    config.otlp = floe_telemetry::config::OtlpConfig::default();
    let added = TelemetryProvider::builder(config)
        .with_otlp("http://localhost:4317?key=hunter2", OtlpProtocol::Grpc);
    assert!(added.initialize().unwrap_err().is_config());
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let address = "http://collector:4317?key=hunter2";
        let mut config = TelemetryConfig::from_env().unwrap();
        config.otlp_endpoint = Some(address.to_owned());
        assert!(TelemetryProvider::builder(config).initialize().unwrap_err().is_config());
    }
    let telemetry = floe_telemetry::init().unwrap();
    drop(create_span("from.child"));
    println!("noop={}", telemetry.is_noop());
}

#[test]
fn a_setting_of_the_environment_never_stops_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    let file = folder.path().join("otel.yaml");
    let (empty, file) = (empty.to_str().unwrap(), file.to_str().unwrap());
    if is_child() {
        return child_with_certificate(&std::env::var("EMPTY").unwrap());
    }
    std::fs::write(empty, "").unwrap();
    let yaml = format!(
        "file_format: '1.0'\ntracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: 'https://localhost:1', tls: {{ca_file: {empty}}}}}}}}}}}]}}\n"
    );
    std::fs::write(file, yaml).unwrap();
    let in_use = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = in_use.local_addr().unwrap().port().to_string();
    let no_certificate = format!("the file `{empty}` has no certificate in PEM format");
    for (variables, messages) in [
        (
            vec![
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://localhost:1"),
                ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", empty),
            ],
            vec![format!(
                "an exporter of traces is left out: otlp: {no_certificate}; change `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`"
            )],
        ),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317?key=hunter2")],
            ["traces", "logs", "metrics"]
                .map(|signal| {
                    format!(
                        "an exporter of {signal} is left out: otlp: the endpoint `http://localhost:4317` has a query, which gRPC \
                         cannot send, expected an endpoint without one, for example `http://collector:4317`; change \
                         `OTEL_EXPORTER_OTLP_ENDPOINT`"
                    )
                })
                .to_vec(),
        ),
        (
            vec![("OTEL_CONFIG_FILE", file)],
            vec![format!("an exporter of traces is left out: otlp: {no_certificate}; change `OTEL_CONFIG_FILE`")],
        ),
        (
            vec![
                ("OTEL_TRACES_EXPORTER", "none"),
                ("OTEL_METRICS_EXPORTER", "prometheus"),
                ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"),
                ("OTEL_EXPORTER_PROMETHEUS_PORT", &port),
            ],
            vec!["an exporter of metrics is left out: exporters.metrics: `prometheus`: ".to_owned()],
        ),
    ] {
        let variables = [&[("EMPTY", empty)], &*variables].concat();
        let (stdout, stderr) = run_in_child(STOPS, &variables);
        assert!(stdout.contains("noop=false"), "{stdout}{stderr}");
        let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines.len(), messages.len(), "{stderr}");
        for (line, message) in lines.iter().zip(&messages) {
            assert!(line.starts_with(&format!("error: {message}")), "{line}");
        }
        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
}
