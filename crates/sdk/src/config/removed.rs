//! Settings and variables that were removed. Documents and environments with them are accepted, with one warning.

/// A setting, its variable, and the sentence that names the replacement. The setting is a path in a document, where `*`
/// is any key or index. With ` = word` after it, only this value was removed. A missing setting or variable is an empty
/// text.
type Row = (&'static str, &'static str, &'static str);

const KEEP_ERRORS: &str = "use `sampling.keep_errors`, or tail sampling in the Collector";

const FILE_STORAGE: &str = "use `otlp` and the Collector's file storage";

const OF_SERIES: &str =
    "use Prometheus' `metric_relabel_configs`, and `target_info` for attributes of the resource";

const OWN_PROPAGATOR: &str =
    "pass your `TextMapPropagator` to `TelemetryProviderBuilder::with_propagator`";

const RESOURCE_OF_FILE: &str = "use `additional`, or the file of `OTEL_CONFIG_FILE`";

const OWN_SAMPLER: &str = "register your `ShouldSample` with `telemetry_sampler!`";

const REMOVED: &[Row] = &[
    ("exporters.traces.* = journal", "", FILE_STORAGE),
    ("exporters.metrics.* = journal", "", FILE_STORAGE),
    ("exporters.logs.* = journal", "", FILE_STORAGE),
    ("exporters.journal", "", FILE_STORAGE),
    (
        "exporters.file",
        "",
        "use `exporters.directory`: a file has at most 100 MiB, and there are five of a signal",
    ),
    (
        "sampling.max_bytes_per_minute",
        "",
        "use `rate` in `sampling.rules`, or a processor of the Collector",
    ),
    (
        "sampling.rate_limit",
        "",
        "use `rate` in `sampling.rules`: it limits the roots that the rule matches",
    ),
    (
        "sampling.tracers",
        "",
        "use `target`, for a function the path of its module, and `off` in `sampling.rules`",
    ),
    (
        "span_filter",
        "",
        "use `target`, `level` and `off` in `sampling.rules`, or the variable `FLOE_SPAN_FILTER`",
    ),
    ("sampling.sampler = always_record", "", OWN_SAMPLER),
    ("sampling.sampler = composite", "", OWN_SAMPLER),
    ("sampling.sampler = parentbased_probability", "", "use `parentbased_traceidratio`"),
    ("sampling.sampler = probability", "", "use `traceidratio`"),
    (
        "sampling.tail",
        "",
        "the buffer has its share of `max_memory_bytes`, and waits a day for a root",
    ),
    ("span_compression", "", "use one span for all of the calls, or a processor of the Collector"),
    ("exporters.traces.* = flight_recorder", "", KEEP_ERRORS),
    ("exporters.flight_recorder", "", KEEP_ERRORS),
    ("profile", "FLOE_PROFILE", "use a profiler of processor time, or tokio's metrics of tasks"),
    (
        "otlp.additional",
        "",
        "use the Collector, or several exporters in the file of `OTEL_CONFIG_FILE`",
    ),
    ("otlp.*.max_request_bytes", "", "a request has at most 4,000,000 bytes before compression"),
    ("resource_attributes.typed", "", RESOURCE_OF_FILE),
    ("resource_attributes.schema_url", "", RESOURCE_OF_FILE),
    ("redaction.attribute_level", "", "use `redaction.level: strict`"),
    ("runtime", "FLOE_RUNTIME", "call `force_flush` before the host stops the process"),
    (
        "logging.event_to_span_event_bridge",
        "",
        "a span gets events by `add_event`, not from log records",
    ),
    ("", "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "each exception is an event of its span"),
    (
        "detection",
        "",
        "use `detectors`, and the Collector's processor `resource` to leave attributes out",
    ),
    ("identity_attributes", "", "every span of a floe product has the identity of the product"),
    ("errors", "", "use `panic_output`; messages of panics are recorded, redacted"),
    ("logging.keys", "FLOE_LOG_KEYS", "write a `FormatEvent` for a layer with `logs::safe_writer`"),
    (
        "logging.span_events",
        "FLOE_LOG_SPAN_EVENTS",
        "use `tracing_layer().with_events(false)` in a subscriber of the program, and `without_subscriber`",
    ),
    ("logging.loggers", "", "use `RUST_LOG`, or the Collector"),
    ("metrics.cardinality_limit", "", "use a view with a limit"),
    ("metrics.cardinality_limits", "", "use a view with a limit"),
    ("metrics.meters", "", "use `TelemetryProviderBuilder::with_view`"),
    ("metrics.prometheus.scope_info", "", OF_SERIES),
    ("metrics.prometheus.target_info", "", OF_SERIES),
    ("metrics.prometheus.suffixes", "", OF_SERIES),
    ("metrics.prometheus.resource_labels", "", OF_SERIES),
    ("metrics.prometheus.excluded_resource_labels", "", OF_SERIES),
    (
        "metrics.views",
        "",
        "use the views of `OTEL_CONFIG_FILE`, or `TelemetryProviderBuilder::with_view`",
    ),
    ("propagators.* = jaeger", "", OWN_PROPAGATOR),
    ("propagators.* = xray", "", OWN_PROPAGATOR),
    ("propagators.* = xray-lambda", "", OWN_PROPAGATOR),
];

/// The removal of a setting, or of one of its values.
#[derive(Clone, Copy)]
pub(super) struct Removed {
    /// The removed value; `None` if the setting was removed.
    pub(super) word: Option<&'static str>,
    pub(super) instead: &'static str,
}

/// Returns the path of each setting.
pub(super) fn settings() -> impl Iterator<Item = (&'static str, Removed)> {
    let rows = REMOVED.iter().filter(|(setting, ..)| !setting.is_empty());
    rows.map(|(setting, _, instead)| match setting.split_once(" = ") {
        Some((path, word)) => (path, Removed { word: Some(word), instead }),
        None => (*setting, Removed { word: None, instead }),
    })
}

/// Returns each variable, with a warning.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, String)> {
    let rows = REMOVED.iter().filter(|(_, variable, _)| !variable.is_empty());
    rows.map(|(_, variable, instead)| (*variable, format!("{variable}: not supported; {instead}")))
}

/// Returns the sentence about a removed value of a setting, for a value from another source.
pub(super) fn word(setting: &str, word: &str) -> Option<String> {
    let is_this = |row: &&Row| row.0.split_once(" = ") == Some((setting, word));
    let (_, _, instead) = REMOVED.iter().find(is_this)?;
    Some(not_supported(word, instead))
}

pub(super) fn not_supported(word: &str, instead: &str) -> String {
    format!("`{word}` is not supported; {instead}")
}
