//! The whole names of the variables that exist once for each signal.

use crate::config::Signal;

pub(super) const EXPORTERS: [&str; 3] =
    ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"];

/// The size of the queue, the size of a batch, the delay and the timeout.
pub(super) type Batches = [&'static str; 4];

pub(super) const BSP: Batches = [
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
];

pub(super) const BLRP: Batches = [
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BLRP_EXPORT_TIMEOUT",
];

/// The settings of the OTLP exporter, each with its variable for all signals and those for one.
pub(super) const OTLP: [(&str, [&str; 4]); 9] = [
    (
        "ENDPOINT",
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        ],
    ),
    (
        "PROTOCOL",
        [
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        ],
    ),
    (
        "INSECURE",
        [
            "OTEL_EXPORTER_OTLP_INSECURE",
            "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
            "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
            "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
        ],
    ),
    (
        "HEADERS",
        [
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
        ],
    ),
    (
        "TIMEOUT",
        [
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
        ],
    ),
    (
        "COMPRESSION",
        [
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
            "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
        ],
    ),
    (
        "CERTIFICATE",
        [
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
        ],
    ),
    (
        "CLIENT_CERTIFICATE",
        [
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
        ],
    ),
    (
        "CLIENT_KEY",
        [
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
        ],
    ),
];

/// Returns the variable of a setting of the OTLP exporter, for one signal or for all.
pub(super) fn otlp(signal: Option<Signal>, setting: &str) -> Option<&'static str> {
    let column = signal.map_or(0, |signal| signal as usize + 1);
    let row = OTLP.iter().find(|(known, _)| *known == setting)?;
    Some(row.1[column])
}

/// The paths of the other fields, by their variables.
const PATHS: [(&str, &str); 35] = [
    ("OTEL_SDK_DISABLED", "enabled"),
    ("OTEL_SERVICE_NAME", "resource_attributes.service_name"),
    ("OTEL_TRACES_SAMPLER", "sampling.sampler"),
    ("OTEL_TRACES_SAMPLER_ARG", "sampling.sampler_arg"),
    ("FLOE_SPAN_FILTER", "sampling.filter"),
    ("OTEL_PROPAGATORS", "propagators"),
    ("FLOE_RESOURCE_DETECTORS", "detectors"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "batch_processor.max_queue_size"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "batch_processor.max_export_batch_size"),
    ("OTEL_BSP_SCHEDULE_DELAY", "batch_processor.schedule_delay_millis"),
    ("OTEL_BSP_EXPORT_TIMEOUT", "batch_processor.export_timeout_millis"),
    ("OTEL_BLRP_MAX_QUEUE_SIZE", "log_batch_processor.max_queue_size"),
    ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "log_batch_processor.max_export_batch_size"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "log_batch_processor.schedule_delay_millis"),
    ("OTEL_BLRP_EXPORT_TIMEOUT", "log_batch_processor.export_timeout_millis"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "metrics.export_interval_millis"),
    ("OTEL_METRIC_EXPORT_TIMEOUT", "metrics.export_timeout_millis"),
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "metrics.temporality"),
    ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "metrics.histograms"),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", "metrics.prometheus.host"),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", "metrics.prometheus.port"),
    ("OTEL_TRACES_EXPORTER", "exporters.traces"),
    ("OTEL_METRICS_EXPORTER", "exporters.metrics"),
    ("OTEL_LOGS_EXPORTER", "exporters.logs"),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", "limits.attribute_count"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "limits.attribute_count"),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "limits.attribute_value_length"),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "limits.attribute_value_length"),
    ("FLOE_LOG_LEVEL", "logging.log_level"),
    ("FLOE_LOG_JSON", "logging.json_output"),
    ("FLOE_LOG_SPAN_ATTRIBUTES", "logging.span_attributes"),
    ("FLOE_LOG_OUTPUT", "logging.output"),
    ("FLOE_LOG_EXPORT", "logging.export"),
    ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "exceptions"),
    ("FLOE_PANIC_OUTPUT", "panic_output"),
];

/// Returns the path of the field that a variable sets; `None` if it sets none or several.
pub(super) fn path_of(name: &str) -> Option<String> {
    if let Some((_, path)) = PATHS.iter().find(|(known, _)| *known == name) {
        return Some((*path).to_owned());
    }
    let signals = [None, Some(Signal::Traces), Some(Signal::Metrics), Some(Signal::Logs)];
    OTLP.iter().find_map(|(setting, names)| {
        let column = names.iter().position(|known| *known == name)?;
        Some(path(signals[column], &setting.to_ascii_lowercase()))
    })
}

/// Returns the path of a setting of the OTLP exporter, for one signal or for all.
pub(in crate::config) fn path(signal: Option<Signal>, setting: &str) -> String {
    match (signal, setting) {
        (None, "endpoint" | "protocol") => format!("otlp_{setting}"),
        (_, "authentication") => setting.to_owned(),
        (_, "timeout") => path(signal, "timeout_millis"),
        _ => format!("otlp.{}.{setting}", signal.map_or("all", Signal::as_str)),
    }
}
