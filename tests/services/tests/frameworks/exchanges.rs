//! Compares the spans that the server of each framework records for the same requests.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use floe_telemetry::propagation::baggage_value;
use floe_telemetry::testing::{CapturedSpan, Spans};
use floe_telemetry::{create_span, traced};
use futures_core::Stream;
use opentelemetry::trace::SpanKind;

/// The paths of requests. They are sent by `curl/8` with the baggage `tenant=acme`.
pub(crate) const PATHS: [&str; 6] = [
    "/orders/42?q=shoes&token=abcdef123456",
    "/broken",
    "/refused",
    "/nowhere/at/all",
    "/stream",
    "/torn",
];

/// Handles `/orders/{id}`, and responds with the tenant.
#[traced]
pub(crate) async fn find() -> String {
    tokio::task::yield_now().await;
    baggage_value("tenant").unwrap_or_default()
}

/// The pieces of a body, the last piece first. Each piece and the end of the body have a span.
pub(crate) struct Pieces(pub(crate) Vec<Result<&'static str, &'static str>>);

pub(crate) fn stream() -> Pieces {
    Pieces(vec![Ok("b"), Ok("a")])
}

pub(crate) fn torn() -> Pieces {
    Pieces(vec![Err("password=hunter2"), Ok("a")])
}

impl Stream for Pieces {
    type Item = Result<Bytes, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        drop(create_span("piece"));
        Poll::Ready(self.0.pop().map(|piece| piece.map(Bytes::from)))
    }
}

/// Checks the spans of the server at this address, which has answered [`PATHS`].
pub(crate) fn check(spans: &Spans, address: &str, type_of_torn_body: &str) {
    let server = |name: &str| -> CapturedSpan<'_> {
        let mut found = spans.named(name).filter(|span| span.data().span_kind == SpanKind::Server);
        found.next().unwrap_or_else(|| panic!("no server span `{name}`: {spans:?}"))
    };

    server("GET /orders/{id}")
        .assert_unset() // The conventions leave it to the user.
        .assert_attribute("http.request.method", "GET")
        .assert_attribute("http.route", "/orders/{id}")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("url.path", "/orders/42")
        .assert_attribute("url.query", "q=shoes&token=<REDACTED>")
        .assert_attribute("url.scheme", "http")
        .assert_attribute("server.address", address)
        .assert_attribute("network.protocol.version", "1.1")
        .assert_attribute("user_agent.original", "curl/8")
        .assert_no_attribute("error.type")
        .assert_no_attribute("floe.cancelled");
    spans.single("find").assert_child_of("GET /orders/{id}");
    // Only an error of the server makes the server's span an error.
    server("GET /broken")
        .assert_error("")
        .assert_attribute("http.response.status_code", 503)
        .assert_attribute("error.type", "503");
    server("GET /refused")
        .assert_unset()
        .assert_attribute("http.response.status_code", 403)
        .assert_no_attribute("error.type");
    // Without a route, the name has no path, because the number of different paths is unbounded.
    server("GET")
        .assert_attribute("http.response.status_code", 404)
        .assert_no_attribute("http.route");
    // The span lasts as long as the body.
    let stream = server("GET /stream").assert_no_attribute("floe.cancelled");
    let torn = server("GET /torn");
    torn.assert_error("password=<REDACTED>")
        .assert_attribute("http.response.status_code", 200)
        .assert_attribute("error.type", type_of_torn_body);
    let pieces: Vec<_> = spans.named("piece").collect();
    assert_eq!(pieces.len(), 5);
    for (number, piece) in pieces.into_iter().enumerate() {
        let request = if number < 3 { stream } else { torn };
        assert_eq!(piece.parent_span_id(), request.span_context().span_id());
        assert!(piece.data().end_time <= request.data().end_time);
    }
}
