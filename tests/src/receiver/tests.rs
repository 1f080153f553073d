//! Both transports, over real sockets.

mod faults;
mod fixture;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message as _;
use tonic::transport::Endpoint;

use super::Receiver;
use fixture::{expected, request};

const SOON: Duration = Duration::from_secs(10);

/// Exports [`request`] with a tonic client.
fn export(receiver: &Receiver) -> Result<(), tonic::Status> {
    export_within(receiver, SOON)
}

/// Exports [`request`] with a tonic client that has this `timeout`.
fn export_within(receiver: &Receiver, timeout: Duration) -> Result<(), tonic::Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let endpoint = Endpoint::new(receiver.endpoint()).unwrap().timeout(timeout);
        let mut client = TraceServiceClient::new(endpoint.connect().await.unwrap());
        let mut request = tonic::Request::new(request());
        request.metadata_mut().insert("x-key", "metadata canary".parse().unwrap());
        client.export(request).await.map(|_| ())
    })
}

/// Sends an HTTP request with `headers` and leaves the response on the connection.
fn send(receiver: &Receiver, line: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(receiver.endpoint().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    stream
}

/// Sends an HTTP request and returns the whole response.
fn answer(receiver: &Receiver, line: &str, headers: &str, body: &[u8]) -> String {
    let mut text = String::new();
    send(receiver, line, headers, body).read_to_string(&mut text).unwrap();
    text
}

const POST: &str = "POST /v1/traces";
const PROTOBUF: &str = "Content-Type: application/x-protobuf\r\nX-Key: metadata canary\r\n";

#[test]
fn every_field_arrives_over_grpc() {
    let receiver = Receiver::grpc();
    export(&receiver).unwrap();
    assert_eq!(receiver.wait_for_spans(2, SOON), expected());

    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    assert_eq!(requests[0].headers["x-key"], "metadata canary");
    assert_eq!(requests[0].body[5..], request().encode_to_vec());
}

#[test]
fn every_field_arrives_over_http() {
    let receiver = Receiver::http();
    let body = request().encode_to_vec();
    let text = answer(&receiver, POST, PROTOBUF, &body);
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(text.contains("content-type: application/x-protobuf\r\n"), "{text}");
    assert_eq!(receiver.wait_for_spans(2, SOON), expected());

    let [request] = &receiver.requests()[..] else { panic!("one request") };
    assert_eq!(request.path, "/v1/traces");
    assert_eq!(request.headers["x-key"], "metadata canary");
    assert_eq!(request.body, body);
    assert!(request.contains("metadata canary") && request.contains("no file"));
    assert!(!request.contains("another"));
}

#[test]
fn a_wrong_http_request_is_refused_and_kept() {
    let receiver = Receiver::http();
    let text = "Content-Type: text/plain\r\n";
    let json = "Content-Type: application/json\r\n";
    let gzip = format!("{PROTOBUF}Content-Encoding: gzip\r\n");
    for (line, headers, body, status) in [
        ("POST /v1/trace", PROTOBUF, "", "404"),
        ("POST /", PROTOBUF, "", "404"),
        ("GET /v1/traces", PROTOBUF, "", "405"),
        (POST, text, "{}", "415"),
        (POST, json, "not JSON", "400"),
        (POST, "", "", "415"),
        (POST, &gzip, "", "415"),
        (POST, PROTOBUF, "not protobuf", "400"),
    ] {
        let answered = answer(&receiver, line, headers, body.as_bytes());
        assert_eq!(answered.split(' ').nth(1), Some(status), "{line} {headers}: {answered}");
    }
    assert_eq!(receiver.spans(), []);
    assert_eq!(receiver.requests().len(), 8);
}
