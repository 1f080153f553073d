//! The variables that say how spans and log records wait for export
//! ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor)).

use super::Reader;
use super::parse::number;
use crate::config::TelemetryConfig;

pub(super) fn apply(config: &mut TelemetryConfig, reader: &mut Reader) {
    let (spans, logs) = (&mut config.batch_processor, &mut config.log_batch_processor);
    for (name, size) in [
        ("OTEL_BSP_MAX_QUEUE_SIZE", &mut spans.max_queue_size),
        (
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            &mut spans.max_export_batch_size,
        ),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", &mut logs.max_queue_size),
        (
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
            &mut logs.max_export_batch_size,
        ),
    ] {
        reader.set(name, size, number(1));
    }
    for (name, millis) in [
        ("OTEL_BSP_SCHEDULE_DELAY", &mut spans.schedule_delay_millis),
        ("OTEL_BSP_EXPORT_TIMEOUT", &mut spans.export_timeout_millis),
        ("OTEL_BLRP_SCHEDULE_DELAY", &mut logs.schedule_delay_millis),
        ("OTEL_BLRP_EXPORT_TIMEOUT", &mut logs.export_timeout_millis),
    ] {
        reader.set(name, millis, number(1));
    }
}
