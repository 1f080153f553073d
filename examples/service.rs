//! A web service whose traces begin with its requests; docs/service.md contains it.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin service
//! curl http://127.0.0.1:8080/orders/42
//! ```
//!
//! It prints its traces on a terminal, or sends them to `OTEL_EXPORTER_OTLP_ENDPOINT`.

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use floe_telemetry::traced;
use floe_telemetry_http::HttpServerLayer;
use tokio::net::TcpListener;
use tokio::signal::{ctrl_c, unix};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?; // OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, RUST_LOG, …
    let app = Router::new().route("/orders/{id}", get(order)).layer(HttpServerLayer::new());
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = ctrl_c() => {} }
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(())
}

#[traced(attributes(id))]
async fn order(Path(id): Path<u64>) -> Result<String, StatusCode> {
    load(id).await.ok_or(StatusCode::NOT_FOUND)
}

#[traced(kind = client, attributes("db.system.name" = "sqlite"))]
async fn load(id: u64) -> Option<String> {
    (id == 42).then(|| "three pairs of shoes\n".to_owned())
}
