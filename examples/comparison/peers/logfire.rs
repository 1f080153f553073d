//! The program with logfire, which sends to its own service, and to another receiver if exporters are added.

use std::error::Error;

use logfire::config::{AdvancedOptions, MetricsOptions, SendToLogfire};
use logfire::exporters::{log_exporter, metric_exporter, span_exporter};
use opentelemetry_sdk::logs::BatchLogProcessor;
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::trace::BatchSpanProcessor;

fn load(table: &str) {
    let _span = logfire::span!("load", table = table).entered();
    logfire::info!("loaded", rows = 3);
    logfire::u64_counter("orders.loaded").build().add(1, &[]);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let spans = BatchSpanProcessor::builder(span_exporter(&endpoint, None)?).build();
    let metrics = PeriodicReader::builder(metric_exporter(&endpoint, None)?).build();
    let logs = BatchLogProcessor::builder(log_exporter(&endpoint, None)?).build();
    let logfire = logfire::configure()
        .send_to_logfire(SendToLogfire::IfTokenPresent)
        .with_additional_span_processor(spans)
        .with_metrics(Some(MetricsOptions::default().with_additional_reader(metrics)))
        .with_advanced_options(AdvancedOptions::default().with_log_processor(logs))
        .finish()?;
    let _guard = logfire.shutdown_guard();
    load("orders");
    Ok(())
}
