//! The exporter of log records in a build without it.

use floe_telemetry_sdk::__parts::collector::ExporterId;
use floe_telemetry_sdk::__parts::config::needed;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::logs::{LogSettings, LogWorker};
use floe_telemetry_sdk::Error;
use opentelemetry_sdk::Resource;

/// Fails, because the build exports no log records.
pub(super) fn start(
    _: &ExporterId,
    _: &OtlpTarget,
    _: &Resource,
    _: &LogSettings,
) -> Result<LogWorker, Error> {
    let needed = needed("`log records`", "logs");
    Err(Error::config(format!("otlp: {needed}")))
}
