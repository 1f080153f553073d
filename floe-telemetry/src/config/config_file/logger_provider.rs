//! The logger provider: processors and exporters.

use super::exporter::Exporters;
use super::properties::{Findings, Value};
use super::tracer_provider::processors;
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

/// Reads the logger provider.
pub(super) fn read(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let properties = value.properties(&["processors", "limits", "logger_configurator"], found);
    properties.not_supported(&["logger_configurator"], found);
    let mut exporters = Exporters::new(Signal::Logs, &mut config.otlp, &mut config.exporters);
    let batch = processors(&properties, value, &mut exporters, found);
    let kinds = exporters.kinds;
    config.exporters.logs = Some(kinds);
    config.log_batch_processor = batch.into_logs();
    let Some(limits) = properties.set("limits") else {
        return;
    };
    let known = ["attribute_value_length_limit", "attribute_count_limit"];
    let limits = limits.properties(&known, found);
    for key in known {
        let Some(value) = limits.set(key) else {
            continue;
        };
        // The default of the count needs no warning.
        if value.read::<u32>(found).is_some_and(|limit| limit != 128) {
            value.not_supported(found, "");
        }
    }
}
