//! The span of a server, and its duration.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use floe_telemetry::instrument::HttpServerLayer;
use floe_telemetry::propagation::get_baggage_value;
use floe_telemetry::testing::CapturedSpan;
use floe_telemetry::{create_span, testing, traced};
use futures_core::Stream;
use http_body_util::BodyExt as _;
use opentelemetry::trace::{SpanKind, Status};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[traced]
async fn find() -> String {
    tokio::task::yield_now().await;
    get_baggage_value("tenant").unwrap_or_default()
}

/// A body with two chunks, each of which has a span, followed by the given end.
struct Pieces(Vec<Result<&'static str, &'static str>>);

impl Stream for Pieces {
    type Item = Result<&'static str, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        drop(create_span("piece"));
        Poll::Ready(self.0.pop())
    }
}

fn app() -> Router {
    Router::new()
        .route("/orders/{id}", get(find))
        .route("/broken", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/refused", get(|| async { StatusCode::FORBIDDEN }))
        .route(
            "/stream",
            get(|| async { Body::from_stream(Pieces(vec![Ok("b"), Ok("a")])) }),
        )
        .route(
            "/torn",
            get(|| async { Body::from_stream(Pieces(vec![Err("password=hunter2"), Ok("a")])) }),
        )
        .layer(HttpServerLayer::new())
}

fn request(uri: &str) -> axum::http::request::Builder {
    Request::builder()
        .uri(uri)
        .header("host", "shop.example:8080")
}

/// Serves one request until the last byte of its body.
async fn serve(request: Request<Body>) -> (StatusCode, Option<Bytes>) {
    let response = app().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await;
    (status, body.ok().map(http_body_util::Collected::to_bytes))
}

fn status(span: CapturedSpan<'_>) -> Status {
    span.data().status.clone()
}

#[tokio::test]
async fn a_request_is_a_span_below_its_sender() {
    let spans = testing::capture_async(async {
        let request = request("/orders/42?q=shoes&token=abcdef123456")
            .header("traceparent", PARENT)
            .header("baggage", "tenant=acme,floe.namespace=sales")
            .header("user-agent", "curl/8")
            .header("x-forwarded-proto", "https")
            .body(Body::empty());
        let (status, body) = serve(request.unwrap()).await;
        assert_eq!((status, body), (StatusCode::OK, Some("acme".into())));
    })
    .await;
    let span = spans.single("GET /orders/{id}");
    span.assert_attribute("http.request.method", "GET")
        .assert_attribute("http.route", "/orders/{id}")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("url.path", "/orders/42")
        .assert_attribute("url.query", "q=shoes&token=<REDACTED>")
        .assert_attribute("url.scheme", "https")
        .assert_attribute("server.address", "shop.example")
        .assert_attribute("server.port", 8080)
        .assert_attribute("network.protocol.version", "1.1")
        .assert_attribute("user_agent.original", "curl/8")
        .assert_no_attribute("floe.namespace")
        .assert_no_attribute("error.type");
    assert_eq!(span.data().span_kind, SpanKind::Server);
    let scope = &span.data().instrumentation_scope;
    // All packages of the workspace have one version.
    let version = Some(env!("CARGO_PKG_VERSION"));
    assert_eq!((scope.name(), scope.version()), ("floe-telemetry", version));
    assert_eq!(span.parent_span_id().to_string(), "00f067aa0ba902b7");
    assert_eq!(
        status(span),
        Status::Unset,
        "the conventions leave it to the user"
    );
    let file = span.attribute("code.file.path").unwrap().as_str();
    assert!(
        file.ends_with("server.rs") && file.contains("tests"),
        "{file}"
    );
    spans
        .single("find")
        .assert_child_of("GET /orders/{id}")
        .assert_no_attribute("floe.namespace");
}

#[tokio::test]
async fn a_request_without_a_parent_starts_a_trace() {
    let spans = testing::capture_async(async {
        // The span that is current around the server is not the parent of the request.
        let _accepting = create_span("accept loop");
        serve(request("/orders/1").body(Body::empty()).unwrap()).await;
        let bad = request("/orders/2").header("traceparent", "00-zz-01");
        serve(bad.body(Body::empty()).unwrap()).await;
    })
    .await;
    let both: Vec<_> = spans.named("GET /orders/{id}").collect();
    assert_eq!(both.len(), 2);
    for span in both {
        span.assert_root();
    }
}

#[tokio::test]
async fn only_server_errors_are_errors() {
    let spans = testing::capture_async(async {
        for path in ["/broken", "/refused", "/nowhere/at/all"] {
            serve(request(path).body(Body::empty()).unwrap()).await;
        }
        let method = Method::from_bytes(b"BREW").unwrap();
        let brew = request("/orders/1").method(method).body(Body::empty());
        serve(brew.unwrap()).await;
    })
    .await;
    let broken = spans.single("GET /broken");
    broken.assert_attribute("error.type", "503");
    assert_eq!(status(broken), Status::error(""));
    let refused = spans.single("GET /refused");
    refused
        .assert_attribute("http.response.status_code", 403)
        .assert_no_attribute("error.type");
    assert_eq!(status(refused), Status::Unset);
    // Without a route the name has no path, because its cardinality would be unbounded.
    spans
        .single("GET")
        .assert_attribute("http.response.status_code", 404)
        .assert_no_attribute("http.route");
    spans
        .single("HTTP /orders/{id}")
        .assert_attribute("http.request.method", "_OTHER")
        .assert_attribute("http.request.method_original", "BREW");
}

#[tokio::test]
async fn the_span_lasts_as_long_as_the_body() {
    let spans = testing::capture_async(async {
        let (_, body) = serve(request("/stream").body(Body::empty()).unwrap()).await;
        assert_eq!(body, Some("ab".into()));
    })
    .await;
    let span = spans
        .single("GET /stream")
        .assert_no_attribute("floe.cancelled");
    assert_eq!(spans.named("piece").count(), 3);
    for piece in spans.named("piece") {
        piece.assert_child_of("GET /stream");
        assert!(piece.data().end_time <= span.data().end_time);
    }
}

#[tokio::test]
async fn an_aborted_or_dropped_body_is_recorded() {
    let spans = testing::capture_async(async {
        let (status, body) = serve(request("/torn").body(Body::empty()).unwrap()).await;
        assert_eq!((status, body), (StatusCode::OK, None));
        let given_up = request("/stream").body(Body::empty()).unwrap();
        drop(app().oneshot(given_up).await.unwrap());
        // The response to HEAD has no body, which is not an error.
        let head = request("/orders/1").method("HEAD").body(Body::empty());
        drop(app().oneshot(head.unwrap()).await.unwrap());
        // The future is dropped at its first await, before there is a response.
        let mut waiting =
            Box::pin(app().oneshot(request("/orders/1").body(Body::empty()).unwrap()));
        let polled = std::future::poll_fn(|task| Poll::Ready(waiting.as_mut().poll(task))).await;
        assert!(polled.is_pending());
    })
    .await;
    let torn = spans.single("GET /torn");
    assert_eq!(status(torn), Status::error("password=<REDACTED>"));
    torn.assert_attribute("error.type", "axum_core::error::Error");
    spans
        .single("GET /stream")
        .assert_attribute("floe.cancelled", true);
    spans
        .single("HEAD /orders/{id}")
        .assert_no_attribute("floe.cancelled");
    spans
        .single("GET /orders/{id}")
        .assert_attribute("floe.cancelled", true)
        .assert_no_attribute("http.response.status_code");
}

#[tokio::test]
async fn any_tower_service_is_supported_and_its_errors_are_returned_unchanged() {
    let spans = testing::capture_async(async {
        let mut fails = HttpServerLayer::new().layer(service_fn(|_: Request<Body>| async {
            Err::<Response<String>, _>("no connection to redis://:hunter2@cache")
        }));
        let request_to = |path| request(path).body(Body::empty()).unwrap();
        let result = fails.call(request_to("/cache")).await;
        assert_eq!(
            result.unwrap_err(),
            "no connection to redis://:hunter2@cache"
        );
        let mut panics = HttpServerLayer::new().layer(service_fn(
            async |_: Request<Body>| -> Result<Response<String>, Infallible> { panic!("broken") },
        ));
        let panicked = tokio::spawn(opentelemetry::trace::FutureExt::with_current_context(
            async move { panics.call(Request::new(Body::empty())).await },
        ));
        assert!(panicked.await.unwrap_err().is_panic());
    })
    .await;
    let mut both: Vec<_> = spans.named("GET").collect();
    both.sort_by_key(|span| span.attribute("exception.type").is_some());
    assert_eq!(
        status(both[0]),
        Status::error("no connection to redis://<REDACTED>@cache")
    );
    both[0].assert_attribute("error.type", "&str");
    assert_eq!(status(both[1]), Status::error("broken"));
    both[1].assert_attribute("error.type", "panic");
}

#[tokio::test]
async fn without_a_listener_context_is_still_propagated() {
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                let mut headers = HeaderMap::new();
                floe_telemetry::propagation::inject_context(&mut headers);
                headers["traceparent"].to_str().unwrap().to_owned()
            }),
        )
        .layer(HttpServerLayer::new());
    let request = request("/").header("traceparent", PARENT);
    let response = app
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    // A capture of another test may be active, but it does not record traces of this one.
    assert!(body.starts_with(&PARENT.as_bytes()[..36]), "{body:?}");
}
