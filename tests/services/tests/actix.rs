//! The span of a server of actix-web, over sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context as TaskContext, Poll};
use std::thread::{self, JoinHandle};

use actix_service::map_config;
use actix_web::dev::{AppConfig, ServerHandle, Service as _, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorServiceUnavailable};
use actix_web::http::KeepAlive;
use actix_web::middleware::NormalizePath;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, HttpServer, guard, web};
use bytes::Bytes;
use floe_telemetry::propagation::baggage_value;
use floe_telemetry::testing::{CapturedSpan, Spans};
use floe_telemetry::{create_span, testing, traced};
use floe_telemetry_http::HttpServerLayer;
use futures_core::Stream;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, Status};
use reqwest_middleware::reqwest::header::HeaderName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A body with a span for each part, the last one first.
struct Pieces(Vec<Result<&'static str, &'static str>>);

impl Stream for Pieces {
    type Item = Result<Bytes, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        drop(create_span("piece"));
        Poll::Ready(self.0.pop().map(|piece| piece.map(Bytes::from)))
    }
}

/// A request that waits without end.
#[derive(Default)]
struct Waiting {
    began: Notify,
    ended: Notify,
}

struct NotifyOnDrop(Arc<Waiting>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.ended.notify_one();
    }
}

#[traced]
async fn find() -> String {
    tokio::task::yield_now().await;
    baggage_value("tenant").unwrap_or_default()
}

async fn wait(waiting: web::Data<Waiting>) -> HttpResponse {
    let waiting = NotifyOnDrop(waiting.into_inner());
    waiting.0.began.notify_one();
    pending().await
}

fn routes(config: &mut web::ServiceConfig) {
    let refused = |_, _: &_| ready(Err::<ServiceResponse, _>(ErrorForbidden("password=hunter2")));
    config
        .route("/orders/{id}", web::to(find))
        .route("/broken", web::to(|| ready(Err::<String, _>(ErrorServiceUnavailable("closed")))))
        .service(web::resource("/refused").wrap_fn(refused).to(find))
        .route("/panics", web::to(|| async { panic_with("no shoes") }))
        .route("/waits", web::to(wait))
        .route("/stream", web::to(|| body(vec![Ok("b"), Ok("a")])))
        .route("/torn", web::to(|| body(vec![Err("password=hunter2"), Ok("a")])));
}

fn panic_with(message: &str) -> HttpResponse {
    panic!("{message}")
}

fn body(pieces: Vec<Result<&'static str, &'static str>>) -> impl Future<Output = HttpResponse> {
    ready(HttpResponse::Ok().streaming(Pieces(pieces)))
}

/// A server whose requests belong to the current capture.
struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<()>,
    waiting: Arc<Waiting>,
}

impl Server {
    fn start(layer: HttpServerLayer) -> Self {
        let (context, waiting) = (Context::current(), Arc::<Waiting>::default());
        let data = web::Data::from(Arc::clone(&waiting));
        let app = move || {
            let context = context.clone();
            App::new().app_data(data.clone()).configure(routes).wrap(layer.clone()).wrap_fn(
                move |request, service| {
                    let _attached = context.clone().attach();
                    service.call(request)
                },
            )
        };
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let serve = async move {
                let server = HttpServer::new(app)
                    .workers(1)
                    .disable_signals()
                    .keep_alive(KeepAlive::Disabled)
                    .h1_allow_half_closed(false)
                    .bind(("127.0.0.1", 0))
                    .unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                sender.send((address, server.handle())).unwrap();
                server.await.unwrap();
            };
            System::new().block_on(serve);
        });
        let (address, handle) = receiver.recv().unwrap();
        Self { address, handle, thread, waiting }
    }

    async fn stop(self) {
        self.handle.stop(true).await;
        self.thread.join().unwrap();
    }
}

/// Returns the status and the body, as far as there is a response.
async fn get(server: &Server, path: &str) -> (Option<u16>, Option<String>) {
    let url = format!("http://{}{path}", server.address);
    let request = floe_test_services::client().get(url);
    let request = request.header("baggage", "tenant=acme").header("user-agent", "curl/8");
    match request.send().await {
        Ok(response) => (Some(response.status().as_u16()), response.text().await.ok()),
        Err(_) => (None, None),
    }
}

