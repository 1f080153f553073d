//! HTTP requests to a server on the loopback interface, sequentially on one connection.
//!
//! What is measured is the CPU time of the server's thread: the time of a request is mostly that of waking the other
//! side, and depends on where the scheduler runs it. Both sides are bound to a processor of their own; the threads of
//! the library run on either.

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::traced;
use floe_telemetry_http::{HttpServerLayer, ResponseBody};
use http_body_util::{BodyExt as _, Either, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer as _, Service as _};

use super::{Row, TIMEOUT, Telemetry, pairs, spans_of};
use crate::cpu_time;
use crate::processor::bind;
use crate::statistics::Spread;

/// Requests of one measurement: few, so that the machine is as fast with telemetry as without it.
const REQUESTS: u32 = 50;

/// The path without telemetry. All have the same length, because the path is part of the response.
const SILENT: &str = "/orders/silent";

/// The path whose response is the CPU time of the server's thread in nanoseconds.
const CPU_TIME: &str = "/cpu-time";

/// An operation, its path, and whether its requests have a trace context.
const OPERATIONS: [(&str, &str, bool); 3] = [
    ("HTTP request, #[traced]", "/orders/traced", false),
    ("HTTP request, HttpServerLayer", "/orders/layers", false),
    ("HTTP request, HttpServerLayer, traceparent", "/orders/layers", true),
];

/// A minimal handler: it reads the request and writes some JSON.
async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let length = body.collect().await?.to_bytes().len();
    let path = parts.uri.path();
    let lines: Vec<String> = (0..20)
        .map(|line| format!(r#"{{"path":"{path}","length":{length},"sku":"A-{line:04}"}}"#))
        .collect();
    let body = format!("[{}]", lines.join(","));
    Ok(Response::new(Full::from(body)))
}

#[traced(
    name = "GET /orders",
    kind = server,
    attributes(
        "http.request.method" = "GET",
        "http.route" = "/orders",
        "url.path" = request.uri().path(),
        "url.scheme" = "http",
    )
)]
async fn handle_traced(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    handle(request).await
}

type Answer = Response<Either<Full<Bytes>, ResponseBody<Full<Bytes>>>>;

async fn route(request: Request<Incoming>, layer: HttpServerLayer) -> Result<Answer, hyper::Error> {
    match request.uri().path() {
        "/orders/traced" => handle_traced(request).await.map(plain),
        "/orders/layers" => {
            let mut service = layer.layer(tower::service_fn(handle));
            let response = service.call(request).await?;
            Ok(response.map(Either::Right))
        }
        CPU_TIME => {
            let nanos = cpu_time::of_thread().as_nanos().to_string();
            Ok(plain(Response::new(Full::from(nanos))))
        }
        _ => handle(request).await.map(plain),
    }
}

fn plain(response: Response<Full<Bytes>>) -> Answer {
    response.map(Either::Left)
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

/// Starts the server on its own thread and returns its port.
fn serve() -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("the bound address").port();
    listener.set_nonblocking(true).expect("a listener");
    let layer = HttpServerLayer::new();
    thread::spawn(move || {
        bind(0);
        runtime().block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let _ = stream.set_nodelay(true);
                let layer = layer.clone();
                let service = service_fn(move |request| route(request, layer.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    port
}

async fn connect(port: u16) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let stream = stream.expect("a connection");
    let _ = stream.set_nodelay(true);
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1");
    tokio::spawn(connection);
    sender
}

async fn get(server: &mut SendRequest<Empty<Bytes>>, path: &str, has_context: bool) -> Bytes {
    server.ready().await.expect("a connection");
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = path.parse().expect("a path");
    if has_context {
        let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = HeaderValue::from_static(context);
        request.headers_mut().insert("traceparent", context);
    }
    let response = server.send_request(request).await.expect("a response");
    response.into_body().collect().await.expect("a body").to_bytes()
}

async fn server_time(server: &mut SendRequest<Empty<Bytes>>) -> Duration {
    let nanos = get(server, CPU_TIME, false).await;
    let nanos = str::from_utf8(&nanos).ok().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

pub(super) fn rows() -> impl Iterator<Item = Row> {
    OPERATIONS.into_iter().map(row)
}

fn row((operation, path, has_context): (&'static str, &str, bool)) -> Row {
    let mut telemetry = Telemetry::new();
    let provider = telemetry.start(true);
    let port = serve();
    let mut elapsed = Vec::new();
    let requests = || {
        bind(1);
        let client = runtime();
        let mut server = client.block_on(connect(port));
        pairs(operation, 300, REQUESTS, |with| {
            let path = if with { path } else { SILENT };
            let took = client.block_on(async {
                let before = server_time(&mut server).await;
                let start = Instant::now();
                for _ in 0..REQUESTS {
                    get(&mut server, path, has_context).await;
                }
                if !with {
                    elapsed.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
                }
                server_time(&mut server).await.saturating_sub(before)
            });
            provider.force_flush(TIMEOUT).expect("spans are delivered");
            took
        })
    };
    // On a thread of its own, which alone is bound.
    let row = thread::scope(|scope| scope.spawn(requests).join());
    let mut row = row.expect("the requests succeed");
    let elapsed = Spread::of(elapsed);
    row.added_percent_of_elapsed = Some(row.added_nanos.median / elapsed.median / 10.0);
    row.elapsed_micros = Some(elapsed);
    row.spans = telemetry.receiver.arrived().items;
    row.expected_spans = spans_of(&row, REQUESTS);
    row
}
