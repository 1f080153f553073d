//! The span of a request in a server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, Uri, header};
use axum::routing::get;
use bytes::Bytes;
use floe_telemetry::testing::CapturedSpan;
use floe_telemetry::{create_span, testing};
use floe_telemetry_http::{GrpcServerLayer, HttpClientLayer, HttpServerLayer};
use http_body_util::BodyExt as _;
use opentelemetry::SpanId;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::exchanges::{self, Pieces, find, stream, torn};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn app() -> Router {
    Router::new()
        .route("/orders/{id}", get(find))
        .route("/broken", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/refused", get(|| async { StatusCode::FORBIDDEN }))
        .route("/stream", get(|| async { Body::from_stream(stream()) }))
        .route("/torn", get(|| async { Body::from_stream(torn()) }))
        .layer(HttpServerLayer::new())
}

fn request(uri: &str) -> axum::http::request::Builder {
    Request::builder().uri(uri).header("host", "shop.example:8080")
}

/// Serves one request, and reads the body of the response to its end.
async fn serve(request: Request<Body>) -> (StatusCode, Option<Bytes>) {
    let response = app().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await;
    (status, body.ok().map(http_body_util::Collected::to_bytes))
}

#[tokio::test]
async fn a_server_of_axum_records_the_exchanges_of_every_server() {
    let mut answers = Vec::new();
    let spans = testing::capture_async(async {
        for path in exchanges::PATHS {
            let request = request(path)
                .header("baggage", "tenant=acme")
                .header("user-agent", "curl/8")
                .body(Body::empty());
            answers.push(serve(request.unwrap()).await);
        }
    })
    .await;
    exchanges::check(&spans, "shop.example", "axum_core::error::Error");
    let ok = |body: &'static str| (StatusCode::OK, Some(body.into()));
    assert_eq!((&answers[0], &answers[4]), (&ok("acme"), &ok("ab")));
    assert_eq!(answers[5], (StatusCode::OK, None));
}

#[tokio::test]
async fn a_request_is_a_span_below_its_sender() {
    let spans = testing::capture_async(async {
        let request = request("/orders/42")
            .header("traceparent", PARENT)
            .header("baggage", "tenant=acme,floe.namespace=sales")
            .header("x-forwarded-proto", "https")
            .body(Body::empty());
        serve(request.unwrap()).await;
    })
    .await;
    let span = spans.single("GET /orders/{id}");
    span.assert_attribute("url.scheme", "https")
        .assert_attribute("server.port", 8080)
        .assert_no_attribute("floe.namespace");
    let scope = &span.data().instrumentation_scope;
    // All packages of the workspace have one version.
    let version = Some(env!("CARGO_PKG_VERSION"));
    assert_eq!((scope.name(), scope.version()), ("floe-telemetry-http", version));
    assert_eq!(span.parent_span_id().to_string(), "00f067aa0ba902b7");
    let file = span.attribute("code.file.path").unwrap().as_str();
    assert!(file.ends_with("server.rs"), "{file}");
    assert!(file.contains("tests"), "{file}");
    spans.single("find").assert_no_attribute("floe.namespace");
}

#[tokio::test]
async fn a_request_without_a_parent_starts_a_trace() {
    let spans = testing::capture_async(async {
        // A span around the server does not become the parent of a request.
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
async fn a_dropped_body_is_recorded() {
    let spans = testing::capture_async(async {
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
    spans
        .single("GET /stream")
        .assert_unset()
        .assert_attribute("floe.cancelled", true)
        .assert_attribute("http.response.status_code", 200)
        .assert_no_attribute("error.type");
    spans.single("HEAD /orders/{id}").assert_no_attribute("floe.cancelled");
    spans
        .single("GET /orders/{id}")
        .assert_error("")
        .assert_attribute("floe.cancelled", true)
        .assert_attribute("error.type", "cancelled")
        .assert_no_attribute("http.response.status_code");
}

/// hyper drops a body after the announced number of bytes, without polling for its end.
#[tokio::test]
async fn a_body_ends_with_the_last_byte_that_its_length_announces() {
    let answer = async |request: Request<Body>| {
        let length = &request.uri().path()[1..];
        let body = Body::from_stream(stream());
        let response = Response::builder().header("content-length", length);
        Ok::<_, Infallible>(response.body(body).unwrap())
    };

    let spans = testing::capture_async(async {
        for length in ["2", "3"] {
            let mut service = HttpServerLayer::new().layer(service_fn(answer));
            let request = request(&format!("/{length}")).body(Body::empty()).unwrap();
            let mut body = service.call(request).await.unwrap().into_body();
            for _ in 0..2 {
                body.frame().await.unwrap().unwrap();
            }
        }
    })
    .await;
    for span in spans.named("GET") {
        let is_short = span.attribute("url.path").unwrap().as_str() == "/3";
        assert_eq!(span.attribute("floe.cancelled").is_some(), is_short);
    }

    assert_eq!(spans.named("GET").count(), 2);
}

#[tokio::test]
async fn a_request_comes_from_the_first_proxy_s_client_or_else_from_its_peer() {
    let peer = SocketAddr::from(([10, 0, 0, 7], 4711));
    let layer = HttpServerLayer::new()
        .with_peer_address(|request| request.extensions.get::<SocketAddr>().copied());
    let spans = testing::capture_async(async {
        for forwarded in [None, Some("203.0.113.7, 10.0.0.1"), Some("<script>")] {
            let mut request = request("/orders/1").extension(peer);
            if let Some(forwarded) = forwarded {
                request = request
                    .header("x-forwarded-for", forwarded)
                    .header("x-forwarded-host", "public.example:443, proxy.internal")
                    .header("x-forwarded-proto", "https, http");
            }

            let request = request.body(Body::empty()).unwrap();
            drained(serve_with(layer.clone(), request).await).await;
        }

        let unknown = request("/session").body(Body::empty()).unwrap();
        drained(serve_with(HttpServerLayer::new(), unknown).await).await;
    })
    .await;
    let all: Vec<_> = spans.named("GET /orders/{id}").collect();
    let text = |span: &CapturedSpan<'_>, key| span.attribute(key).unwrap().as_str().into_owned();
    let mut found: Vec<_> = all
        .iter()
        .map(|span| {
            span.assert_attribute("network.peer.address", "10.0.0.7")
                .assert_attribute("network.peer.port", 4711);
            ["client.address", "server.address", "url.scheme"].map(|key| text(span, key))
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            ["10.0.0.7", "public.example", "https"],
            ["10.0.0.7", "shop.example", "http"],
            ["203.0.113.7", "public.example", "https"],
        ]
    );
    spans
        .single("GET /session")
        .assert_no_attribute("client.address")
        .assert_no_attribute("network.peer.address");
}

#[tokio::test]
async fn any_tower_service_is_supported_and_its_errors_are_returned_unchanged() {
    let spans = testing::capture_async(async {
        let mut fails = HttpServerLayer::new().layer(service_fn(|_: Request<Body>| async {
            Err::<Response<String>, _>("no connection to redis://:hunter2@cache")
        }));

        let request_to = |path| request(path).body(Body::empty()).unwrap();
        let result = fails.call(request_to("/cache")).await;
        assert_eq!(result.unwrap_err(), "no connection to redis://:hunter2@cache");
        let mut panics = HttpServerLayer::new().layer(service_fn(
            async |_: Request<Body>| -> Result<Response<String>, Infallible> { panic!("broken") },
        ));
        let panicked =
            tokio::spawn(opentelemetry::trace::FutureExt::with_current_context(async move {
                panics.call(Request::new(Body::empty())).await
            }));
        assert!(panicked.await.unwrap_err().is_panic());
    })
    .await;
    let mut both: Vec<_> = spans.named("GET").collect();
    both.sort_by_key(|span| span.attribute("exception.type").is_some());
    both[0].assert_error("no connection to redis://<REDACTED>@cache");
    both[0].assert_attribute("error.type", "&str");
    both[1].assert_error("broken").assert_attribute("error.type", "panic");
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
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    // A capture of another test may be active, but it does not record the trace of this test.
    assert!(body.starts_with(&PARENT.as_bytes()[..36]), "{body:?}");
}

async fn serve_with(layer: HttpServerLayer, request: Request<Body>) -> Response<Body> {
    let app = Router::new()
        .route("/orders/{id}", get(find))
        .route(
            "/session",
            get(|| async { ([("set-cookie", "sid=Zq7xWv93Lmt2Ab"), ("etag", "42")], "") }),
        )
        .layer(layer);
    app.oneshot(request).await.unwrap()
}

async fn drained(response: Response<Body>) {
    response.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn a_filtered_request_has_no_span_and_its_children_the_caller_s() {
    let layer = HttpServerLayer::new().with_filter(|request| !request.uri.path().ends_with("/1"));
    let spans = testing::capture_async(async {
        let filtered = request("/orders/1").header("traceparent", PARENT);
        let response = serve_with(layer.clone(), filtered.body(Body::empty()).unwrap()).await;
        drained(response).await;
        let unknown = request("/orders/1").body(Body::empty()).unwrap();
        drained(serve_with(layer.clone(), unknown).await).await;
        let panics = HttpServerLayer::new().with_filter(|_| panic!("broken filter"));
        let recorded = request("/orders/2").body(Body::empty()).unwrap();
        drained(serve_with(panics, recorded).await).await;
    })
    .await;
    assert_eq!(spans.names().len(), 4);
    let recorded = spans.single("GET /orders/{id}").span_context().span_id();
    let caller = SpanId::from(0x00f0_67aa_0ba9_02b7);
    let mut parents: Vec<_> = spans.named("find").map(CapturedSpan::parent_span_id).collect();
    for expected in [caller, SpanId::INVALID, recorded] {
        let found = parents.iter().position(|parent| *parent == expected);
        parents.remove(found.unwrap());
    }
}

#[tokio::test]
async fn configured_headers_are_recorded_and_redacted() {
    let names = ["x-tags", "authorization", "x-api-key", "x-absent", "x-binary", "x-plain"];
    let layer = HttpServerLayer::new()
        .with_request_headers(names.map(HeaderName::from_static))
        .with_response_headers([header::SET_COOKIE, header::ETAG])
        .with_attributes(|request| [("host.length", request.headers["host"].len())])
        .with_trace_id_header(HeaderName::from_static("x-trace-id"));
    let mut trace_id = String::new();
    let spans = testing::capture_async(async {
        let mut request = request("/session")
            .header("x-tags", "a")
            .header("x-tags", "b, c")
            .header("authorization", "Basic dXNlcjpodW50ZXIy")
            .header("x-api-key", "Zq7xWv93Lmt2Ab")
            .header("x-binary", &b"\xc3\xa9\xff"[..])
            .header("x-other", "not recorded")
            .header("x-plain", "ordinary words");
        let plain = request.headers_mut().unwrap().get_mut("x-plain");
        plain.unwrap().set_sensitive(true);
        let response = serve_with(layer, request.body(Body::empty()).unwrap()).await;
        trace_id = response.headers()["x-trace-id"].to_str().unwrap().to_owned();
        drained(response).await;
    })
    .await;
    let span = spans.single("GET /session");
    span.assert_attribute("http.request.header.x-tags", ["a", "b, c"])
        .assert_attribute("http.request.header.x-binary", ["\u{e9}\u{fffd}"])
        .assert_attribute("http.request.header.x-plain", ["<REDACTED>"])
        .assert_attribute("http.response.header.etag", ["42"])
        .assert_attribute("host.length", 17)
        .assert_no_attribute("http.request.header.x-absent")
        .assert_no_attribute("http.request.header.x-other");
    assert!(span.attribute("http.response.header.set-cookie").is_some());
    assert!(span.attribute("http.request.header.authorization").is_some());
    let recorded = format!("{:?}", span.data());
    for secret in ["dXNlcjpodW50ZXIy", "Zq7xWv93Lmt2Ab"] {
        assert!(!recorded.contains(secret), "{recorded}");
    }

    assert_eq!(span.span_context().trace_id().to_string(), trace_id);
}

#[tokio::test]
async fn an_untrusted_caller_is_only_linked() {
    let layer = HttpServerLayer::new()
        .untrusted()
        .with_peer_address(|_| Some(([192, 0, 2, 1], 4711).into()));
    let spans = testing::capture_async(async {
        let request = request("/orders/1")
            .header("traceparent", PARENT)
            .header("baggage", "tenant=evil")
            .header("forwarded", "for=203.0.113.7;host=evil.example;proto=https")
            .header("x-forwarded-for", "203.0.113.8")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https");
        let response = serve_with(layer, request.body(Body::empty()).unwrap()).await;
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "", "no baggage");
    })
    .await;
    let span = spans
        .single("GET /orders/{id}")
        .assert_root()
        .assert_attribute("client.address", "192.0.2.1")
        .assert_attribute("url.scheme", "http")
        .assert_attribute("server.address", "shop.example");
    let links = &span.data().links.links;
    assert_eq!(links.len(), 1);
    let linked = &links[0].span_context;
    assert_eq!(linked.span_id().to_string(), "00f067aa0ba902b7");
    assert_ne!(linked.trace_id(), span.span_context().trace_id());
}

/// A client sends a new request, also within the process and with the extensions of the recorded request.
#[tokio::test]
async fn the_outermost_layer_records_a_request() {
    let of = |inner: HttpServerLayer| Router::new().route("/orders/{id}", get(find)).layer(inner);
    let layer = HttpServerLayer::new;
    let grpc = GrpcServerLayer::new;
    let http = "GET /orders/{id} [server]";
    let once = &*format!("{http}\n  find");
    for (app, recorded, tenant) in [
        (of(layer()).layer(layer()), once, "acme"),
        (of(layer()).layer(layer().untrusted()), once, ""),
        (of(layer().untrusted()).layer(layer().untrusted()), once, ""),
        (of(layer().untrusted()).layer(layer()), &format!("{http}\n{once}"), ""),
        (of(layer()).layer(layer().with_filter(|_| false)), "find", "acme"),
        (
            of(layer()).layer(HttpClientLayer::new()).layer(layer()),
            &format!("{http}\n  GET [client]\n    {http}\n      find"),
            "acme",
        ),
        (
            of(layer()).layer(grpc()).layer(layer()),
            &format!("{http}\n  orders/1 [server]\n    find"),
            "acme",
        ),
    ] {
        let request = request("/orders/1")
            .header("baggage", "tenant=acme")
            .header("content-type", "application/grpc");
        let served = async {
            let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, tenant, "{recorded}");
        };
        testing::capture_async(served).await.assert_tree(recorded);
    }
}

#[tokio::test]
async fn a_request_to_a_nested_router_has_its_whole_path() {
    let layer = HttpServerLayer::new().with_filter(|request| request.uri.path() != "/api/healthz");
    let inner = Router::new()
        .route("/orders/{id}", get(async |uri: Uri| uri.to_string()))
        .route("/healthz", get(|| async {}))
        .layer(layer);
    let app = Router::new().nest("/api", inner.clone()).nest_service("/api/v2", inner);
    // A client's request with the extensions of another one is a new one.
    let client = HttpClientLayer::new().layer(app);
    let spans = testing::capture_async(async {
        for path in ["/api/orders/7?q=1", "/api/healthz", "/api/v2/orders/8"] {
            let request = request(path).extension(OriginalUri(Uri::from_static("/before")));
            let response = client.clone().oneshot(request.body(Body::empty()).unwrap()).await;
            let seen = response.unwrap().into_body().collect().await.unwrap().to_bytes();
            assert!(!seen.starts_with(b"/api"), "{seen:?}");
        }
    })
    .await;
    assert_eq!(spans.names().len() - spans.named("GET").count(), 2, "{spans:?}");
    spans
        .single("GET /api/orders/{id}")
        .assert_attribute("url.path", "/api/orders/7")
        .assert_attribute("url.query", "q=1");
    spans.single("GET /api/v2/orders/{id}").assert_attribute("url.path", "/api/v2/orders/8");
}

#[tokio::test]
async fn a_route_can_be_named() {
    let layer = HttpServerLayer::new().with_route(|request| {
        let is_file = request.uri.path().starts_with("/static/");
        is_file.then_some("/static/{file}".into())
    });

    let answers = |_: Request<Body>| async { Ok::<_, Infallible>(Response::new(String::new())) };
    let mut service = layer.layer(service_fn(answers));
    let spans = testing::capture_async(async {
        for path in ["/static/logo.png", "/other"] {
            let request = request(path).body(Body::empty()).unwrap();
            service.call(request).await.unwrap();
        }
    })
    .await;
    spans
        .single("GET /static/{file}")
        .assert_attribute("http.route", "/static/{file}")
        .assert_attribute("url.path", "/static/logo.png");
    spans.single("GET").assert_no_attribute("http.route");
}

#[tokio::test]
async fn a_response_that_has_no_body_ends_with_its_headers() {
    // A server polls none of these bodies, except the one of `DELETE`.
    let answer = |request: Request<Body>| async move {
        let status = request.uri().path()[1..].parse().unwrap_or(200);
        let body = Body::from_stream(Pieces(vec![Ok("never read")]));
        let response = Response::builder().status(status).body(body);
        Ok::<_, Infallible>(response.unwrap())
    };

    let mut service = HttpServerLayer::new().layer(service_fn(answer));
    let spans = testing::capture_async(async {
        for (method, path) in [
            ("GET", "/101"),
            ("PUT", "/204"),
            ("POST", "/304"),
            ("CONNECT", "/200"),
            ("DELETE", "/200"),
        ] {
            let request = request(path).method(method).body(Body::empty());
            drop(service.call(request.unwrap()).await.unwrap());
        }
    })
    .await;
    for name in ["GET", "PUT", "POST", "CONNECT"] {
        spans.single(name).assert_no_attribute("floe.cancelled");
    }

    spans.single("DELETE").assert_attribute("floe.cancelled", true);
}

#[tokio::test]
async fn hostile_headers_are_bounded() {
    let layer = HttpServerLayer::new()
        .with_request_headers([HeaderName::from_static("x-many"), header::USER_AGENT]);
    let spans = testing::capture_async(async {
        let long = "é".repeat(10_000);
        let mut request = request("/orders/1")
            .header("user-agent", "a".repeat(100_000))
            .header("traceparent", "0".repeat(100_000))
            .header("tracestate", vec![0xff; 100_000])
            .header("x-forwarded-proto", "gopher")
            .header("x-many", vec![0xff; 3_000])
            .method(&*"M".repeat(10_000));
        for n in 0..500 {
            request = request
                .header("x-many", long.as_bytes())
                .header("baggage", format!("key{n}={}", "v".repeat(4_000)))
                .header("baggage", vec![b'%', 0xff, b'=', 0xfe]);
        }

        let request = request.body(Body::empty()).unwrap();
        assert_eq!(serve_with(layer, request).await.status(), 405);
    })
    .await;
    let span = spans.single("HTTP /orders/{id}").assert_root();
    let length = |key: &str| span.attribute(key).unwrap().as_str().len();
    assert_eq!(length("user_agent.original"), 2048);
    assert_eq!(length("http.request.method_original"), 2048);
    // U+FFFD takes three bytes instead of one.
    let mut many = vec!["é".repeat(1024); 8];
    many[0] = "\u{fffd}".repeat(2048 / 3);
    span.assert_attribute("http.request.header.x-many", many)
        .assert_attribute("http.request.header.user-agent", ["a".repeat(2048)])
        .assert_attribute("url.scheme", "http");
}