async fn answers(paths: &[&str]) -> (Vec<(Option<u16>, Option<String>)>, Spans) {
    let mut answers = Vec::new();
    let spans = testing::capture_async(async {
        let server = Server::start(HttpServerLayer::new());
        for path in paths {
            answers.push(get(&server, path).await);
        }
        server.stop().await;
    })
    .await;
    (answers, spans)
}

fn status(span: CapturedSpan<'_>) -> Status {
    span.data().status.clone()
}

#[tokio::test]
async fn a_request_is_a_span_below_its_sender() {
    let (answers, spans) = answers(&["/orders/42?q=shoes&token=abcdef123456"]).await;
    assert_eq!(answers, [(Some(200), Some("acme".to_owned()))]);
    let span = spans.single("GET /orders/{id}");
    span.assert_child_of("GET")
        .assert_attribute("http.request.method", "GET")
        .assert_attribute("http.route", "/orders/{id}")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("url.path", "/orders/42")
        .assert_attribute("url.query", "q=shoes&token=<REDACTED>")
        .assert_attribute("url.scheme", "http")
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("network.protocol.version", "1.1")
        .assert_attribute("user_agent.original", "curl/8")
        .assert_no_attribute("error.type")
        .assert_no_attribute("floe.cancelled");
    assert_eq!(span.data().span_kind, SpanKind::Server);
    assert_eq!(status(span), Status::Unset);
    spans.single("find").assert_child_of("GET /orders/{id}");
}

#[tokio::test]
async fn the_scheme_of_a_server_with_tls_is_https() {
    let spans = testing::capture_async(async {
        let app = App::new().configure(routes).wrap(HttpServerLayer::new());
        let address = SocketAddr::from(([127, 0, 0, 1], 443));
        let app = map_config(app, move |_| {
            AppConfig::__priv_test_new(true, "shop.example".to_owned(), address)
        });
        let app = init_service(app).await;
        for (path, proxy) in [("/orders/1", None), ("/stream", Some("http"))] {
            let mut request = TestRequest::with_uri(path).insert_header(("host", "shop.example"));
            if let Some(scheme) = proxy {
                request = request.insert_header(("x-forwarded-proto", scheme));
            }
            call_service(&app, request.to_request()).await;
        }
    })
    .await;
    spans
        .single("GET /orders/{id}")
        .assert_attribute("url.scheme", "https")
        .assert_attribute("url.path", "/orders/1")
        .assert_attribute("server.address", "shop.example");
    spans.single("GET /stream").assert_attribute("url.scheme", "http");
}

#[tokio::test]
async fn the_route_is_the_one_that_serves_the_request() {
    let spans = testing::capture_async(async {
        let any = |path: &'static str| web::resource(path).to(find);
        let app = App::new()
            .service(any("/shops/{id}").guard(guard::Get()))
            .service(any("/shops/open").guard(guard::Post()))
            .service(any("/trimmed"))
            .wrap(NormalizePath::trim())
            .wrap(HttpServerLayer::new());
        let app = init_service(app).await;
        let search = TestRequest::post().uri("/shops/open");
        for request in [search, TestRequest::with_uri("/trimmed/")] {
            call_service(&app, request.to_request()).await;
        }
    })
    .await;
    for (name, route) in [("POST /shops/open", "/shops/open"), ("GET /trimmed", "/trimmed")] {
        spans.single(name).assert_attribute("http.route", route);
    }
}

#[tokio::test]
async fn only_server_errors_are_errors() {
    let (answers, spans) = answers(&["/broken", "/refused", "/nowhere"]).await;
    let codes: Vec<_> = answers.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Some(503), Some(403), Some(404)]);
    let broken = spans.single("GET /broken");
    broken.assert_attribute("http.response.status_code", 503).assert_attribute("error.type", "503");
    assert_eq!(status(broken), Status::error(""));
    let refused = spans.single("GET /refused");
    refused.assert_attribute("http.response.status_code", 403).assert_no_attribute("error.type");
    assert_eq!(status(refused), Status::Unset);
    let mut unknown = spans.named("GET").filter(|span| span.data().span_kind == SpanKind::Server);
    let unknown = unknown.next().unwrap();
    unknown.assert_attribute("http.response.status_code", 404).assert_no_attribute("http.route");
}

