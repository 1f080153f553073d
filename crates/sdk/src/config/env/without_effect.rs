//! Warns about variables of the specification that have no effect here.

use super::{is_set, misspelled, warn_about};

const LIMITS: &str = "limits of events, links and log records cannot be set";

const VARIABLES: [(&str, &str); 7] = [
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", LIMITS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", LIMITS),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", LIMITS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LIMITS),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "exemplars are recorded in sampled spans"),
];

pub(super) fn warn() {
    for (name, reason) in VARIABLES {
        misspelled::know(name);
        if is_set(name) {
            warn_about(name, reason, "the variable is ignored");
        }
    }
}
