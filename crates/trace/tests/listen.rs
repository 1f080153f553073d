//! Tests the receiver of `floe-trace listen` over real connections.

#![cfg(feature = "listen")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

#[cfg(target_os = "linux")]
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;

use self::text::{line, spans};

const JSON: &str = "content-type: application/json\r\n";
const PROTOBUF: &str = "content-type: application/x-protobuf\r\n";

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

struct Listener {
    child: Child,
    out: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
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
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
            .args(["listen", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        errors.read_line(&mut line).unwrap();
        let addresses = line.trim().strip_prefix("listening for OTLP: gRPC on ").unwrap();
        let (grpc, http) = addresses.split_once(", HTTP on ").unwrap();
        Self {
            out: BufReader::new(child.stdout.take().unwrap()),
            errors,
            grpc: grpc.to_owned(),
            http: http.to_owned(),
            child,
        }
    }

    fn post(&self, headers: &str, body: &[u8]) -> String {
        post(&self.http, "/v1/traces", headers, body).unwrap()
    }

    /// Posts spans that the receiver accepts, and returns the answer.
    #[track_caller]
    fn accepted(&self, headers: &str, body: &[u8]) -> String {
        let answer = self.post(headers, body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }

    fn end(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends the receiver, and returns what it has drawn since the last picture.
    fn drawn(mut self) -> String {
        self.end();
        let mut drawn = String::new();
        self.out.read_to_string(&mut drawn).unwrap();
        assert!(self.child.wait().unwrap().success());
        drawn
    }

    /// Returns the peak memory of the receiver, in MiB.
    #[cfg(target_os = "linux")]
    fn most_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib: usize = line.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024
    }

    fn export(
        &self,
        request: ExportTraceServiceRequest,
    ) -> Result<ExportTraceServiceResponse, tonic::Status> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let address = format!("http://{}", self.grpc);
            let mut client = TraceServiceClient::connect(address).await.unwrap();
            client.export(request).await.map(tonic::Response::into_inner)
        })
    }

    /// Reads a picture up to the empty line after it.
    fn picture(&mut self) -> String {
        let mut picture = String::new();
        while self.out.read_line(&mut picture).unwrap() > 1 {}
        picture
    }
}

fn post(address: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn request(trace: u8, name: &str) -> String {
    format!(
        r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"traceId": "{trace:032x}", "spanId": "00000000000000ff", "name": "{name}",
        "startTimeUnixNano": "1000000", "endTimeUnixNano": "3000000", "attributes": [{{"key": "password", "value": {{"stringValue": "hunter2"}}}}]}}]}}]}}]}}"#
    )
}

#[test]
fn each_protocol_is_received_and_drawn_redacted() {
    let mut listener = Listener::with(&["--attributes"]);
    let parse = |text: &str| serde_json::from_str::<ExportTraceServiceRequest>(text).unwrap();

    let answer = listener.accepted(JSON, request(1, "as JSON").as_bytes());
    assert!(answer.ends_with("{}"), "{answer}");
    let picture = listener.picture();
    assert!(picture.contains("as JSON"), "{picture}");
    assert!(picture.contains("2 ms"), "{picture}");
    assert!(picture.contains("password="), "{picture}");
    assert!(!picture.contains("hunter2"), "{picture}");

    let gzip = zipped(&parse(&request(2, "as protobuf")).encode_to_vec());
    listener.accepted(&format!("{PROTOBUF}content-encoding: gzip\r\n"), &gzip);
    assert!(listener.picture().contains("as protobuf"));

    let answer = listener.export(parse(&request(3, "over gRPC"))).unwrap();
    assert_eq!(answer, ExportTraceServiceResponse::default());
    assert!(listener.picture().contains("over gRPC"));
}

#[test]
fn a_corrected_clock_is_noted() {
    let calls = "  GET 1..90 client\n    GET / 3902..3980 server @price\n".repeat(3);
    let mut listener = Listener::start();
    listener.post(JSON, line(&spans(&format!("GET /cart 0..99 @web\n{calls}"))).as_bytes());
    listener.end();
    let mut errors = String::new();
    listener.errors.read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "note: clocks: the clock of `price` is 3.9 s ahead; corrected\n");
}