#[tokio::test]
async fn a_handler_that_panics_is_an_error() {
    let (answers, spans) = answers(&["/panics", "/orders/1"]).await;
    assert_eq!(answers[0], (None, None));
    assert_eq!(answers[1].0, Some(200), "the worker goes on");
    let span = spans.single("GET /panics");
    span.assert_attribute("error.type", "panic").assert_no_attribute("http.response.status_code");
    assert_eq!(status(span), Status::error("no shoes"));
}

#[tokio::test]
async fn a_client_that_hangs_up_is_recorded() {
    let spans = testing::capture_async(async {
        let server = Server::start(HttpServerLayer::new());
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(b"GET /waits HTTP/1.1\r\nhost: shop.example\r\n\r\n").await.unwrap();
        server.waiting.began.notified().await;
        drop(client);
        server.waiting.ended.notified().await;
        server.stop().await;
    })
    .await;
    let span = spans.single("GET /waits");
    span.assert_root()
        .assert_attribute("floe.cancelled", true)
        .assert_attribute("error.type", "cancelled")
        .assert_attribute("server.address", "shop.example")
        .assert_no_attribute("http.response.status_code");
    assert_eq!(status(span), Status::error(""));
}

#[tokio::test]
async fn the_span_lasts_as_long_as_the_body() {
    let (answers, spans) = answers(&["/stream", "/torn"]).await;
    assert_eq!(answers[0], (Some(200), Some("ab".to_owned())));
    // The server has not sent the head either.
    assert_eq!(answers[1], (None, None));
    let stream = spans.single("GET /stream").assert_no_attribute("floe.cancelled");
    let pieces: Vec<_> = spans.named("piece").collect();
    assert_eq!(pieces.len(), 5);
    for piece in &pieces[..3] {
        piece.assert_child_of("GET /stream");
        assert!(piece.data().end_time <= stream.data().end_time);
    }
    let torn = spans.single("GET /torn");
    torn.assert_attribute("http.response.status_code", 200)
        .assert_attribute("error.type", "_OTHER");
    assert_eq!(status(torn), Status::error("password=<REDACTED>"));
}

#[tokio::test]
async fn the_options_are_those_of_every_server() {
    let mut header = None;
    let spans = testing::capture_async(async {
        let layer = HttpServerLayer::new()
            .with_filter(|request| request.uri.path() != "/broken")
            .with_request_headers([HeaderName::from_static("user-agent")])
            .with_response_headers([HeaderName::from_static("content-length")])
            .with_peer_address(|request| request.extensions.get::<SocketAddr>().copied())
            .with_body_sizes()
            .with_trace_id_header(HeaderName::from_static("x-trace-id"));
        let server = Server::start(layer);
        get(&server, "/broken").await;
        let (_, refused) = get(&server, "/refused").await;
        assert_eq!(refused.unwrap(), "password=hunter2");
        let url = format!("http://{}/orders/1", server.address);
        let request = floe_test_services::client().head(url).header("user-agent", "curl/8");
        let response = request.send().await.unwrap();
        header = response.headers().get("x-trace-id").map(|id| id.to_str().unwrap().to_owned());
        server.stop().await;
    })
    .await;
    assert!(spans.named("GET /broken").next().is_none());
    // actix-web makes a response of the error outside of the middleware.
    spans
        .single("GET /refused")
        .assert_attribute("http.response.status_code", 403)
        .assert_no_attribute("http.response.body.size");
    let span = spans.single("HEAD /orders/{id}");
    span.assert_attribute("client.address", "127.0.0.1")
        .assert_attribute("http.response.body.size", 0)
        .assert_no_attribute("floe.cancelled");
    assert!(span.attribute("http.request.header.user-agent").is_some());
    assert_eq!(header, Some(span.span_context().trace_id().to_string()));
}
