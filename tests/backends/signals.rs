//! Sends a span, a metric and a log record as the environment says. Fails if one of them was not delivered.

use std::error::Error;
use std::time::Duration;

use floe_telemetry::{MetricRecorder, traced};

#[traced]
fn work() -> u64 {
    tracing::info!("a record");
    MetricRecorder::new("signals").increment("signals.sent", 1, &[]);
    1
}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = floe_telemetry::init()?;
    work();
    telemetry.shutdown(Duration::from_secs(20))?;
    Ok(())
}
