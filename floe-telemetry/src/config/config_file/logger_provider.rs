//! The logger provider: processors and exporters.

use super::exporter::Exporters;
use super::properties::{Findings, Value};
use super::tracer_provider::{ATTRIBUTES, attributes, processors};
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
    if let Some(limits) = properties.set("limits") {
        let properties = limits.properties(&ATTRIBUTES, found);
        let limits = &mut config.log_record_limits;
        attributes(
            &properties,
            &mut limits.attribute_value_length,
            &mut limits.attribute_count,
            found,
        );
    }
}
