//! Warns about variables that have no effect: unsupported ones of the specification, and a name that users type.

use super::{ignored, is_set};

const LIMITS: &str = "events, links and log records have no settings for limits of their own";

const UNSUPPORTED: [(&str, &str); 9] = [
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", LIMITS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", LIMITS),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LIMITS),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "exemplars are recorded in sampled spans"),
    ("OTEL_EXPORTER_OTLP_URL", "expected `OTEL_EXPORTER_OTLP_ENDPOINT`"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "the variable is called `OTEL_CONFIG_FILE` now"),
];

pub(super) fn warn() {
    for (name, reason) in UNSUPPORTED {
        if is_set(name) {
            ignored(name, reason);
        }
    }
}
