//! HTTP requests to a server on the loopback interface, sequentially on one connection.

use std::net::Ipv4Addr;
use std::thread;

use floe_telemetry::traced;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::{Row, TIMEOUT, Telemetry, pairs, spans_of, timed};

const REQUESTS: u32 = 100;

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
    )
)]
async fn handle_traced(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    handle(request).await
}

async fn route(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if request.uri().path() == "/orders/traced" {
        handle_traced(request).await
    } else {
        handle(request).await
    }
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
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let _ = stream.set_nodelay(true);
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(route));
                tokio::spawn(connection);
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

async fn get(server: &mut SendRequest<Empty<Bytes>>, path: &str) -> Bytes {
    server.ready().await.expect("a connection");
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = path.parse().expect("a path");
    let response = server.send_request(request).await.expect("a response");
    response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes()
}

pub(super) fn row() -> Row {
    let client = runtime();
    let mut server = client.block_on(connect(serve()));
    let mut telemetry = Telemetry::new();
    let provider = telemetry.start(true);
    let mut row = pairs("HTTP request and response", 400, REQUESTS, |with| {
        // Both paths have the same length, because the path is part of the response.
        let path = if with {
            "/orders/traced"
        } else {
            "/orders/silent"
        };
        let took = timed(|| {
            client.block_on(async {
                for _ in 0..REQUESTS {
                    get(&mut server, path).await;
                }
            });
        });
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        took
    });
    row.spans = telemetry.receiver.arrived().spans;
    row.expected_spans = spans_of(&row, REQUESTS);
    row
}
