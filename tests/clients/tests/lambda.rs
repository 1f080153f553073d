//! A Lambda function with its own runtime, below a service that stands for Lambda's. The test is a program of its own,
//! because Lambda passes everything in variables of the environment.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floe_telemetry::traced;
use floe_telemetry_aws::{LambdaLayer, XrayPropagator};
use lambda_http::http::HeaderMap;
use lambda_http::{Body, Request, Response};
use lambda_runtime::{Error, LambdaEvent};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, Key, KeyValue, SpanId, TraceId};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tower::{Layer as _, service_fn};

const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8";
const PARENT: &str = "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8";
/// Another trace.
const OTHER: &str = "Root=1-5759e988-bd862e3fe1be46a994272794;Parent=53995c3f42cd8ad8";
/// An event whose handler never ends.
const STUCK: &str = "\"stuck\"";
const NO_PARENT: &str = " 0000000000000000 ";

/// Writes each span as a line.
#[derive(Debug)]
struct Lines;

impl SpanExporter for Lines {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            let trace = span.span_context.trace_id();
            let parent = span.parent_span_id;
            let of_function = |it: &&KeyValue| !it.key.as_str().starts_with("code.");
            let attributes = span.attributes.iter().filter(of_function);
            let attributes: Vec<_> =
                attributes.map(|it| format!("{}={}", it.key, it.value)).collect();
            let attributes = attributes.join(" ");
            println!("span {} {trace} {parent} {:?} {attributes}", span.name, span.status);
            println!("delivered {}", span.span_context.span_id());
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        println!("service {:?}", resource.get(&Key::new("service.name")));
    }
}

#[traced(name = "handle")]
async fn handle(event: LambdaEvent<String>) -> Result<String, Error> {
    tracing::info_span!("work").in_scope(|| tracing::info!("working"));
    match event.payload.as_str() {
        "bad" => Err("password=hunter2".into()),
        "stuck" => {
            drop(floe_telemetry::create_span("before"));
            std::future::pending().await
        }
        _ => Ok(event.payload),
    }
}

/// A message from another trace of X-Ray.
#[traced(name = "message", parent = headers)]
fn message(headers: &[(&str, &str)]) {}

#[traced(name = "answer", parent = headers)]
fn answer(headers: &HeaderMap) {}

/// The function; `kind` is its handler. Its spans of `tracing` are recorded, too.
fn function(kind: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let mut telemetry = floe_telemetry::builder().with_span_exporter(Lines);
    if kind != "event" {
        telemetry = telemetry.with_propagator(XrayPropagator::new());
    }
    let layer = LambdaLayer::new(Arc::new(telemetry.init().expect("telemetry")));
    runtime.expect("a runtime").block_on(async {
        let ended = match kind {
            "http" => {
                let answer = |request: Request| async move {
                    answer(request.headers());
                    Ok::<_, Error>(Response::new(Body::Empty))
                };
                let layer = layer.with_context().without_span();
                lambda_http::run(layer.layer(service_fn(answer))).await
            }
            "runtime" => {
                let layer = layer.with_context().with_trigger("pubsub");
                lambda_runtime::Runtime::new(service_fn(handle)).layer(layer).run().await
            }
            "any" => lambda_runtime::run(layer.layer(service_fn(handle))).await,
            "bare" => {
                let handle = |event: LambdaEvent<String>| {
                    message(&[("X-Amzn-Trace-Id", &format!("{OTHER};Sampled=1"))]);
                    handle(event)
                };
                lambda_runtime::run(layer.without_span().layer(service_fn(handle))).await
            }
            "foreign" => {
                let ids = (TraceId::from(7), SpanId::from(8));
                let state = TraceState::NONE;
                let span = SpanContext::new(ids.0, ids.1, TraceFlags::default(), true, state);
                let _foreign = Context::new().with_remote_span_context(span).attach();
                lambda_runtime::run(layer.layer(service_fn(handle))).await
            }
            "concurrent" => {
                let layer = layer.with_context();
                lambda_runtime::run_concurrent(layer.layer(service_fn(handle))).await
            }
            _ => lambda_runtime::run(layer.with_context().layer(service_fn(handle))).await,
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

/// The events of a function that are left, and the requests of its process.
struct Service {
    xray: String,
    events: Vec<String>,
    /// Events without an answer.
    unanswered: usize,
    waiting: bool,
}

impl Service {
    /// Answers a request, except for an event when none is left.
    fn answer(&mut self, first: &str) -> Option<String> {
        let body = if first.starts_with("POST") {
            self.unanswered -= 1;
            String::new()
        } else if self.events.is_empty() {
            self.waiting = true;
            return None;
        } else {
            self.events.remove(0)
        };
        let head = "lambda-runtime-aws-request-id: 7\r\n\
            lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123:function:ship:live";
        let left = Duration::from_secs(if body == STUCK { 3 } else { 900 });
        let deadline = (SystemTime::now() + left).duration_since(UNIX_EPOCH).expect("a time");
        let (xray, deadline, length) = (&self.xray, deadline.as_millis(), body.len());
        Some(format!(
            "HTTP/1.1 200 OK\r\n{head}\r\nlambda-runtime-trace-id: {xray}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    /// Whether Lambda stops the process: it waits for another event, and has answered each one, or never will.
    fn is_over(&self, kind: &str) -> bool {
        self.events.is_empty() && (kind == "stuck" || self.waiting && self.unanswered == 0)
    }
}

/// Invokes a function with each event and a header of X-Ray. Lambda stops its process when it asks for another event after
/// the last one, or at the deadline. Each connection has a thread: the client of `lambda_runtime` opens another one when the
/// first is not idle yet.
fn invoke(kind: &'static str, xray: &str, events: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["--exact", "a_function_is_delivered_before_it_is_stopped", "--nocapture"])
        .env("LAMBDA_TEST", kind)
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().expect("a port").to_string())
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "ship"), ("AWS_LAMBDA_FUNCTION_VERSION", "3")])
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_MAX_CONCURRENCY", if kind == "concurrent" { "2" } else { "1" })
        .env("FLOE_LOG_OUTPUT", "none")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let service = Arc::new(Mutex::new(Service {
        xray: xray.to_owned(),
        events: events.iter().map(|&event| event.to_owned()).collect(),
        unanswered: events.len(),
        waiting: false,
    }));
    let (over, is_over) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (service, over) = (Arc::clone(&service), over.clone());
            thread::spawn(move || {
                let mut stream = BufReader::new(stream.expect("a connection"));
                while let Some(first) = request(&mut stream) {
                    let mut service = service.lock().expect("a service");
                    let answer = service.answer(&first).unwrap_or_default();
                    stream.get_mut().write_all(answer.as_bytes()).expect("an answer");
                    if service.is_over(kind) {
                        over.send(()).ok();
                    }
                }
            });
        }
    });
    let ended = is_over.recv_timeout(Duration::from_secs(60));
    if ended.is_ok() && kind == "stuck" {
        return until_deadline(child);
    }
    child.kill().expect("a child");
    let output = child.wait_with_output().expect("an output");
    let lines = String::from_utf8(output.stdout).expect("text");
    assert!(ended.is_ok(), "{kind} {xray}: no further request: {lines}");
    lines
}