#[test]
fn what_is_no_otlp_is_refused_with_a_reason() {
    let listener = Listener::start();
    for (headers, body, code, reason) in [
        (JSON, "not json", "400", "expected OTLP, as JSON or protobuf"),
        (JSON, r#"{"data": []}"#, "400", "found the fields `data`"),
        (
            JSON,
            concat!(r#"{"resourceSpans": "AKIA"#, r#"Q6JDMW3XKZ5TPLH7"}"#),
            "400",
            "body:1: expected requests of OTLP as JSON: invalid type: string, expected a sequence",
        ),
        (PROTOBUF, "\x7f\x7f", "400", "expected OTLP, as JSON or protobuf, found something else"),
    ] {
        let answer = listener.post(headers, body.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{answer}");
        assert!(answer.contains(reason), "{answer}");
    }
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let listener = Listener::start();
    let second = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .args(["listen", "--grpc", &listener.grpc])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let message = String::from_utf8(second.stderr).unwrap();
    let expected = format!("error: cannot listen on {}: ", listener.grpc);
    assert!(message.starts_with(&expected), "{message}");
    assert!(message.ends_with("; `--grpc` and `--http` set other addresses\n"), "{message}");
}

#[test]
fn another_path_is_not_found() {
    let listener = Listener::start();
    for path in ["/", "/v1/trace", "/v1/traces/", "/api/v2/spans"] {
        let answer = post(&listener.http, path, JSON, b"{}").unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert!(
            answer.contains("expected the path /v1/traces, /v1/logs or /v1/metrics"),
            "{answer}"
        );
    }
    let grpc = "content-type: application/grpc+proto\r\n";
    let answer = post(&listener.http, "/a.Service/Method", grpc, b"").unwrap();
    assert!(answer.contains("grpc-status: 12"), "{answer}");
}

/// A page of another machine is refused even if its host name resolves to this machine.
#[test]
fn a_page_of_another_machine_is_refused() {
    let listener = Listener::start();
    for (origin, code) in [
        ("http://shop.example:4318", "403"),
        ("https://localhost.example", "403"),
        ("http://[::1].shop.example", "403"),
        ("http://[::1].shop.example:4318", "403"),
        ("null", "403"),
        ("http://localhost:3000", "200"),
        ("http://127.0.0.1", "200"),
        ("http://[::1]:8080", "200"),
    ] {
        let headers = format!("{JSON}origin: {origin}\r\n");
        let answer = listener.post(&headers, request(1, origin).as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{origin}: {answer}");
    }
    let drawn = listener.drawn();
    for (name, is_drawn) in [(":3000", true), ("127.0.0.1", true), (":8080", true), ("shop", false)]
    {
        assert_eq!(drawn.contains(name), is_drawn, "{drawn}");
    }
}

#[test]
fn it_ends_while_it_receives() {
    let mut listener = Listener::start();
    let spans: Vec<String> = (1..2000)
        .map(|id| {
            format!(
                r#"{{"traceId": "{id:032x}", "spanId": "{id:016x}", "parentSpanId": "{id:016x}", "name": "n{id}",
                "startTimeUnixNano": "1", "endTimeUnixNano": "2"}}"#
            )
        })
        .collect();
    let body =
        format!(r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{}]}}]}}]}}"#, spans.join(","));
    listener.post(JSON, body.as_bytes());
    let address = listener.http.clone();
    let sender = thread::spawn(move || {
        let answers = (0..200).map(|_| post(&address, "/v1/traces", JSON, body.as_bytes()));
        answers.take_while(Result::is_ok).count()
    });
    listener.end();
    let mut drawn = String::new();
    listener.out.read_to_string(&mut drawn).unwrap();
    assert!(listener.child.wait().unwrap().success());
    assert!(sender.join().unwrap() < 200);
    assert!(drawn.contains("n1999"));
}

