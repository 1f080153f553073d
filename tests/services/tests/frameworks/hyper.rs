//! hyper's server and client, over sockets.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use floe_telemetry::{create_span, testing};
use floe_telemetry_http::{HttpClientLayer, HttpServerLayer, UrlTemplate};
use floe_test_services::InContext;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, UPGRADE};
use hyper::server::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

/// Starts a server with this layer in the current capture, and returns its address.
async fn server(layer: HttpServerLayer) -> SocketAddr {
    let service = InContext::new(layer.layer(service_fn(answer)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    address
}

/// Switches the protocol for `/upgrade` to one that echoes. Other responses have a body of 5 bytes.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/upgrade" {
        drop(create_span("answer"));
        return Ok(Response::new("hello".into()));
    }

    tokio::spawn(async {
        let mut upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut bytes = [0; 4];
        upgraded.read_exact(&mut bytes).await.unwrap();
        upgraded.write_all(&bytes).await.unwrap();
    });

    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, "upgrade".parse().unwrap());
    headers.insert(UPGRADE, "echo".parse().unwrap());
    Ok(response)
}

#[tokio::test]
async fn a_request_of_hyper_s_client_is_the_parent_of_its_server_s() {
    let mut address = None;
    let spans = testing::capture_async(async {
        let server = server(HttpServerLayer::new()).await;
        address = Some(server);
        let mut client = HttpClientLayer::new()
            .layer(Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>());
        let mut request = Request::post(format!("http://{server}/orders/42?token=abcdef123456"))
            .body(Full::from("four"))
            .unwrap();
        let template = UrlTemplate::new("/orders/{id}");
        request.extensions_mut().insert(template);
        let response = client.ready().await.unwrap().call(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "hello");
    })
    .await;
    let address = address.unwrap();
    let client = spans
        .single("POST /orders/{id}")
        .assert_root()
        .assert_unset()
        .assert_attribute("http.request.method", "POST")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("url.full", format!("http://{address}/orders/42?token=<REDACTED>"))
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", i64::from(address.port()))
        .assert_attribute("network.protocol.version", "1.1")
        .assert_no_attribute("floe.cancelled");
    let server = spans.single("POST").assert_child_of("POST /orders/{id}");
    spans.single("answer").assert_child_of("POST");
    assert!(server.data().end_time <= client.data().end_time);
}

#[tokio::test]
async fn a_client_may_leave_the_body_and_fails_without_a_response() {
    let spans = testing::capture_async(async {
        let server = server(HttpServerLayer::new().with_filter(|_| false)).await;
        let mut client = HttpClientLayer::new()
            .layer(Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>());
        let request = Request::get(format!("http://{server}/")).body(Empty::new());
        drop(client.call(request.unwrap()).await.unwrap());
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };

        let request = Request::put(format!("http://{gone}/")).body(Empty::new());
        assert!(client.call(request.unwrap()).await.is_err());
    })
    .await;
    spans.single("GET").assert_unset().assert_no_attribute("floe.cancelled");
    let failed = spans.single("PUT");
    let error_type = failed.attribute("error.type").unwrap().as_str();
    assert!(error_type.starts_with("hyper_util::client"), "{error_type}");
    failed.assert_no_attribute("http.response.status_code");
}

#[tokio::test]
async fn the_span_of_an_upgrade_ends_with_the_response() {
    let mut connection = None;
    let spans = testing::capture_async(async {
        let server = server(HttpServerLayer::new()).await;
        let mut stream = TcpStream::connect(server).await.unwrap();
        let request =
            "GET /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }

        assert!(head.starts_with(b"HTTP/1.1 101 "));
        connection = Some(stream);
    })
    .await;
    spans
        .single("GET")
        .assert_attribute("http.response.status_code", 101)
        .assert_no_attribute("floe.cancelled");
    // The connection is still in use.
    let mut stream = connection.unwrap();
    stream.write_all(b"echo").await.unwrap();
    let mut echoed = [0; 4];
    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"echo");
}
