//! Two services, one of which calls the other. Both spans of a call, and all below them, are one trace.
//!
//! ```sh
//! OTEL_SERVICE_NAME=stock cargo run -p floe-telemetry-examples --bin two-services -- 127.0.0.1:8081
//! OTEL_SERVICE_NAME=shop cargo run -p floe-telemetry-examples --bin two-services -- 127.0.0.1:8080 http://127.0.0.1:8081
//! curl -i http://127.0.0.1:8080/orders/42
//! ```
//!
//! The shop is open to everybody: it starts a trace of its own for each request, with a link to the caller's
//! span, and its responses have the trace id. The stock trusts the shop and continues its trace.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::{Router, routing::get};
use floe_telemetry::instrument::{HttpClientMiddleware, HttpServerLayer, UrlTemplate};
use floe_telemetry::traced;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, reqwest::Client};
use tokio::{net::TcpListener, signal};

#[derive(Clone)]
struct Stock {
    client: ClientWithMiddleware,
    url: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("the address is missing")?;
    let app = match arguments.next() {
        Some(url) => shop(url),
        None => stock(),
    };
    let listener = TcpListener::bind(address).await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(async { _ = signal::ctrl_c().await })
        .await?;
    Ok(())
}

fn shop(url: String) -> Router {
    let client = ClientBuilder::new(Client::new())
        .with(HttpClientMiddleware::new())
        .build();
    let layer = HttpServerLayer::new()
        .untrusted()
        .with_filter(|request| request.uri.path() != "/healthz")
        .with_trace_id_header(HeaderName::from_static("x-trace-id"));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/orders/{id}", get(order))
        .layer(layer)
        .with_state(Stock { client, url })
}

#[traced(attributes(id), error_if = |response: &(StatusCode, String)| response.0.is_server_error())]
async fn order(State(stock): State<Stock>, Path(id): Path<u64>) -> (StatusCode, String) {
    let request = stock.client.get(format!("{}/pairs/{id}", stock.url));
    let response = request.with_extension(UrlTemplate::new("/pairs/{id}"));
    match response.send().await {
        Ok(response) => (response.status(), response.text().await.unwrap_or_default()),
        Err(_) => (StatusCode::BAD_GATEWAY, "no stock\n".to_owned()),
    }
}

fn stock() -> Router {
    Router::new()
        .route("/pairs/{id}", get(pairs))
        .layer(HttpServerLayer::new())
}

#[traced(attributes(id))]
async fn pairs(Path(id): Path<u64>) -> Result<String, StatusCode> {
    let pairs = (id == 42).then_some("three pairs of shoes\n");
    pairs.map(str::to_owned).ok_or(StatusCode::NOT_FOUND)
}
