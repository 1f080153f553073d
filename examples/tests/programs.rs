//! The programs deliver their traces over OTLP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use floe_tests::{
    ReceivedSpan, ReceivedStatus, Receiver, SpanKind, assert_conventions,
    assert_nothing_runs_before_main, tree,
};

fn program(path: &str, receiver: &Receiver) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("OTEL_SERVICE_NAME", "examples")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", receiver.protocol())
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn spans_of(path: &str) -> Vec<ReceivedSpan> {
    let receiver = Receiver::grpc();
    let output = program(path, &receiver).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let spans = receiver.spans();
    assert_conventions(&spans);
    spans
}

fn named<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    spans.iter().find(|span| span.name == name).unwrap()
}

/// Sends a request to a service that closes the connection after the response.
fn request(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

struct Service {
    process: Child,
    address: String,
    /// Kept open until the end, because the service writes its log there.
    _output: Lines<BufReader<ChildStderr>>,
}

impl Service {
    fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();

        let found = lines.by_ref().find(|line| line.as_ref().unwrap().contains("listening on"));
        let line = found.unwrap().unwrap();
        let (_, rest) = line.split_once("listening on ").unwrap();
        let (address, _) = rest.split_once('"').unwrap();
        Self { process, address: address.to_owned(), _output: lines }
    }

    /// Ends the service like Ctrl-C (`INT`) or a supervisor (`TERM`).
    fn stop(mut self, signal: &str) {
        let id = self.process.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(kill.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

#[cfg(unix)]
#[test]
fn the_service_exports_a_trace_for_each_request_when_it_is_ended() {
    for signal in ["TERM", "INT"] {
        assert_exports(signal);
    }
}

#[cfg(unix)]
fn assert_exports(signal: &str) {
    let receiver = Receiver::http();
    let mut command = program(env!("CARGO_BIN_EXE_service"), &receiver);
    let service = Service::start(command.arg("127.0.0.1:0"));
    let address = service.address.clone();

    let found = request(&address, "/orders/42");
    assert!(found.starts_with("HTTP/1.1 200 "), "{found}");
    assert!(found.ends_with("three pairs of shoes\n"), "{found}");
    let missing = request(&address, "/orders/7");
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    service.stop(signal);

    let spans = receiver.spans();
    assert_conventions(&spans);
    let trace = "GET /orders/{id}\n  order\n    load";
    assert_eq!(tree(&spans), format!("{trace}\n\n{trace}"));
    let order = named(&spans, "order");
    assert_eq!(order.attributes["id"], 42);
    assert_eq!(order.scope, env!("CARGO_PKG_NAME"));
    assert_eq!(named(&spans, "load").kind, SpanKind::Client);
    let failed = spans.iter().find(|span| span.attributes.get("id") == Some(&7.into()));
    // A request for a missing order is not a failure of the service.
    let missing = failed.unwrap();
    assert_eq!(missing.status, ReceivedStatus::Ok);
    assert_eq!(missing.attributes["error.type"], "http::status::StatusCode");
    receiver.log(&format!("listening on {address}"));
}

#[test]
fn both_sides_of_a_grpc_call_are_spans() {
    let spans = spans_of(env!("CARGO_BIN_EXE_grpc"));
    let trace = "check\n  grpc.health.v1.Health/Check\n    grpc.health.v1.Health/Check";
    assert_eq!(tree(&spans), format!("{trace}\n\n{trace}"));
    let codes = |kind| -> Vec<_> {
        let of_kind = spans.iter().filter(|span| span.kind == kind);
        let code = |span: &ReceivedSpan| span.attributes["rpc.response.status_code"].clone();
        of_kind.map(code).collect()
    };

    assert_eq!(codes(SpanKind::Server), ["OK", "NOT_FOUND"]);
    assert_eq!(codes(SpanKind::Client), ["OK", "NOT_FOUND"]);
}

#[test]
fn messages_continue_the_traces_of_their_senders() {
    let spans = spans_of(env!("CARGO_BIN_EXE_worker"));
    let trace = "send orders\n  process orders";
    assert_eq!(tree(&spans), format!("{trace}\n\n{trace}\n\nreceive orders"));
    let batch = named(&spans, "receive orders");
    let linked: Vec<_> = batch.links.iter().map(|link| &link.span_id).collect();
    let senders = spans.iter().filter(|span| span.name == "send orders");
    assert_eq!(linked, senders.map(|span| &span.span_id).collect::<Vec<_>>());
    assert_eq!(batch.attributes["messaging.batch.message_count"], 2);
    for (name, kind) in [
        ("send", SpanKind::Producer),
        ("receive", SpanKind::Client),
        ("process", SpanKind::Consumer),
    ] {
        let span = named(&spans, &format!("{name} orders"));
        assert_eq!(span.kind, kind);
        for (key, value) in [
            ("messaging.system", "tokio"),
            ("messaging.destination.name", "orders"),
            ("messaging.operation.name", name),
            ("messaging.operation.type", name),
        ] {
            assert_eq!(span.attributes[key], value, "{name}: {key}");
        }
    }

    let refused = spans.iter().find(|span| span.attributes.get("pairs") == Some(&0.into()));
    let status = ReceivedStatus::Error("no pairs of shoes".to_owned());
    assert_eq!(refused.unwrap().status, status);
}

#[test]
fn children_are_in_the_trace_of_the_command() {
    let spans = spans_of(env!("CARGO_BIN_EXE_children"));
    let expected = "import\n  start\n    load\n  start\n    load";
    assert_eq!(tree(&spans), expected);
    let tables = |name: &str| -> Vec<_> {
        let named = spans.iter().filter(|span| span.name == name);
        named.map(|span| span.attributes["table"].clone()).collect()
    };

    assert_eq!(tables("load"), ["orders", "customers"]);
    assert_eq!(tables("start"), tables("load"));
}

#[test]
fn existing_spans_and_events_are_exported() {
    let spans = spans_of(env!("CARGO_BIN_EXE_existing-tracing"));
    assert_eq!(tree(&spans), "import\n  parse\n  parse");
    let import = named(&spans, "import");
    assert_eq!(import.attributes["lines"], 2);
    assert_eq!(import.scope, "existing_tracing");
    assert_eq!(import.events[0].name, "imported");
}

#[test]
fn annotated_functions_record_into_a_provider_of_the_sdk() {
    let spans = spans_of(env!("CARGO_BIN_EXE_existing-sdk"));
    let total = "\n    orders.total\n      parse\n      parse";
    assert_eq!(tree(&spans), format!("import\n  import{total}{total}"));
    let total = named(&spans, "orders.total");
    assert_eq!(total.scope, "floe-telemetry-example-library");
    assert_eq!(total.resource["telemetry.sdk.name"], "opentelemetry");
    let failed = spans.iter().filter(|span| span.attributes.contains_key("error.type"));
    assert_eq!(failed.count(), 2);
}

#[test]
fn every_signal_is_sent_by_the_exporters_of_opentelemetry_otlp() {
    let grpc = ("grpc", Receiver::grpc(), "authorization", "Bearer of-this-call");
    let http = ("http", Receiver::http(), "x-tenant", "shoes");
    for (protocol, receiver, header, value) in [grpc, http] {
        let path = env!("CARGO_BIN_EXE_stock-exporters");
        let output = program(path, &receiver).arg(protocol).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let total = "\n  orders.total\n    parse\n    parse";
        assert_eq!(tree(&receiver.spans()), format!("import{total}{total}"));
        receiver.point("lists");
        let skipped = receiver.log("a list was skipped");
        assert_eq!(skipped.span_id, receiver.span("import").span_id);
        for request in receiver.requests() {
            assert_eq!(request.headers[header], value, "{}", request.path);
        }
    }
}

#[test]
fn nothing_runs_before_main() {
    assert_nothing_runs_before_main(env!("CARGO_BIN_EXE_service"));
    assert_nothing_runs_before_main(env!("CARGO_BIN_EXE_worker"));
}
