//! Spans and events that libraries emit with `tracing` are part of the trace: a service whose
//! requests are spans of tower-http, below a client span and above spans of two kinds. The program
//! sends one request to itself and prints where it exports to, as configured by the environment:
//!
//! ```text
//! OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run -p floe-test-services --bin tracing-layer
//! ```

use floe_tests::TIMEOUT;
use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced, tracing_layer};
use floe_telemetry_http::HttpServerLayer;
use floe_test_services::client;
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tracing::level_filters::LevelFilter;
use tracing::{info, instrument};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[instrument(skip_all, fields(db.system.name = "sqlite", rows))]
async fn query(id: u32) -> u32 {
    tokio::task::yield_now().await;
    tracing::Span::current().record("rows", 3);
    id
}

#[traced(attributes(id))]
async fn load(id: u32) -> String {
    let id = query(id).await;
    info!(id, "loaded");
    format!("order {id}")
}

/// `TraceLayer` is tower-http's; the layer before it is the outer one, which extracts the trace
/// context of the client.
fn service() -> Router {
    Router::new()
        .route("/orders/{id}", get(async |Path(id)| load(id).await))
        .layer(TraceLayer::new_for_http())
        .layer(HttpServerLayer::new())
}

#[traced]
async fn call(url: String) -> Result<String, reqwest_middleware::Error> {
    Ok(client().get(url).send().await?.text().await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = TelemetryProvider::builder(TelemetryConfig::from_env()?).initialize()?;
    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("tower_http", LevelFilter::DEBUG);
    tracing_subscriber::registry().with(tracing_layer().with_filter(filter)).init();

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders/7", listener.local_addr()?);
    let server = tokio::spawn(async { axum::serve(listener, service()).await });
    let answer = call(url).await?;
    server.abort();
    telemetry.shutdown(TIMEOUT)?;
    if answer == "order 7" {
        Ok(())
    } else {
        Err(format!("the service answered `{answer}`").into())
    }
}
