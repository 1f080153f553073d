//! The logger provider: processors and exporters.

use serde::Deserialize;

use super::exporter::Exporters;
use super::findings::Findings;
use super::tracer_provider::{AttributeLimits, Processor, processors};
use crate::config::limits::MAX_LOG_COUNT;
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoggerProvider {
    processors: Vec<Processor>,
    limits: Option<AttributeLimits>,
}

impl LoggerProvider {
    pub(super) fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        let mut exporters = Exporters::new(Signal::Logs, &mut config.otlp);
        let path = "logger_provider.processors";
        let batch = processors(self.processors, path, &mut exporters, found);
        let kinds = exporters.kinds;
        config.exporters.logs = Some(kinds);
        config.log_batch_processor = batch.into_logs();
        if let Some(limits) = self.limits {
            let fields = &mut config.log_record_limits;
            let (length, count) = (&mut fields.attribute_value_length, &mut fields.attribute_count);
            limits.apply("logger_provider.limits", length, count, MAX_LOG_COUNT, found);
        }
    }
}
