//! A program that is instrumented with `tracing`. One more layer exports its spans and events.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin existing-tracing
//! ```

use std::num::ParseIntError;
use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use tracing::{info, instrument};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

#[instrument(skip_all, fields(lines = lines.len()))]
fn import(lines: &[&str]) {
    let rows = lines.iter().filter(|line| parse(line).is_ok()).count();
    info!(rows, "imported");
}

#[instrument(err)]
fn parse(line: &str) -> Result<u32, ParseIntError> {
    line.parse()
}

fn main() -> Result<(), floe_telemetry::Error> {
    let telemetry = TelemetryProvider::builder(TelemetryConfig::from_env()?).initialize()?;
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(tracing_subscriber::fmt::layer())
        .with(floe_telemetry::tracing_layer())
        .init();

    import(&["1", "two"]);

    telemetry.shutdown(Duration::from_secs(5))
}
