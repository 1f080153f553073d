//! A program built with OTLP over HTTP only, without TLS.

use std::net::TcpListener;
use std::process::Command;
use std::{env, io};

use floe_telemetry::TelemetryConfig;

const CHILD: &str = "FLOE_TEST_CHILD";

/// Runs `init` and one span in a child process, and returns the standard error of the process.
fn messages(variables: &[(&str, &str)]) -> String {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .envs(variables.iter().copied())
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(child.status.success());
    String::from_utf8(child.stderr).unwrap()
}

#[test]
fn child() {
    if env::var_os(CHILD).is_some() {
        let telemetry = floe_telemetry::init().unwrap();
        drop(floe_telemetry::span("work").start());
        eprintln!("noop={}", telemetry.is_noop());
    }
}

const PORT: &str = "http://127.0.0.1:4317";

fn needs(found: &str, feature: &str) -> String {
    format!(
        "{found}, which needs the feature `{feature}` of floe-telemetry: \
         `cargo add floe-telemetry --features {feature}`"
    )
}

fn of_protocol(endpoint: &str) -> String {
    let found = format!("otlp: expected `http/protobuf`, found `grpc` for `{endpoint}`");
    needs(&found, "otlp-grpc")
}

/// An endpoint whose feature is missing is neither served over another protocol nor ignored silently. An endpoint in
/// the environment does not stop the program.
#[test]
fn an_endpoint_without_its_feature_is_an_error() {
    // Spans that are sent by mistake arrive at the default port or at this one.
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    receiver.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", receiver.local_addr().unwrap());
    let secure = endpoint.replace("http:", "https:");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let none = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];
    let default = "http://localhost:4317";
    let of_both = "`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_PROTOCOL`";
    for (variables, error, change) in [
        (vec![grpc, ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)], of_protocol(&endpoint), of_both),
        (
            vec![grpc, ("OTEL_TRACES_EXPORTER", "otlp")],
            of_protocol(default),
            "`OTEL_EXPORTER_OTLP_PROTOCOL`",
        ),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", PORT)], of_protocol(PORT), of_both),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", &*secure)],
            needs(&format!("otlp: found `{secure}/v1/traces`"), "otlp-tls"),
            "`OTEL_EXPORTER_OTLP_ENDPOINT`",
        ),
        // The endpoint of metrics alone, which this program leaves out.
        (
            vec![
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*secure),
                ("OTEL_TRACES_EXPORTER", "none"),
            ],
            needs("metrics: found an exporter of metrics", "metrics"),
            "`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`",
        ),
        (
            vec![("OTEL_LOGS_EXPORTER", "otlp"), ("OTEL_TRACES_EXPORTER", "none")],
            needs("logs: found an exporter of log records", "logs"),
            "`OTEL_LOGS_EXPORTER`",
        ),
    ] {
        let own = ["metrics", "logs"].into_iter().find(|own| error.starts_with(own));
        let signal = own.unwrap_or("traces");
        let line =
            format!("error: an exporter of {signal} is left out: {error}; change {change}\n");
        assert_eq!(messages(&variables), format!("{line}noop=false\n"), "{variables:?}");
        // An endpoint without an exporter is no mistake.
        let mut unused = variables.clone();
        unused.retain(|(name, _)| !name.ends_with("S_EXPORTER"));
        unused.push(("OTEL_TRACES_EXPORTER", "none"));
        unused.extend(none);
        assert_eq!(messages(&unused), "noop=false\n", "{unused:?}");
        unused.push(("OTEL_SDK_DISABLED", "true"));
        assert_eq!(messages(&unused), "noop=true\n", "{unused:?}");
    }
    let accepted = receiver.accept().unwrap_err();
    assert_eq!(accepted.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn an_endpoint_in_code_without_its_feature_fails_the_start() {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some(PORT.to_owned());
    let error = floe_telemetry::init_with(config).unwrap_err();
    assert_eq!((error.is_config(), error.to_string()), (true, of_protocol(PORT)));
}

#[test]
fn the_example_of_an_endpoint_is_that_of_the_protocol() {
    let message = messages(&[]);
    assert!(message.contains("for example to `http://localhost:4318`"), "{message}");
    let message = messages(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost")]);
    assert!(message.contains("for example `http://collector:4318`"), "{message}");
}

/// This program is built without the terminal, YAML and regular expressions, which are default features.
#[test]
fn a_missing_feature_is_named_where_it_is_needed() {
    let console = needs("exporters: found the exporter `console`", "console");
    let yaml = needs("found the configuration file `/otel.yaml`", "yaml");
    for (variables, expected) in [
        (
            vec![("OTEL_TRACES_EXPORTER", "console")],
            format!(
                "error: an exporter of traces is left out: {console}; change `OTEL_TRACES_EXPORTER`\nnoop=false\n"
            ),
        ),
        (
            vec![("FLOE_CONFIG_FILE", "/otel.yaml")],
            format!("error: nothing is recorded: `FLOE_CONFIG_FILE`: {yaml}\nnoop=true\n"),
        ),
        (
            vec![("OTEL_CONFIG_FILE", "/otel.yaml")],
            format!("error: nothing is recorded: `OTEL_CONFIG_FILE`: {yaml}\nnoop=true\n"),
        ),
    ] {
        assert_eq!(messages(&variables), expected, "{variables:?}");
    }
    let mut config = TelemetryConfig::new("orders");
    config.redaction.patterns.push("CUST-[0-9]{6}".to_owned());
    let expected = needs(
        "redaction.patterns.0: `CUST-[0-9]{6}` is not usable: found a regular expression",
        "patterns",
    );
    assert_eq!(config.validate().unwrap_err().to_string(), expected);
}
