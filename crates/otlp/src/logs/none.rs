//! Without log records.

use floe_telemetry_sdk::__parts::logs::LogDestination;
use floe_telemetry_sdk::Error;

use floe_telemetry_sdk::__parts::collector::{Counters, ExporterId};
use floe_telemetry_sdk::__parts::config::needed;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;

/// Fails: nothing exports log records.
pub(super) fn destination(
    _: ExporterId,
    _: &OtlpTarget,
    _: &Counters,
) -> Result<LogDestination, Error> {
    let needed = needed("`log records`", "logs");
    Err(Error::config(format!("otlp: {needed}")))
}
