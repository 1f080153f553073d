//! The spans of tonic's server and client, over sockets.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::http;
use floe_telemetry::propagation::{baggage_value, set_baggage_value};
use floe_telemetry::testing::{self, CapturedSpan, Spans};
use floe_telemetry::{create_span, traced};
use floe_telemetry_http::{GrpcClient, GrpcClientLayer, GrpcServerLayer};
use floe_test_services::InContext;
use futures_core::Stream;
use http::HeaderName;
use http::uri::PathAndQuery;
use opentelemetry::Context;
use opentelemetry::trace::{self, FutureExt as _, SpanKind};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::layer::layer_fn;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

/// A service whose messages are text. `Say` responds with the tenant, or fails as requested. `Count` streams.
#[derive(Clone, Debug)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "test.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<String, String>::default());
            Ok(match &*path {
                "/test.Echo/Say" => grpc.unary(service_fn(say), request).await,
                "/test.Echo/Count" => grpc.server_streaming(service_fn(count), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

#[traced]
async fn say(request: Request<String>) -> Result<Response<String>, Status> {
    match &**request.get_ref() {
        "missing" => Err(Status::not_found("no order of password=hunter2")),
        "broken" => Err(Status::internal("cannot reach redis://:hunter2@cache")),
        _ => {
            let tenant = baggage_value("tenant").unwrap_or_default();
            let mut response = Response::new(tenant);
            let region = MetadataValue::from_static("eu");
            response.metadata_mut().insert("x-region", region);
            Ok(response)
        }
    }
}

async fn count(request: Request<String>) -> Result<Response<Pieces>, Status> {
    let left = request.get_ref().parse().unwrap();
    Ok(Response::new(Pieces { left }))
}

/// Messages, each with a span, followed by an error.
struct Pieces {
    left: u8,
}

impl Stream for Pieces {
    type Item = Result<String, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        drop(create_span("piece"));
        if self.left == 0 {
            return Poll::Ready(Some(Err(Status::data_loss("lost"))));
        }

        self.left -= 1;
        Poll::Ready(Some(Ok("piece".to_owned())))
    }
}

type Client = Grpc<GrpcClient<Channel>>;

/// Connects a client to a server. Both belong to the current capture.
async fn connect(server: GrpcServerLayer, client: GrpcClientLayer) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let context = Context::current();
    let layers = layer_fn(move |service| InContext::with(server.layer(service), context.clone()));
    let server = Server::builder().layer(layers).add_service(Echo);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let endpoint = Endpoint::from_shared(uri).unwrap();
    let layer = client.with_server(endpoint.uri());
    Grpc::new(layer.layer(endpoint.connect().await.unwrap()))
}

async fn call(client: &mut Client, path: &'static str, text: &str) -> Result<String, Status> {
    client.ready().await.unwrap();
    let request = Request::new(text.to_owned());
    let path = PathAndQuery::from_static(path);
    let response = client.unary(request, path, ProstCodec::default()).await?;
    Ok(response.into_inner())
}

/// Returns the spans in the order in which the calls were made.
fn of_kind<'s>(spans: &'s Spans, name: &'s str, kind: &SpanKind) -> Vec<CapturedSpan<'s>> {
    let named = spans.named(name);
    let mut found: Vec<_> = named.filter(|span| span.data().span_kind == *kind).collect();
    found.sort_by_key(|span| span.data().start_time);
    found
}

#[tokio::test]
async fn a_call_is_a_span_on_each_side() {
    let region = HeaderName::from_static("x-region");
    let spans = testing::capture_async(async {
        let client = GrpcClientLayer::new().with_response_metadata([region.clone()]);
        let server = GrpcServerLayer::new()
            .with_request_metadata([HeaderName::from_static("te")])
            .with_attributes(|request| [("path.length", request.uri.path().len())]);
        let mut client = connect(server, client).await;
        let _caller = create_span("caller");
        let cx = set_baggage_value("tenant", "acme");
        let tenant = call(&mut client, "/test.Echo/Say", "tenant").with_context(cx).await;
        assert_eq!(tenant.unwrap(), "acme");
    })
    .await;
    let [server] = of_kind(&spans, "test.Echo/Say", &SpanKind::Server)[..] else {
        panic!("{spans:?}");
    };

    let [client] = of_kind(&spans, "test.Echo/Say", &SpanKind::Client)[..] else {
        panic!("{spans:?}");
    };

    for side in [server, client] {
        side.assert_unset()
            .assert_attribute("rpc.system.name", "grpc")
            .assert_attribute("rpc.method", "test.Echo/Say")
            .assert_attribute("rpc.response.status_code", "OK")
            .assert_attribute("server.address", "127.0.0.1")
            .assert_no_attribute("rpc.method_original")
            .assert_no_attribute("error.type");
        assert_eq!(side.scope(), "floe-telemetry-http");
    }

    assert_eq!(server.parent_span_id(), client.span_context().span_id());
    assert_eq!(server.attribute("server.port"), client.attribute("server.port"));
    client
        .assert_child_of("caller")
        .assert_attribute("rpc.response.metadata.x-region", ["eu"])
        .assert_attribute("network.protocol.version", "2");
    server
        .assert_attribute("rpc.request.metadata.te", ["trailers"])
        .assert_attribute("path.length", 14);
    let inner = spans.single("say");
    assert_eq!(inner.parent_span_id(), server.span_context().span_id());
}

#[tokio::test]
async fn the_status_is_that_of_the_call() {
    let spans = testing::capture_async(async {
        let mut client = connect(GrpcServerLayer::new(), GrpcClientLayer::new()).await;
        for (text, code) in [("missing", Code::NotFound), ("broken", Code::Internal)] {
            let failed = call(&mut client, "/test.Echo/Say", text).await;
            assert_eq!(failed.unwrap_err().code(), code);
        }

        let unknown = call(&mut client, "/test.Echo/Shout", "").await;
        assert_eq!(unknown.unwrap_err().code(), Code::Unimplemented);
        let unknown = call(&mut client, "/test.Other/Say", "").await;
        assert_eq!(unknown.unwrap_err().code(), Code::Unimplemented);
    })
    .await;
    let server = of_kind(&spans, "test.Echo/Say", &SpanKind::Server);
    let client = of_kind(&spans, "test.Echo/Say", &SpanKind::Client);
    server[0]
        .assert_unset()
        .assert_attribute("rpc.response.status_code", "NOT_FOUND")
        .assert_no_attribute("error.type");
    client[0]
        .assert_error("no order of password=<REDACTED>")
        .assert_attribute("rpc.response.status_code", "NOT_FOUND")
        .assert_attribute("error.type", "NOT_FOUND");
    for side in [server[1], client[1]] {
        side.assert_error("cannot reach redis://<REDACTED>@cache")
            .assert_attribute("rpc.response.status_code", "INTERNAL")
            .assert_attribute("error.type", "INTERNAL");
    }

    // Names that a caller invents appear neither in span names nor in metric series.
    let unknown = of_kind(&spans, "grpc", &SpanKind::Server);
    for (span, method) in unknown.iter().zip(["test.Echo/Shout", "test.Other/Say"]) {
        span.assert_attribute("rpc.method", "_OTHER")
            .assert_attribute("rpc.method_original", method)
            .assert_attribute("error.type", "UNIMPLEMENTED");
    }

    assert_eq!(unknown.len(), 2);
    spans
        .single("test.Echo/Shout")
        .assert_attribute("rpc.method", "test.Echo/Shout")
        .assert_attribute("error.type", "UNIMPLEMENTED");
}

#[tokio::test]
async fn a_stream_ends_with_its_status() {
    let spans = testing::capture_async(async {
        let mut client = connect(GrpcServerLayer::new(), GrpcClientLayer::new()).await;
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/test.Echo/Count");
        let request = Request::new("3".to_owned());
        let codec = ProstCodec::<String, String>::default();
        let response = client.server_streaming(request, path, codec).await;
        let mut pieces = response.unwrap().into_inner();
        for _ in 0..3 {
            assert_eq!(pieces.message().await.unwrap().unwrap(), "piece");
        }

        assert_eq!(pieces.message().await.unwrap_err().code(), Code::DataLoss);
    })
    .await;
    let sides: Vec<_> = spans.named("test.Echo/Count").collect();
    assert_eq!(sides.len(), 2);
    for side in &sides {
        side.assert_error("lost")
            .assert_attribute("rpc.response.status_code", "DATA_LOSS")
            .assert_attribute("error.type", "DATA_LOSS")
            .assert_no_attribute("floe.cancelled");
    }

    let server = of_kind(&spans, "test.Echo/Count", &SpanKind::Server)[0].data();
    let pieces: Vec<_> = spans.named("piece").collect();
    assert_eq!(pieces.len(), 4);
    for piece in pieces {
        assert_eq!(piece.parent_span_id(), server.span_context.span_id());
        assert!(piece.data().end_time <= server.end_time);
    }
}

fn grpc_request(path: &str) -> http::Request<Body> {
    let request = http::Request::post(path).header("content-type", "application/grpc");
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled() {
    let stream = |_: http::Request<Body>| async {
        Ok::<_, Infallible>(http::Response::new(axum::body::Body::from_stream(Never)))
    };

    let spans = testing::capture_async(async {
        let server = GrpcServerLayer::new().layer(service_fn(stream));
        drop(server.oneshot(grpc_request("/test.Echo/Say")).await.unwrap());
        let client = GrpcClientLayer::new().layer(service_fn(stream));
        drop(client.oneshot(grpc_request("/test.Echo/Say")).await.unwrap());
    })
    .await;
    assert_eq!(spans.named("test.Echo/Say").count(), 2);
    for span in spans.named("test.Echo/Say") {
        span.assert_attribute("rpc.response.status_code", "CANCELLED")
            .assert_attribute("floe.cancelled", true);
    }

    // By the conventions, the cancelled call is an error of the client only.
    of_kind(&spans, "test.Echo/Say", &SpanKind::Server)[0]
        .assert_unset()
        .assert_no_attribute("error.type");
    let client = of_kind(&spans, "test.Echo/Say", &SpanKind::Client)[0];
    client.assert_attribute("error.type", "CANCELLED");
    assert_eq!(client.data().status, trace::Status::error(""));
}

struct Never;

impl Stream for Never {
    type Item = Result<String, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_response_that_is_not_grpc_has_a_status_by_that_of_http() {
    let proxy = |request: http::Request<Body>| async move {
        let status = request.uri().path().trim_matches(|c: char| !c.is_ascii_digit());
        let response = http::Response::builder().status(status.parse::<u16>().unwrap());
        Ok::<_, Infallible>(response.body("<html>".to_owned()).unwrap())
    };

    let spans = testing::capture_async(async {
        for path in ["/a.B/S503", "/a.B/S404", "/a.B/S418", "/a.B/S200"] {
            let client = GrpcClientLayer::new().layer(service_fn(proxy));
            let response = client.oneshot(grpc_request(path)).await.unwrap();
            let body = http_body_util::BodyExt::collect(response.into_body()).await;
            assert_eq!(body.unwrap().to_bytes(), "<html>");
        }

        // The request is not gRPC.
        let rest = http::Request::get("/a.B/S200").body(Body::empty()).unwrap();
        let server = GrpcServerLayer::new().layer(service_fn(proxy));
        server.oneshot(rest).await.unwrap();
    })
    .await;
    assert_eq!(spans.names().len(), 4);
    for (name, code) in [
        ("a.B/S503", "UNAVAILABLE"),
        ("a.B/S404", "UNIMPLEMENTED"),
        ("a.B/S418", "UNKNOWN"),
        ("a.B/S200", "UNKNOWN"),
    ] {
        spans
            .single(name)
            .assert_attribute("rpc.response.status_code", code)
            .assert_attribute("error.type", code);
    }
}

#[tokio::test]
async fn hostile_metadata_is_bounded() {
    let answer = |_: http::Request<Body>| async {
        let response = http::Response::builder()
            .header("grpc-status", "4294967296")
            .header("grpc-message", "%ff%zz".repeat(50_000));
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    };

    let spans = testing::capture_async(async {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let request = grpc_request(&format!("/{}/x", "p".repeat(50_000)));
        let (mut parts, body) = request.into_parts();
        parts.headers.insert("traceparent", parent.parse().unwrap());
        let server = GrpcServerLayer::new().untrusted().layer(service_fn(answer));
        let request = http::Request::from_parts(parts, body);
        server.oneshot(request).await.unwrap();
        let server = GrpcServerLayer::new().layer(service_fn(answer));
        server.oneshot(grpc_request("/not/a/method")).await.unwrap();
    })
    .await;
    let long = spans.iter().find(|span| span.name().starts_with("ppp")).unwrap().assert_root();
    long.assert_attribute("rpc.method", "p".repeat(2048));
    long.assert_attribute("rpc.response.status_code", "UNKNOWN");
    assert_eq!(long.data().links.links.len(), 1);
    spans
        .single("grpc")
        .assert_attribute("rpc.method", "_OTHER")
        .assert_attribute("rpc.method_original", "not/a/method");
}
