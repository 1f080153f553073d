//! The metrics of requests, as a receiver gets them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post};
use floe_telemetry::TelemetryProvider;
use floe_telemetry::config::Sampler;
use floe_telemetry_http::{
    GrpcClientLayer, GrpcServerLayer, HttpClientMiddleware, HttpServerLayer,
};
use floe_tests::{MetricValue, ReceivedPoint, Receiver, Value};
use http_body_util::BodyExt as _;
use reqwest_middleware::ClientBuilder;
use reqwest_middleware::reqwest::Client;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::{PROVIDER, config};

const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

fn app() -> Router {
    Router::new()
        .route("/orders/{id}", get(|| async { "an order" }))
        .route("/orders", post(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/never", get(pending::<&str>))
        .layer(
            HttpServerLayer::new()
                .with_active_requests()
                .with_filter(|request| request.uri.path() != "/healthz"),
        )
}

async fn request(app: Router, request: Request<Body>) {
    let response = app.oneshot(request).await.unwrap();
    response.into_body().collect().await.unwrap();
}

async fn answer(request: Request<Body>) -> Result<Response<String>, Infallible> {
    let code = if request.uri().path().ends_with("Get") { "0" } else { "12" };
    let response = Response::builder().header("grpc-status", code);
    Ok(response.body(String::new()).unwrap())
}

async fn requests() {
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    for path in ["/orders/1", "/orders/2", "/healthz", "/healthz", "/no/route"] {
        request(app(), get(path)).await;
    }

    let mut given_up = Box::pin(app().oneshot(get("/never")));
    let is_pending = poll_fn(|task| Poll::Ready(given_up.as_mut().poll(task).is_pending())).await;
    assert!(is_pending);
    drop(given_up);
    let post = Request::post("/orders").header("x-forwarded-proto", "https");
    request(app(), post.body(Body::from("twelve bytes")).unwrap()).await;
    let brew = Request::builder().method("BREW").uri("/orders/1");
    request(app(), brew.body(Body::empty()).unwrap()).await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = Router::new().route("/", get_ok());
    let server = tokio::spawn(axum::serve(listener, plain).into_future());
    let middleware = HttpClientMiddleware::new();
    let client = ClientBuilder::new(Client::new()).with(middleware).build();
    let url = format!("http://{address}/");
    client.get(&url).send().await.unwrap();
    client.get(format!("{url}missing")).send().await.unwrap();
    server.abort();

    for method in ["Get", "Invent"] {
        let request = Request::post(format!("/shop.Orders/{method}"))
            .header("content-type", "application/grpc")
            .body(Body::empty())
            .unwrap();
        let server = GrpcServerLayer::new().layer(service_fn(answer));
        let client = GrpcClientLayer::new().layer(server);
        client.oneshot(request).await.unwrap();
    }
}

fn get_ok() -> axum::routing::MethodRouter {
    get(|| async { "hello" })
}

fn text(attributes: &BTreeMap<String, Value>) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{other:?}"),
    };

    let known = attributes.iter().filter(|(key, _)| *key != "server.port");
    let pairs = known.map(|(key, value)| format!("{key}={}", text(value)));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Returns the number of values in each series, with the attributes of the series.
fn counts(points: &[ReceivedPoint], name: &str) -> Vec<String> {
    let of_name = points.iter().filter(|point| point.name == name);
    let mut series: Vec<_> = of_name
        .map(|point| {
            let MetricValue::Histogram(count, ..) = point.value else {
                panic!("{point:?}");
            };

            (text(&point.attributes), count)
        })
        .collect();
    series.sort();
    series.into_iter().map(|(attributes, count)| format!("{count}: {attributes}")).collect()
}

fn check_versions_and_active_requests(points: &[ReceivedPoint]) {
    // All packages of the workspace have one version.
    for point in points {
        assert_eq!(point.scope_version, env!("CARGO_PKG_VERSION"), "{point:?}");
    }

    let mut active: Vec<_> = points
        .iter()
        .filter(|point| point.name == "http.server.active_requests")
        .map(|point| (text(&point.attributes), &point.value))
        .collect();
    active.sort_by(|a, b| a.0.cmp(&b.0));
    let none_of = |name: &str| (name.to_owned(), &MetricValue::Sum(0.0));
    assert_eq!(
        active,
        [
            none_of("http.request.method=GET url.scheme=http"),
            none_of("http.request.method=POST url.scheme=https"),
            none_of("http.request.method=_OTHER url.scheme=http"),
        ]
    );
}

fn check_requests_of_the_server(points: &[ReceivedPoint]) {
    let server = "network.protocol.version=1.1 url.scheme=http";
    assert_eq!(
        counts(points, "http.server.request.duration"),
        [
            "1: error.type=503 http.request.method=POST http.response.status_code=503 \
             http.route=/orders network.protocol.version=1.1 url.scheme=https"
                .to_owned(),
            format!("1: error.type=cancelled http.request.method=GET http.route=/never {server}"),
            format!(
                "2: http.request.method=GET http.response.status_code=200 http.route=/orders/{{id}} {server}"
            ),
            format!("1: http.request.method=GET http.response.status_code=404 {server}"),
            format!(
                "1: http.request.method=_OTHER http.response.status_code=405 http.route=/orders/{{id}} {server}"
            ),
        ]
    );

    let duration =
        points.iter().find(|point| point.name == "http.server.request.duration").unwrap();
    assert_eq!((&*duration.unit, &*duration.scope), ("s", "floe-telemetry-http"));
    let MetricValue::Histogram(_, sum, bounds, _) = &duration.value else {
        panic!("{duration:?}");
    };

    assert_eq!(bounds, &SECONDS);
    assert!((0.0..60.0).contains(sum), "{sum}");
}

fn check_requests_of_the_client(points: &[ReceivedPoint]) {
    let client = "network.protocol.version=1.1 server.address=127.0.0.1";
    assert_eq!(
        counts(points, "http.client.request.duration"),
        [
            format!(
                "1: error.type=404 http.request.method=GET http.response.status_code=404 {client}"
            ),
            format!("1: http.request.method=GET http.response.status_code=200 {client}"),
        ]
    );
}

fn check_calls(points: &[ReceivedPoint]) {
    assert_eq!(
        counts(points, "rpc.server.call.duration"),
        [
            "1: error.type=UNIMPLEMENTED rpc.method=_OTHER rpc.response.status_code=UNIMPLEMENTED rpc.system.name=grpc",
            "1: rpc.method=shop.Orders/Get rpc.response.status_code=OK rpc.system.name=grpc",
        ]
    );

    assert_eq!(
        counts(points, "rpc.client.call.duration"),
        [
            "1: error.type=UNIMPLEMENTED rpc.method=shop.Orders/Invent rpc.response.status_code=UNIMPLEMENTED rpc.system.name=grpc",
            "1: rpc.method=shop.Orders/Get rpc.response.status_code=OK rpc.system.name=grpc",
        ]
    );
}

#[tokio::test]
async fn a_request_that_panics_is_an_exemplar() {
    let _only = PROVIDER.lock().await;
    let receiver = Receiver::http();
    let config = config(&receiver);
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    let panics = service_fn(async |_: Request<Body>| -> Result<Response<Body>, Infallible> {
        panic!("no shoes")
    });

    let panics = HttpServerLayer::new().layer(panics);
    let request = Request::get("/orders/1").body(Body::empty()).unwrap();
    let panicked = tokio::spawn(async { panics.oneshot(request).await });
    assert!(panicked.await.unwrap_err().is_panic());
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    let spans = receiver.spans();
    let points = receiver.points();
    let duration = points.iter().find(|point| point.name == "http.server.request.duration");
    let ids = (spans[0].trace_id.clone(), spans[0].span_id.clone());
    assert_eq!(duration.unwrap().exemplars, [ids]);
}

#[tokio::test]
async fn requests_are_measured_whether_or_not_they_are_sampled() {
    let _only = PROVIDER.lock().await;
    let receiver = Receiver::http();
    let mut config = config(&receiver);
    config.sampling.sampler = Some(Sampler::AlwaysOff);
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    requests().await;
    telemetry.shutdown(Duration::from_secs(20)).unwrap();
    assert_eq!(receiver.spans(), []);
    let points = receiver.points();
    check_versions_and_active_requests(&points);
    check_requests_of_the_server(&points);
    check_requests_of_the_client(&points);
    check_calls(&points);
}
