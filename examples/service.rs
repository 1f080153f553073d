//! A web service whose traces begin with its requests; README contains it.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin service
//! curl http://127.0.0.1:8080/orders/42
//! ```
//!
//! It prints its traces, or sends them to `OTEL_EXPORTER_OTLP_ENDPOINT` over gRPC.

use std::{env, error::Error, time::Duration};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, instrument::HttpServerLayer, traced};
use tokio::{net::TcpListener, signal};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, …; every span is recorded by default.
    let telemetry = TelemetryProvider::builder(TelemetryConfig::from_env()?).initialize()?;
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(tracing_subscriber::fmt::layer())
        .with(floe_telemetry::tracing_layer())
        .init();

    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(HttpServerLayer::new());
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(async { _ = signal::ctrl_c().await })
        .await?;

    telemetry.shutdown(Duration::from_secs(5))?;
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
