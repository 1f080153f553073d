//! Without metrics.

use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::Error;

use crate::collector::{Counters, ExporterId};
use crate::config::needed;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;

/// Fails: nothing exports metrics.
pub(super) fn destination(
    _: ExporterId,
    _: &OtlpTarget,
    _: &Counters,
) -> Result<MetricDestination, Error> {
    let needed = needed("`metrics`", "metrics");
    Err(Error::config(format!("otlp: {needed}")))
}
