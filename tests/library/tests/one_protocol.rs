//! A program that is built with OTLP over HTTP only.

use std::net::TcpListener;
use std::process::Command;
use std::{env, io};

const CHILD: &str = "FLOE_TEST_CHILD";

/// Runs `init` and one span in a child process. Returns its standard error.
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
        let _telemetry = floe_telemetry::init().unwrap();
        drop(floe_telemetry::span("work").start());
    }
}

#[test]
fn nothing_is_sent_over_another_protocol_than_the_one_that_is_asked_for() {
    // What is sent would go to the default port, or to this one.
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    receiver.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", receiver.local_addr().unwrap());
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let needed = "OTEL_EXPORTER_OTLP_PROTOCOL: expected `http/protobuf` or `http/json`, found `grpc`, which needs \
                  the feature `otlp-grpc` of floe-telemetry; the variable is ignored";
    let refused = "whose protocol needs a feature that is not enabled; the variable is ignored";
    let text = messages(&[grpc, ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert!(text.contains(needed) && text.contains(refused), "{text}");
    let text = messages(&[grpc, ("OTEL_TRACES_EXPORTER", "otlp")]);
    assert!(text.contains(needed), "{text}");
    let exporter =
        "OTEL_TRACES_EXPORTER: expected an exporter for an enabled protocol, found `otlp`";
    assert!(text.contains(exporter) && text.contains(refused), "{text}");
    assert!(!text.contains("could not be exported"), "{text}");
    // Nor to the default endpoint, where the one that is asked for needs a feature.
    for (endpoint, feature) in [
        ("https://127.0.0.1:4318", "otlp-tls"),
        ("http://127.0.0.1:4317", "otlp-grpc"),
    ] {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let text = messages(&[endpoint, ("OTEL_TRACES_EXPORTER", "otlp")]);
        assert!(text.contains(feature) && text.contains(exporter), "{text}");
        assert!(!text.contains("could not be exported"), "{text}");
    }
    let accepted = receiver.accept().unwrap_err();
    assert_eq!(accepted.kind(), io::ErrorKind::WouldBlock);
}
