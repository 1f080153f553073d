//! Settings and variables that were removed. They are ignored in a document or an environment, with one warning.

use floe_yaml::{Content, Node, Position};

use super::problems::{Problems, below};

/// A setting, its variable, and the sentence that names the replacement. The setting is a path in a document, in which
/// `*` is any key or index; with ` = word` after it, only this value was removed. A missing setting or variable is an
/// empty text.
type Row = (&'static str, &'static str, &'static str);

const KEEP_ERRORS: &str = "use `sampling.keep_errors`, or tail sampling in the Collector";

const FILE_STORAGE: &str = "use `otlp` and the Collector's file storage";

const OF_SERIES: &str =
    "use Prometheus' `metric_relabel_configs`, and `target_info` for attributes of the resource";

const OWN_PROPAGATOR: &str =
    "use a `TextMapPropagator` of the program, by `TelemetryProviderBuilder::with_propagator`";

const RESOURCE_OF_FILE: &str = "use `additional`, or the file of `OTEL_CONFIG_FILE`";

const OWN_SAMPLER: &str = "use a `ShouldSample` of the program, by `telemetry_sampler!`";

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
    ("identity_attributes", "", "every span of a floe product has its identity"),
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

/// Removes the settings from a document. Returns a warning about each.
pub(super) fn take_settings(document: &mut Node) -> Vec<String> {
    let mut found = Problems::default();
    let rows = REMOVED.iter().filter(|(setting, ..)| !setting.is_empty());
    let rows = rows.map(|(setting, _, instead)| match setting.split_once(" = ") {
        Some((path, word)) => (path, (Some(word), *instead)),
        None => (*setting, (None, *instead)),
    });
    take(document, rows, &mut |(word, instead), position, value, path| {
        let message = match word {
            Some(word) if !is_word(value, word) => return false,
            Some(word) => not_supported(word, instead),
            None => format!("not supported; {instead}"),
        };
        found.add_at(position, path, message);
        true
    });
    found.into_lines()
}

/// Returns each variable, with a warning.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, String)> {
    let rows = REMOVED.iter().filter(|(_, variable, _)| !variable.is_empty());
    rows.map(|(_, variable, instead)| (*variable, format!("{variable}: not supported; {instead}")))
}

/// Returns the sentence about a removed word of a setting, for a word from another source.
pub(super) fn word(setting: &str, word: &str) -> Option<String> {
    let is_this = |row: &&Row| row.0.split_once(" = ") == Some((setting, word));
    let (_, _, instead) = REMOVED.iter().find(is_this)?;
    Some(not_supported(word, instead))
}

fn not_supported(word: &str, instead: &str) -> String {
    format!("`{word}` is not supported; {instead}")
}

/// Decides whether a value is taken. The arguments are the data of the path, the position of the key or the list item,
/// the value, and the path as written.
type Take<'a, T> = dyn FnMut(T, Position, &Node, String) -> bool + 'a;

/// Removes the values with one of the paths, in which `*` is any key or index, for which `is_taken` returns true. A
/// single walk removes all of them, because each removal changes the indexes of a list.
pub(super) fn take<T: Copy>(
    document: &mut Node,
    paths: impl Iterator<Item = (&'static str, T)>,
    is_taken: &mut Take<'_, T>,
) {
    let paths: Vec<_> = paths.map(|(path, of)| (path.split('.').collect(), of)).collect();
    let paths: Vec<_> = paths.iter().map(|(keys, of): &(Vec<_>, T)| (&**keys, *of)).collect();
    take_below(document, &paths, "", is_taken);
}

fn take_below<T: Copy>(
    node: &mut Node,
    paths: &[(&[&str], T)],
    path: &str,
    is_taken: &mut Take<'_, T>,
) {
    let mut is_kept = |position, value: &mut Node, key: &str, name: &str| {
        let path = below(path, key);
        let mut rest = Vec::new();
        for (keys, of) in paths {
            match keys {
                [first, ..] if *first != "*" && *first != name => {}
                [_] if is_taken(*of, position, value, path.clone()) => return false,
                [_, below @ ..] if !below.is_empty() => rest.push((below, *of)),
                _ => {}
            }
        }
        let is_empty =
            |value: &Node| matches!(&value.content, Content::List(items) if items.is_empty());
        let was_empty = is_empty(value);
        if !rest.is_empty() {
            take_below(value, &rest, &path, is_taken);
        }
        was_empty || !is_empty(value)
    };
    match &mut node.content {
        Content::List(items) => {
            let mut indexes = 0..;
            items.retain_mut(|item| {
                let index: usize = indexes.next().unwrap_or_default();
                let index = index.to_string();
                is_kept(item.position, item, &index, &index)
            });
        }
        Content::Map(entries) => entries.retain_mut(|entry| {
            let name = entry.name().to_owned();
            is_kept(entry.position, &mut entry.value, &entry.key, &name)
        }),
        _ => {}
    }
}

fn is_word(value: &Node, word: &str) -> bool {
    matches!(&value.content, Content::Scalar { text, .. } if text == word)
}
