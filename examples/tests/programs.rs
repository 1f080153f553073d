//! The programs deliver their traces over OTLP, and README contains the first of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use floe_tests::{ReceivedSpan, ReceivedStatus, Receiver, SpanKind, Value, tree};

fn program(path: &str, receiver: &Receiver) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("OTEL_SERVICE_NAME", "examples")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn named<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    spans.iter().find(|span| span.name == name).unwrap()
}

/// The response to a request of the service, which closes the connection behind it.
fn request(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

// Ctrl-C is sent with `kill`.
#[cfg(unix)]
#[test]
fn the_service_exports_a_trace_for_each_request() {
    let receiver = Receiver::grpc();
    let mut service = program(env!("CARGO_BIN_EXE_service"), &receiver)
        .arg("127.0.0.1:0")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let line = lines.find(|line| line.as_ref().unwrap().contains("listening on"));
    let line = line.unwrap().unwrap();
    let (_, rest) = line.split_once("listening on ").unwrap();
    let (address, _) = rest.split_once('"').unwrap();

    let found = request(address, "/orders/42");
    assert!(found.starts_with("HTTP/1.1 200 "), "{found}");
    assert!(found.ends_with("three pairs of shoes\n"), "{found}");
    let missing = request(address, "/orders/7");
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");

    let kill = Command::new("kill")
        .args(["-INT", &service.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert!(service.wait().unwrap().success());

    let spans = receiver.spans();
    let trace = "GET /orders/{id}\n  order\n    load";
    assert_eq!(tree(&spans), format!("{trace}\n\n{trace}"));
    let order = named(&spans, "order");
    assert_eq!(order.attributes["id"], Value::Int(42));
    assert_eq!(order.scope, env!("CARGO_PKG_NAME"));
    assert_eq!(named(&spans, "load").kind, SpanKind::Client);
    let failed = spans
        .iter()
        .find(|span| span.attributes.get("id") == Some(&Value::Int(7)));
    let status = ReceivedStatus::Error("404 Not Found".to_owned());
    assert_eq!(failed.unwrap().status, status);
    let logs = receiver.logs();
    assert_eq!(
        logs[0].body,
        Some(Value::from(&*format!("listening on {address}")))
    );
}

#[test]
fn existing_spans_and_events_are_exported() {
    let receiver = Receiver::grpc();
    let output = program(env!("CARGO_BIN_EXE_existing-tracing"), &receiver)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    let spans = receiver.spans();
    assert_eq!(tree(&spans), "import\n  parse\n  parse");
    let import = named(&spans, "import");
    assert_eq!(import.attributes["lines"], Value::Int(2));
    assert_eq!(import.scope, "existing_tracing");
    assert_eq!(import.events[0].name, "imported");
}

#[test]
fn readme_contains_the_service() {
    let service = include_str!("../service.rs");
    let code: Vec<&str> = service
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty())
        .collect();
    let block = format!("```rust,ignore\n{}\n```\n", code.join("\n"));
    assert!(
        include_str!("../../README.md").contains(&block),
        "README should contain\n{block}"
    );
}
