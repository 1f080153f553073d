//! Warns about variables that have no effect: unsupported ones of the specification, and names that users may guess.

use super::{ignored, is_set};

const LIMITS: &str = "events, links and log records have no settings for limits of their own";

const ENDPOINT: &str = "expected `OTEL_EXPORTER_OTLP_ENDPOINT`";

const VARIABLES: [(&str, &str); 13] = [
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", LIMITS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", LIMITS),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LIMITS),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "exemplars are recorded in sampled spans"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "the variable is called `OTEL_CONFIG_FILE` now"),
    ("OTEL_ENDPOINT", ENDPOINT),
    ("OTEL_EXPORTER_OTLP_URL", ENDPOINT),
    ("OTLP_ENDPOINT", ENDPOINT),
    ("FLOE_CONFIG", "expected `FLOE_CONFIG_FILE`"),
    ("FLOE_LOG", "expected `FLOE_LOG_LEVEL`"),
];

pub(super) fn warn() {
    for (name, reason) in VARIABLES {
        if is_set(name) {
            ignored(name, reason);
        }
    }
}
