//! Two services and a database: a shop asks a stock, which asks SQLite. The spans of a request are one trace.
//!
//! ```sh
//! cd examples/two-services
//! OTEL_SERVICE_NAME=stock cargo run -- 127.0.0.1:8081
//! OTEL_SERVICE_NAME=shop cargo run -- 127.0.0.1:8080 http://127.0.0.1:8081
//! curl -i http://127.0.0.1:8080/orders/42
//! ```
//!
//! The shop is open to everybody: it starts a new trace for each request, with a link to the caller's span, and
//! its responses contain the trace id. The stock trusts the shop and continues its trace.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::{Router, routing::get};
use floe_telemetry::traced;
use floe_telemetry_http::{HttpClientMiddleware, HttpServerLayer, UrlTemplate};
use floe_telemetry_otlp_file as _; // the exporters `otlp_file` and `otlp/stdout`
use floe_telemetry_sqlx::TracedPool;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, reqwest::Client};
use sqlx::sqlite::{Sqlite, SqlitePoolOptions};
use sqlx::{query, query_scalar};
use tokio::net::TcpListener;
use tokio::signal::{ctrl_c, unix};

#[derive(Clone)]
struct Stock {
    client: ClientWithMiddleware,
    url: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("expected the address to listen on as the first argument")?;
    let app = match arguments.next() {
        Some(url) => shop(url),
        None => stock().await?,
    };

    let listener = TcpListener::bind(address).await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = ctrl_c() => {} }
    };

    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(())
}

fn shop(url: String) -> Router {
    let client = ClientBuilder::new(Client::new()).with(HttpClientMiddleware::new()).build();
    let layer = HttpServerLayer::new()
        // A stranger must determine neither what is recorded nor the trace of the request.
        .untrusted()
        .with_filter(|request| request.uri.path() != "/healthz")
        .with_trace_id_header(HeaderName::from_static("x-trace-id"));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/orders/{id}", get(order))
        .layer(layer)
        .with_state(Stock { client, url })
}

// The span is an error only if the server's span is, so a missing order is not an error.
#[traced(attributes(id), error_if = |response: &(StatusCode, String)| response.0.is_server_error())]
async fn order(State(stock): State<Stock>, Path(id): Path<u64>) -> (StatusCode, String) {
    let request = stock.client.get(format!("{}/pairs/{id}", stock.url));
    // The client's span is named after the template, because the URL differs for each order.
    let response = request.with_extension(UrlTemplate::new("/pairs/{id}"));
    match response.send().await {
        Ok(response) => (response.status(), response.text().await.unwrap_or_default()),
        // The client's span records the error.
        Err(_) => (StatusCode::BAD_GATEWAY, "no stock\n".to_owned()),
    }
}

async fn stock() -> Result<Router, sqlx::Error> {
    // A database in memory exists as long as its connection does.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await?;
    query("CREATE TABLE shoes (id INTEGER PRIMARY KEY, pairs INTEGER NOT NULL)")
        .execute(&pool)
        .await?;
    query("INSERT INTO shoes VALUES (42, 3)").execute(&pool).await?;
    // From here on, each query has a span and is measured, and so is the pool.
    let pool = TracedPool::new(pool).attribute("db.namespace", "stock").observe("stock");
    Ok(Router::new()
        .route("/pairs/{id}", get(pairs))
        .layer(HttpServerLayer::new())
        .with_state(pool))
}

#[traced(
    attributes(id),
    error_if = |result: &Result<String, StatusCode>| {
        result.as_ref().is_err_and(StatusCode::is_server_error)
    }
)]
async fn pairs(
    State(pool): State<TracedPool<Sqlite>>,
    Path(id): Path<i64>,
) -> Result<String, StatusCode> {
    let query = query_scalar::<_, i64>("SELECT pairs FROM shoes WHERE id = ?")
        .bind(id)
        .fetch_optional(&pool);

    // The query's span records the error.
    let found = query.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let pairs = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(format!("{pairs} pairs of shoes\n"))
}
