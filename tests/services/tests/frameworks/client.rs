//! The span of a client, and the headers that the server receives.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::http::{Extensions, HeaderMap, HeaderName, StatusCode, header};
use axum::routing::{any, get};
use floe_telemetry::propagation::set_baggage_value;
use floe_telemetry::{create_span, testing};
use floe_telemetry_http::{HttpClientMiddleware, UrlTemplate};
use floe_tests::ReservedPort;
use opentelemetry::Value;
use opentelemetry::trace::{FutureExt as _, SpanKind, Status};
use reqwest_middleware::reqwest::{self as client, Client};
use reqwest_middleware::{ClientBuilder, Next};
use tokio::net::TcpListener;

/// Starts a server that responds at `/echo` with the context in the request's headers.
async fn server() -> String {
    let echo = |headers: HeaderMap| async move {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        format!(
            "{} {}",
            text("traceparent").unwrap_or_default(),
            text("baggage").unwrap_or_default()
        )
    };

    let app = Router::new()
        .route("/echo", any(echo))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/never", get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    format!("http://{address}")
}

#[tokio::test]
async fn a_request_is_a_span_whose_context_is_sent() {
    let server = server().await;
    let mut echoed = String::new();
    let spans = testing::capture_async(async {
        let _span = create_span("caller");
        let request = floe_test_services::client().get(format!("{server}/echo?token=abcdef123456"));
        let cx = set_baggage_value("tenant", "acme");
        let response = request.send().with_context(cx).await.unwrap();
        echoed = response.text().await.unwrap();
    })
    .await;
    let span = spans.single("GET").assert_child_of("caller");
    let context = span.span_context();
    assert_eq!(echoed, format!("00-{}-{}-01 tenant=acme", context.trace_id(), context.span_id()));
    let port: i64 = server.rsplit_once(':').unwrap().1.parse().unwrap();
    span.assert_attribute("http.request.method", "GET")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("url.full", format!("{server}/echo?token=<REDACTED>"))
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", port)
        .assert_attribute("url.scheme", "http")
        .assert_attribute("network.peer.address", "127.0.0.1")
        .assert_attribute("network.peer.port", port)
        .assert_attribute("network.protocol.version", "1.1");
    assert_eq!(span.data().span_kind, SpanKind::Client);
    assert_eq!(span.data().status, Status::Unset);
}

#[tokio::test]
async fn a_failed_request_is_an_error() {
    let server = server().await;
    let spans = testing::capture_async(async {
        let client = floe_test_services::client();
        let response = client.get(format!("{server}/missing")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let closed = ReservedPort::new();
        let url = format!("http://user:hunter2@127.0.0.1:{}/", closed.number());
        assert!(client.post(url).send().await.is_err());
        let impatient = Client::builder().timeout(Duration::from_millis(20)).build().unwrap();
        let hasty = ClientBuilder::new(impatient).with(HttpClientMiddleware::new()).build();
        let refused = client.put(format!("{server}/never")).send().await;
        assert_eq!(refused.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(hasty.get(format!("{server}/never")).send().await.is_err());
        let failing = ClientBuilder::new(Client::new()).with(HttpClientMiddleware::new());
        assert!(failing.with(refuse).build().get(&server).send().await.is_err());
    })
    .await;
    let error_type = |kind: &str| {
        let found =
            spans.iter().find(|span| span.attribute("error.type") == Some(&kind.to_owned().into()));
        found.unwrap_or_else(|| panic!("{kind}: {spans:?}"))
    };

    let missing = error_type("404").assert_attribute("http.response.status_code", 404);
    assert_eq!(missing.data().status, Status::error(""));
    assert!(matches!(error_type("timeout").data().status, Status::Error { .. }));
    let refused = error_type("connect");
    refused.assert_attribute("exception.type", "reqwest_middleware::error::Error");
    assert!(!format!("{:?}", refused.data()).contains("hunter2"));
    assert_eq!(refused.data().events.events[0].name, "exception");
    error_type("405");
    error_type("middleware");
}

type Sending<'a> =
    Pin<Box<dyn Future<Output = reqwest_middleware::Result<client::Response>> + Send + 'a>>;

fn refuse<'a>(_: client::Request, _: &'a mut Extensions, _: Next<'a>) -> Sending<'a> {
    Box::pin(std::future::ready(Err(reqwest_middleware::Error::middleware(std::fmt::Error))))
}

/// Sends each request three times, like a middleware that retries.
fn three_times<'a>(
    request: client::Request,
    extensions: &'a mut Extensions,
    next: Next<'a>,
) -> Sending<'a> {
    Box::pin(async move {
        for _ in 0..2 {
            let again = request.try_clone().unwrap();
            next.clone().run(again, extensions).await?;
        }

        next.run(request, extensions).await
    })
}

#[tokio::test]
async fn each_attempt_of_a_request_has_a_span() {
    let server = server().await;
    let client = ClientBuilder::new(Client::new())
        .with(three_times)
        .with(HttpClientMiddleware::new())
        .build();
    let spans = testing::capture_async(async {
        client.get(format!("{server}/echo")).send().await.unwrap();
    })
    .await;
    let counts: Vec<_> = spans
        .named("GET")
        .map(|span| span.attribute("http.request.resend_count").cloned())
        .collect();
    assert_eq!(counts, [None, Some(Value::I64(1)), Some(Value::I64(2))]);
}

#[tokio::test]
async fn a_request_that_is_given_up_is_no_error() {
    let server = server().await;
    let spans = testing::capture_async(async {
        let client = floe_test_services::client();
        let mut sending = Box::pin(client.get(format!("{server}/never")).send());
        let polled = poll_fn(|task| Poll::Ready(sending.as_mut().poll(task))).await;
        assert!(polled.is_pending());
    })
    .await;
    let span = spans.single("GET");
    span.assert_attribute("floe.cancelled", true).assert_no_attribute("error.type");
    assert_eq!(span.data().status, Status::Unset);
}

#[tokio::test]
async fn a_client_s_requests_are_configurable() {
    let server = server().await;
    let middleware = HttpClientMiddleware::new()
        .with_filter(|request| request.url().path() != "/missing")
        .with_attributes(|request| [("query", request.url().query().map(str::to_owned))])
        .with_request_headers([HeaderName::from_static("x-shop")])
        .with_response_headers([header::CONTENT_TYPE]);
    let client = ClientBuilder::new(Client::new()).with(middleware).build();
    let spans = testing::capture_async(async {
        let _caller = create_span("caller");
        let request = client
            .post(format!("{server}/echo?page=2"))
            .header("x-shop", "eu")
            .body("four")
            .with_extension(UrlTemplate::new("/{what}"));
        request.send().await.unwrap();
        // The request is not recorded, and carries the caller's context.
        client.get(format!("{server}/missing")).send().await.unwrap();
    })
    .await;
    assert_eq!(spans.names(), ["POST /{what}", "caller"]);
    spans
        .single("POST /{what}")
        .assert_attribute("url.template", "/{what}")
        .assert_attribute("query", "page=2")
        .assert_attribute("http.request.header.x-shop", ["eu"])
        .assert_attribute("http.response.header.content-type", ["text/plain; charset=utf-8"]);
}
