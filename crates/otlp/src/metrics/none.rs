//! Without metrics.

use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::Error;

use super::OtlpTarget;
use crate::collector::Counters;
use crate::config::needs;

/// Fails: nothing exports metrics.
pub(super) fn destination(
    _: &str,
    _: &OtlpTarget,
    _: &Counters,
) -> Result<MetricDestination, Error> {
    let needed = needs("metrics", "metrics", false);
    Err(Error::config(format!(
        "otlp: {}",
        needed.err().unwrap_or_default()
    )))
}
