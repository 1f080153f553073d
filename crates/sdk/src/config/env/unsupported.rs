//! Current and former variables of the specification that this library does not support.

use super::warn_about;
use crate::environment;

/// The beginnings of names, the expected value, the found one, and the explanation.
const UNSUPPORTED: [(&str, &str, &str); 4] = [
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "OTEL_CONFIG_FILE", "the name of the experimental format"),
    ("OTEL_EXPORTER_OTLP_SPAN_INSECURE", "OTEL_EXPORTER_OTLP_TRACES_INSECURE", "a former name"),
    (
        "OTEL_EXPORTER_ZIPKIN_",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "an exporter that this library does not have",
    ),
    (
        "OTEL_EXPORTER_JAEGER_",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "an exporter that this library does not have",
    ),
];

/// Warns about each unsupported variable that is set.
pub(super) fn warn() {
    for (start, expected, found) in UNSUPPORTED {
        for name in environment::names(&[start]) {
            let message = format!("expected `{expected}`, found {found}");
            warn_about(&name, &message, "the variable is ignored");
        }
    }
}
