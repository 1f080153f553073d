//! A Lambda function with its own runtime, below a service that stands for Lambda's. The test is a program of its own,
//! because Lambda passes everything in variables of the environment.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_aws::{LambdaLayer, XrayPropagator};
use lambda_http::{Body, Request, Response};
use lambda_runtime::{Error, LambdaEvent};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower::{Layer as _, service_fn};

const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const PARENT: &str = "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8";

/// Writes each span as a line.
#[derive(Debug)]
struct Lines;

impl SpanExporter for Lines {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            let trace = span.span_context.trace_id();
            let parent = span.parent_span_id;
            let found = span.attributes.iter().find(|it| it.key.as_str() == "faas.coldstart");
            let coldstart = found.map(|it| it.value.to_string()).unwrap_or_default();
            println!("span {} {trace} {parent} {:?} {coldstart}", span.name, span.status);
        }
        Ok(())
    }
}

#[traced(name = "handle")]
async fn handle(event: LambdaEvent<String>) -> Result<String, Error> {
    if event.payload == "bad" { Err("password=hunter2".into()) } else { Ok(event.payload) }
}

/// The function; `kind` is its handler.
fn function(kind: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_propagator(XrayPropagator::new())
        .with_span_exporter(Lines)
        .initialize();
    let layer = LambdaLayer::new(Arc::new(telemetry.expect("telemetry")));
    runtime.expect("a runtime").block_on(async {
        let ended = if kind == "event" {
            lambda_runtime::run(layer.layer(service_fn(handle))).await
        } else {
            let answer = |_: Request| async {
                drop(floe_telemetry::create_span("answer"));
                Ok::<_, Error>(Response::new(Body::Empty))
            };
            lambda_http::run(layer.without_span().layer(service_fn(answer))).await
        };
        ended.expect("a function");
    });
}

/// Reads a request, and returns its first line.
fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut first = String::new();
    let mut length = 0;
    let mut line = String::new();
    stream.read_line(&mut first).ok().filter(|read| *read > 0)?;
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).ok()?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some(first)
}

/// Invokes a function with each event. Lambda stops its process when it asks for another event after the last one.
fn invoke(kind: &str, events: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["--exact", "a_function_is_delivered_before_it_is_stopped", "--nocapture"])
        .env("LAMBDA_TEST", kind)
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().expect("a port").to_string())
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "ship"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut events = events.iter();
    'connections: for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.expect("a connection"));
        while let Some(first) = request(&mut stream) {
            let head = "lambda-runtime-aws-request-id: 7\r\nlambda-runtime-deadline-ms: 9999999999999\r\n\
                lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:1:function:ship";
            let body = match events.as_slice() {
                _ if first.starts_with("POST") => "",
                [] => break 'connections,
                [event, ..] => event,
            };
            if !first.starts_with("POST") {
                events.next();
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\n{head}\r\nlambda-runtime-trace-id: {XRAY}\r\n\
                 content-length: {length}\r\n\r\n{body}"
            );
            stream.get_mut().write_all(answer.as_bytes()).expect("an answer");
        }
    }
    child.kill().expect("a child");
    let output = child.wait_with_output().expect("an output");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_function_is_delivered_before_it_is_stopped() {
    if let Ok(kind) = std::env::var("LAMBDA_TEST") {
        return function(&kind);
    }
    let lines = invoke("event", &["\"good\"", "\"bad\""]);
    let of_function: Vec<_> =
        lines.lines().filter_map(|line| line.strip_prefix("span ship ")).collect();
    assert_eq!(of_function[0], format!("{PARENT} Unset true"), "{lines}");
    assert!(of_function[1].starts_with(&format!("{PARENT} Error")), "{lines}");
    assert!(of_function[1].ends_with("false"), "{lines}");
    assert_eq!(lines.matches("span handle 5759e988bd862e3fe1be46a994272793").count(), 2);
    assert!(!lines.contains("hunter"), "{lines}");

    let http = r#"{"version":"2.0","routeKey":"$default","rawPath":"/","rawQueryString":"","headers":{},"isBase64Encoded":false,
        "requestContext":{"accountId":"1","apiId":"a","domainName":"d","domainPrefix":"d","requestId":"r","routeKey":"$default",
        "stage":"$default","time":"t","timeEpoch":0,"http":{"method":"GET","path":"/","protocol":"HTTP/1.1","sourceIp":"::1"}}}"#;
    let lines = invoke("http", &[http]);
    assert!(lines.contains("span answer"), "{lines}");
}
