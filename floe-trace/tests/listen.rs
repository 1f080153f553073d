//! The receiver of `floe-trace listen`, over real connections.

#![cfg(feature = "listen")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message as _;

struct Listener {
    child: Child,
    out: BufReader<ChildStdout>,
    grpc: String,
    http: String,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Listener {
    fn start(out: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
            .args([
                "listen",
                "--grpc",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                "--out",
            ])
            .arg(out)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        errors.read_line(&mut line).unwrap();
        let addresses = line
            .trim()
            .strip_prefix("listening for OTLP: gRPC on ")
            .unwrap();
        let (grpc, http) = addresses.split_once(", HTTP on ").unwrap();
        Self {
            out: BufReader::new(child.stdout.take().unwrap()),
            grpc: grpc.to_owned(),
            http: http.to_owned(),
            child,
        }
    }

    /// Sends a request over HTTP and returns the answer.
    fn post(&self, headers: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.http).unwrap();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Reads a picture up to the empty line after it.
    fn picture(&mut self) -> String {
        let mut picture = String::new();
        while self.out.read_line(&mut picture).unwrap() > 1 {}
        picture
    }
}

fn request(trace: u8, name: &str) -> String {
    format!(
        r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"traceId": "{trace:032x}", "spanId": "00000000000000ff", "name": "{name}",
        "startTimeUnixNano": "1000000", "endTimeUnixNano": "3000000", "attributes": [{{"key": "password", "value": {{"stringValue": "hunter2"}}}}]}}]}}]}}]}}"#
    )
}

#[test]
fn each_protocol_is_received_drawn_and_written_redacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    let mut listener = Listener::start(&file);
    let parse = |text: &str| serde_json::from_str::<ExportTraceServiceRequest>(text).unwrap();

    let answer = listener.post(
        "content-type: application/json\r\n",
        request(1, "as JSON").as_bytes(),
    );
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("{}"),
        "{answer}"
    );
    let picture = listener.picture();
    assert!(
        picture.contains("as JSON") && picture.contains("2 ms"),
        "{picture}"
    );

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&parse(&request(2, "as protobuf")).encode_to_vec())
        .unwrap();
    let headers = "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n";
    let answer = listener.post(headers, &gzip.finish().unwrap());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(listener.picture().contains("as protobuf"));

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut client = TraceServiceClient::connect(format!("http://{}", listener.grpc))
            .await
            .unwrap();
        client
            .export(parse(&request(3, "over gRPC")))
            .await
            .unwrap();
    });
    assert!(listener.picture().contains("over gRPC"));

    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 3);
    for name in ["as JSON", "as protobuf", "over gRPC"] {
        assert!(written.contains(name), "{written}");
    }
    assert!(!written.contains("hunter2"), "{written}");
}

#[test]
fn what_is_no_otlp_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let listener = Listener::start(&folder.path().join("t.jsonl"));
    let json = "content-type: application/json\r\n";
    for (headers, body, code, reason) in [
        (
            "content-type: text/plain\r\n",
            "x",
            "415",
            "found `text/plain`",
        ),
        (json, "not json", "400", "expected a request of OTLP"),
        (
            json,
            r#"{"resourceSpans": "AKIAQ6JDMW3XKZ5TPLH7"}"#,
            "400",
            "<REDACTED>",
        ),
        (
            "content-type: application/x-protobuf\r\n",
            "\x7f\x7f",
            "400",
            "expected a request of OTLP",
        ),
        (
            "content-type: application/json\r\ncontent-encoding: br\r\n",
            "{}",
            "415",
            "expected a body in gzip",
        ),
        (
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            "{}",
            "400",
            "expected a body in gzip",
        ),
    ] {
        let answer = listener.post(headers, body.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {code}")) && answer.contains(reason),
            "{answer}"
        );
    }
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let listener = Listener::start(&folder.path().join("t.jsonl"));
    let second = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .args(["listen", "--grpc", &listener.grpc])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let message = String::from_utf8(second.stderr).unwrap();
    let expected = format!(
        "error: expected an address that is free, found {}: ",
        listener.grpc
    );
    assert!(message.starts_with(&expected), "{message}");
}
