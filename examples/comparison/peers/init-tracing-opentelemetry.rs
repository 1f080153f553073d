//! The program with tracing-opentelemetry and init-tracing-opentelemetry, which sets it up.

use init_tracing_opentelemetry::TracingConfig;
use init_tracing_opentelemetry::opentelemetry::global;

#[tracing::instrument]
fn load(table: &str) {
    tracing::info!(rows = 3, "loaded");
    let counter = global::meter("orders").u64_counter("orders.loaded").build();
    counter.add(1, &[]);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = TracingConfig::production().init_subscriber()?;
    load("orders");
    Ok(())
}
