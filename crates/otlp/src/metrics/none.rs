//! The exporter of metrics in a build without it.

use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::Error;

use floe_telemetry_sdk::__parts::collector::{Counters, ExporterId};
use floe_telemetry_sdk::__parts::config::needed;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;

/// Fails, because the build exports no metrics.
pub(super) fn destination(
    _: ExporterId,
    _: &OtlpTarget,
    _: &Counters,
) -> Result<MetricDestination, Error> {
    let needed = needed("`metrics`", "metrics");
    Err(Error::config(format!("otlp: {needed}")))
}