/// Reads the lines of a function that does not answer, up to the line of its invocation.
fn until_deadline(mut child: Child) -> String {
    let mut output = BufReader::new(child.stdout.take().expect("an output"));
    let mut lines = String::new();
    while !lines.contains("span ship") && output.read_line(&mut lines).expect("a line") > 0 {}
    child.kill().expect("a child");
    child.wait().expect("an end");
    lines
}

/// Checks that each parent was delivered, or is X-Ray's, and that the runtime's own span was not, which is open while
/// Lambda stops the process.
#[track_caller]
fn assert_whole(lines: &str) {
    let delivered: Vec<_> = lines.lines().filter_map(|it| it.strip_prefix("delivered ")).collect();
    for line in lines.lines().filter_map(|it| it.strip_prefix("span ")) {
        let parent = line.split([' ']).find(|it| it.len() == 16).expect("a parent");
        let is_outside = [NO_PARENT.trim(), "53995c3f42cd8ad8"].contains(&parent);
        assert!(is_outside || delivered.contains(&parent), "{line} in {lines}");
    }
    assert!(!lines.contains("span Lambda runtime invoke"), "{lines}");
}

/// The lines of the spans of invocations.
fn invocations(lines: &str) -> Vec<&str> {
    lines.lines().filter_map(|line| line.strip_prefix("span ship ")).collect()
}

#[test]
fn a_function_is_delivered_before_it_is_stopped() {
    if let Ok(kind) = std::env::var("LAMBDA_TEST") {
        return function(&kind);
    }
    let sampled = format!("{ROOT};Sampled=1");
    let lines = invoke("xray", &sampled, &["\"good\"", "\"bad\""]);
    let found = invocations(&lines);
    let context = "faas.name=ship faas.invocation_id=7 \
        aws.lambda.invoked_arn=arn:aws:lambda:eu-central-1:123:function:ship:live \
        cloud.resource_id=arn:aws:lambda:eu-central-1:123:function:ship:3 cloud.account.id=123";
    assert_eq!(found[0], format!("{PARENT} Unset faas.coldstart=true {context}"), "{lines}");
    assert!(found[1].starts_with(&format!("{PARENT} Error")), "{lines}");
    assert!(found[1].contains(&format!("faas.coldstart=false {context}")), "{lines}");
    assert_eq!(lines.matches("span handle 5759e988bd862e3fe1be46a994272793").count(), 2);
    assert!(lines.contains("service Some(String(Owned(\"ship\")))"), "{lines}");
    assert!(!lines.contains("hunter"), "{lines}");

    let lines = invoke("runtime", &sampled, &["\"good\""]);
    assert!(invocations(&lines)[0].contains("faas.trigger=pubsub"), "{lines}");
    let lines = invoke("any", &sampled, &["\"good\""]);
    assert!(invocations(&lines)[0].ends_with("faas.coldstart=true faas.name=ship"), "{lines}");
}

