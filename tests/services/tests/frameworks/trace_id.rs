//! The trace id that a response tells, over a socket. `tests/previous` compiles this file, too.

use axum::Router;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use floe_telemetry::testing;
use floe_telemetry_http::{CurrentTraceId, HttpServerLayer};
use opentelemetry::Context;
use opentelemetry::trace::SpanKind;
use reqwest_middleware::{ClientBuilder, reqwest::Client};
use tokio::net::TcpListener;
use tower::Layer as _;
use tower::layer::layer_fn;

use crate::{HttpClientMiddleware, InContext};

async fn fail(trace: CurrentTraceId) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    assert_eq!(trace, CurrentTraceId::read());
    let page = format!("please tell us {trace}");
    (StatusCode::INTERNAL_SERVER_ERROR, [("x-own", "of the program")], page)
}

/// Calls a server whose responses have the header, and returns the value and the expected page.
async fn call(header: &'static str) -> (String, String, testing::Spans) {
    let mut value = String::new();
    let mut page = String::new();
    let spans = testing::capture_async(async {
        let name = HeaderName::from_static(header);
        let context = Context::current();
        let server = HttpServerLayer::new().with_trace_id_header(name);
        let layers = layer_fn(move |inner| InContext::with(server.layer(inner), context.clone()));
        let app = Router::new().route("/orders", get(fail)).layer(layers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app).into_future());

        let client = ClientBuilder::new(Client::new()).with(HttpClientMiddleware::new()).build();
        let response = client.get(url).send().await.unwrap();
        response.headers()[header].to_str().unwrap().clone_into(&mut value);
        page = response.text().await.unwrap();
    })
    .await;
    (value, page, spans)
}

#[tokio::test]
async fn an_error_tells_the_caller_the_id_of_its_trace() {
    for header in ["x-trace-id", "traceparent", "traceresponse", "x-own"] {
        let (value, page, spans) = call(header).await;
        let server = spans.single("GET /orders").assert_child_of("GET");
        let context = server.span_context();
        let trace = context.trace_id();
        let expected = match header {
            "x-trace-id" => trace.to_string(),
            "x-own" => "of the program".to_owned(),
            _ => format!("00-{trace}-{}-{:02x}", context.span_id(), context.trace_flags()),
        };
        assert_eq!(value, expected);
        assert_eq!(page, format!("please tell us {trace}"));
        assert_eq!(server.data().span_kind, SpanKind::Server);
        spans.single("GET").assert_attribute("http.response.status_code", 500);
    }
}
