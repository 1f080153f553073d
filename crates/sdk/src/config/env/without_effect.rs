//! Warns about variables that have no effect: unsupported ones of the specification, and names that users may guess.

use super::{OTEL_SERVICE_NAME, TelemetryConfig, default_service_name, ignored, is_set};

const LIMITS: &str = "events, links and log records have no settings for limits of their own";

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

const UNSUPPORTED: [(&str, &str); 8] = [
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", LIMITS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", LIMITS),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LIMITS),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "exemplars are recorded in sampled spans"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "the variable is called `OTEL_CONFIG_FILE` now"),
];

/// Names that users type, each with the variable that they mean. They may belong to the program if that one is set, too, or
/// if the service has a name from elsewhere.
const GUESSED: [(&str, &str); 11] = [
    ("OTEL_ENDPOINT", ENDPOINT),
    ("OTEL_EXPORTER_ENDPOINT", ENDPOINT),
    ("OTEL_EXPORTER_OTLP_URL", ENDPOINT),
    ("OTLP_ENDPOINT", ENDPOINT),
    ("OTEL_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
    ("OTLP_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
    ("OTEL_CONFIG", "OTEL_CONFIG_FILE"),
    ("SERVICE_NAME", OTEL_SERVICE_NAME),
    ("FLOE_CONFIG", "FLOE_CONFIG_FILE"),
    ("FLOE_EXPLAIN", "FLOE_EXPLAIN_CONFIG"),
    ("FLOE_LOG", "FLOE_LOG_LEVEL"),
];

pub(super) fn warn(config: &TelemetryConfig) {
    for (name, reason) in UNSUPPORTED {
        if is_set(name) {
            ignored(name, reason);
        }
    }
    let is_named = config.resource_attributes.service_name != default_service_name();
    for (name, meant) in GUESSED {
        let is_known = is_set(meant) || meant == OTEL_SERVICE_NAME && is_named;
        if is_set(name) && !is_known {
            ignored(name, &format!("expected `{meant}`"));
        }
    }
}