/// Without active tracing, Lambda passes `Sampled=0` to each function.
#[test]
fn a_trace_that_x_ray_does_not_record_is_no_parent() {
    let long = format!("{ROOT};Sampled=1;Lineage={}", "a".repeat(10_000));
    for (kind, xray) in [
        ("event", &format!("{ROOT};Sampled=0;Lineage=1:a:0")),
        ("event", &format!("{ROOT};Sampled=1")),
        ("xray", &format!("{ROOT};Sampled=0;Lineage=1:a:0")),
        ("xray", &format!("{ROOT};Sampled=1;Sampled=0")),
        ("xray", &ROOT.replace("Root=1", "Root=9")),
        ("event", &long),
        ("xray", &long),
    ] {
        let lines = invoke(kind, xray, &["{", "\"good\""]);
        let found = invocations(&lines);
        assert_eq!(found.len(), 1, "{kind} {xray}: {lines}");
        assert!(found[0].contains(NO_PARENT), "{kind} {xray}: {lines}");
        assert_eq!(lines.matches("span handle").count(), 1, "{kind} {xray}: {lines}");
    }

    let http = r#"{"version":"2.0","routeKey":"$default","rawPath":"/","rawQueryString":"","headers":{},"isBase64Encoded":false,
        "requestContext":{"accountId":"1","apiId":"a","domainName":"d","domainPrefix":"d","requestId":"r","routeKey":"$default",
        "stage":"$default","time":"t","timeEpoch":0,"http":{"method":"GET","path":"/","protocol":"HTTP/1.1","sourceIp":"::1"}}}"#;
    let lines = invoke("http", &format!("{ROOT};Sampled=0"), &[http]);
    let answer = lines.lines().find(|line| line.starts_with("span answer"));
    assert!(answer.is_some_and(|line| line.contains(NO_PARENT)), "{lines}");
    let lines = invoke("http", &format!("{ROOT};Sampled=1"), &[http]);
    assert!(lines.contains(&format!("span answer {PARENT}")), "{lines}");
}

/// Around the handler, `lambda_runtime::run` has a span of `tracing` that ends after the answer.
#[test]
fn each_trace_is_whole_when_lambda_stops_the_process() {
    let traceless = "x";
    let [sampled, unsampled] = ["Sampled=1", "Sampled=0"].map(|it| format!("{ROOT};{it}"));
    let nowhere = "0000000000000000";
    for (kind, xray, parent) in [
        ("xray", &*sampled, "53995c3f42cd8ad8"),
        ("xray", &unsampled, nowhere),
        ("xray", traceless, nowhere),
        ("any", &sampled, "53995c3f42cd8ad8"),
        ("runtime", &sampled, "53995c3f42cd8ad8"),
        ("runtime", &unsampled, nowhere),
        ("runtime", traceless, nowhere),
        ("concurrent", &sampled, "53995c3f42cd8ad8"),
        ("foreign", &sampled, "53995c3f42cd8ad8"),
        ("foreign", &unsampled, nowhere),
        ("foreign", traceless, nowhere),
    ] {
        let lines = invoke(kind, xray, &["\"good\"", "\"good\""]);
        let found = invocations(&lines);
        assert_eq!(found.len(), 2, "{kind} {xray}: {lines}");
        for line in found {
            assert_eq!(line.split(' ').nth(1), Some(parent), "{kind} {xray}: {lines}");
        }
        assert_eq!(lines.matches("span work").count(), 2, "{kind} {xray}: {lines}");
        assert_whole(&lines);
    }

    // Without a span of the invocation, the function's own spans have X-Ray's parent.
    for (xray, parent) in [(&sampled, PARENT), (&unsampled, NO_PARENT)] {
        let lines = invoke("bare", xray, &["\"good\""]);
        let handle = lines.lines().find(|line| line.starts_with("span handle"));
        assert!(handle.is_some_and(|line| line.contains(parent)), "{xray}: {lines}");
        let other = PARENT.replace("3 ", "4 ");
        assert_eq!(lines.matches(&format!("span message {other}")).count(), 1, "{xray}: {lines}");
        assert_whole(&lines);
    }
}

#[test]
fn a_function_is_delivered_before_its_deadline() {
    let lines = invoke("stuck", ROOT, &[STUCK]);
    let found = invocations(&lines);
    assert!(found[0].contains("error.type=timeout"), "{lines}");
    assert!(lines.contains("span before"), "{lines}");
}
