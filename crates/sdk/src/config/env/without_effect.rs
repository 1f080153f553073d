//! Warns about variables of the specification that have no effect.

use super::{ignored, is_set};

const LIMITS: &str = "events, links and log records have no settings for limits of their own";

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

pub(super) fn warn() {
    for (name, reason) in UNSUPPORTED {
        if is_set(name) {
            ignored(name, reason);
        }
    }
}
