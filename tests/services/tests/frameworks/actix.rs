//! The span of a server of actix-web, over sockets.

use std::future::{pending, ready};
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_service::map_config;
use actix_web::dev::{AppConfig, ServerHandle, Service as _, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorServiceUnavailable};
use actix_web::http::KeepAlive;
use actix_web::middleware::NormalizePath;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, HttpServer, guard, web};
use floe_telemetry::testing::{self, Spans};
use floe_telemetry_http::HttpServerLayer;
use opentelemetry::Context;
use reqwest_middleware::reqwest::header::HeaderName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::exchanges::{self, PATHS, find, stream, torn};

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
        .route("/stream", web::to(|| ready(HttpResponse::Ok().streaming(stream()))))
        .route("/torn", web::to(|| ready(HttpResponse::Ok().streaming(torn()))));
}

fn panic_with(message: &str) -> HttpResponse {
    panic!("{message}")
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
        let context = Context::current();
        let waiting = Arc::<Waiting>::default();
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

/// Returns the status and the body. Each is `None` if it has not arrived.
async fn get(server: &Server, path: &str) -> (Option<u16>, Option<String>) {
    let url = format!("http://{}{path}", server.address);
    let request = floe_test_services::client()
        .get(url)
        .header("baggage", "tenant=acme")
        .header("user-agent", "curl/8");
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

#[tokio::test]
async fn a_server_of_actix_records_the_exchanges_of_every_server() {
    let (answers, spans) = answers(&PATHS).await;
    exchanges::check(&spans, "127.0.0.1", "_OTHER");
    spans.single("GET /orders/{id}").assert_child_of("GET");
    let codes: Vec<_> = answers.iter().map(|(code, _)| *code).collect();
    // The server has not even sent the head of the response whose body is torn.
    assert_eq!(codes, [Some(200), Some(503), Some(403), Some(404), Some(200), None]);
    let body = |number: usize| answers[number].1.as_deref();
    assert_eq!((body(0), body(4)), (Some("acme"), Some("ab")));
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
        let routes = App::new()
            .service(any("/shops/{id}").guard(guard::Get()))
            .service(any("/shops/open").guard(guard::Post()))
            .service(any("/trimmed").wrap(HttpServerLayer::new()))
            .wrap(NormalizePath::trim())
            .wrap(HttpServerLayer::new());
        let app = init_service(routes).await;
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
async fn a_handler_that_panics_is_an_error() {
    let (answers, spans) = answers(&["/panics", "/orders/1"]).await;
    assert_eq!(answers[0], (None, None));
    assert_eq!(answers[1].0, Some(200), "the worker still responds");
    spans
        .single("GET /panics")
        .assert_error("no shoes")
        .assert_attribute("error.type", "panic")
        .assert_no_attribute("http.response.status_code");
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
    spans
        .single("GET /waits")
        .assert_root()
        .assert_error("")
        .assert_attribute("floe.cancelled", true)
        .assert_attribute("error.type", "cancelled")
        .assert_attribute("server.address", "shop.example")
        .assert_no_attribute("http.response.status_code");
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
    // Outside of the middleware, actix-web makes a response of the error.
    spans.single("GET /refused").assert_attribute("http.response.status_code", 403);
    let span = spans.single("HEAD /orders/{id}");
    span.assert_attribute("client.address", "127.0.0.1").assert_no_attribute("floe.cancelled");
    assert!(span.attribute("http.request.header.user-agent").is_some());
    assert_eq!(header, Some(span.span_context().trace_id().to_string()));
}
