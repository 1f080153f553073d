//! The example of the README, with an explicit provider.

use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};

#[traced(name = "orders.load", attributes(table, rows = lines.len()))]
fn load(table: &str, lines: &[&str]) -> Result<(), String> {
    Err(format!("cannot reach postgresql://shop:hunter2@db.internal/{table}"))
}

fn main() -> Result<(), floe_telemetry::Error> {
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders")).initialize()?;
    let _ = load("orders", &["a", "b"]);
    telemetry.shutdown(Duration::from_secs(5))
}