/// A request without its body times out, even while it waits for other requests.
#[test]
fn stalled_requests_do_not_hold_up_others() {
    let listener = Listener::start();
    let stalled: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(&listener.http).unwrap();
            let head = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n";
            stream.write_all(head).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    for mut stream in stalled {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 503");
    }
    listener.accepted(JSON, request(1, "next").as_bytes());
    // One after the other, they would take 10 seconds each.
    assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
}

#[test]
fn traces_that_do_not_end_take_bounded_memory() {
    let mut listener = Listener::with(&["--max-memory", "8"]);
    let text = "text ".repeat(1 << 17);
    // A trace whose parent does not arrive would be drawn only after a minute.
    for trace in 1..=8 {
        let body = request(trace, "open")
            .replace("password", "note")
            .replace("hunter2", &text)
            .replace(r#""name""#, r#""parentSpanId": "00000000000000aa", "name""#);
        listener.accepted(JSON, body.as_bytes());
    }
    assert!(listener.picture().contains(&format!("{:032x}", 1)));
}

#[test]
fn rejected_spans_are_told_to_the_sender() {
    let listener = Listener::start();
    let good = request(1, "good");
    let bad = request(0, "bad");
    let both: ExportTraceServiceRequest = [&good, &bad]
        .iter()
        .map(|it| serde_json::from_str::<ExportTraceServiceRequest>(it).unwrap())
        .reduce(|mut one, other| {
            one.resource_spans.extend(other.resource_spans);
            one
        })
        .unwrap();
    let reason = "expected a trace id of 16 bytes and a span id of 8";

    let json = serde_json::to_vec(&both).unwrap();
    let answer = listener.accepted(JSON, &json);
    assert!(answer.contains(r#""rejectedSpans":"1""#), "{answer}");
    assert!(answer.contains(&format!(r#""errorMessage":"{reason}"#)), "{answer}");

    let answer = listener.accepted(PROTOBUF, &both.encode_to_vec());
    assert!(answer.contains(reason), "{answer}");

    let told = listener.export(both).unwrap().partial_success.unwrap();
    assert_eq!(told.rejected_spans, 1);
    assert!(told.error_message.starts_with(reason));
    assert!(listener.drawn().contains("good"));
}

/// If they were decoded as a whole, these messages would take a hundred megabytes of memory or more.
#[test]
fn messages_that_are_small_on_the_wire_take_bounded_memory() {
    let listener = Listener::with(&["--max-memory", "256"]);
    let field = |number: u8, content: Vec<u8>| {
        let mut field = vec![number << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut field);
        field.extend(content);
        field
    };
    let events = field(11, Vec::new()).repeat(4_000_000);
    let protobuf = field(1, field(2, field(2, events)));
    let events = vec!["{}"; 2_000_000].join(",");
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"events":[{events}]}}]}}]}}]}}"#
    );
    let larger =
        "expected a span, a log record, a resource or a scope that takes at most 128 MiB of memory";
    for (headers, body) in [(PROTOBUF, protobuf), (JSON, json.into_bytes())] {
        let headers = format!("{headers}content-encoding: gzip\r\n");
        let answer = listener.accepted(&headers, &zipped(&body));
        assert!(answer.contains(larger), "{answer}");
    }
    for list in
        [r#"{"resourceSpans":["#, r#"{"resourceSpans":[{"scopeSpans":["#, r#"{"a":0,"data":["#]
    {
        let many = format!("{list}{}{{}}", "{},".repeat(2_000_000));
        let ends = list.bytes().rev().filter_map(|byte| match byte {
            b'[' => Some(']'),
            b'{' => Some('}'),
            _ => None,
        });
        listener.post(JSON, (many + &ends.collect::<String>()).as_bytes());
    }
    let newlines = zipped(&vec![b'\n'; 65 << 20]);
    let answer = listener.post(&format!("{JSON}content-encoding: gzip\r\n"), &newlines);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("expected at most 67108864 unzipped bytes, found more"), "{answer}");
    #[cfg(target_os = "linux")]
    assert!(listener.most_memory() < 64, "{} MiB", listener.most_memory());
}
