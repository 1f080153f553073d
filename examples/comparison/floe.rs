//! The program with floe-telemetry.

use floe_telemetry::{MetricRecorder, traced};

#[traced(attributes(table))]
fn load(table: &str) {
    tracing::info!(rows = 3, "loaded");
    MetricRecorder::new("orders").increment("orders.loaded", 1, &[]);
}

fn main() -> Result<(), floe_telemetry::Error> {
    let _telemetry = floe_telemetry::init()?;
    load("orders");
    Ok(())
}
