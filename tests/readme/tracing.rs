//! A service on `tracing` after the first change of README's section about such code.
use axum::routing::get;
use axum::{Router, extract::Path};
use floe_telemetry_http::HttpServerLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = floe_telemetry::init()?;
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(HttpServerLayer::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    let stop = async { _ = tokio::signal::ctrl_c().await };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(())
}

async fn order(Path(id): Path<u64>) -> String {
    load(id).await
}

#[tracing::instrument]
async fn load(id: u64) -> String {
    tracing::info!("loading");
    format!("order {id}\n")
}
