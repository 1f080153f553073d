//! Settings and variables that were removed. A document or an environment that has one is used without it, with one
//! warning.

use floe_yaml::{Content, Node, Position};

use super::problems::{Problems, below};

/// A setting, its variable and the sentence that names what serves instead. The setting is a path in a document, in which
/// `*` is any key or index; with ` = word` behind it, only that value was removed. Without a setting or without a
/// variable the text is empty.
type Row = (&'static str, &'static str, &'static str);

const KEEP_ERRORS: &str = "use `sampling.keep_errors`, or tail sampling in the Collector";

const FILE_STORAGE: &str = "use `otlp` and the Collector's file storage";

const OWN_PROPAGATOR: &str =
    "use a `TextMapPropagator` of the program, by `TelemetryProviderBuilder::with_propagator`";

const OWN_SAMPLER: &str = "use a `ShouldSample` of the program, by `telemetry_sampler!`";

const REMOVED: &[Row] = &[
    ("exporters.traces.* = journal", "", FILE_STORAGE),
    ("exporters.metrics.* = journal", "", FILE_STORAGE),
    ("exporters.logs.* = journal", "", FILE_STORAGE),
    ("exporters.journal", "", FILE_STORAGE),
    (
        "sampling.max_bytes_per_minute",
        "",
        "use `sampling.rate_limit`, or a processor of the Collector",
    ),
    ("sampling.sampler = always_record", "", OWN_SAMPLER),
    ("sampling.sampler = composite", "", OWN_SAMPLER),
    ("sampling.sampler = parentbased_probability", "", "use `parentbased_traceidratio`"),
    ("sampling.sampler = probability", "", "use `traceidratio`"),
    ("span_compression", "", "use one span for all of the calls, or a processor of the Collector"),
    ("exporters.traces.* = flight_recorder", "", KEEP_ERRORS),
    ("exporters.flight_recorder", "", KEEP_ERRORS),
    ("profile", "FLOE_PROFILE", "use a profiler of processor time, or tokio's metrics of tasks"),
    ("runtime", "FLOE_RUNTIME", "call `force_flush` before the host stops the process"),
    (
        "logging.event_to_span_event_bridge",
        "",
        "a span gets events by `add_event`, not from log records",
    ),
    (
        "errors.exception_signal",
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
        "each exception is an event of its span",
    ),
    (
        "detection.command_args",
        "",
        "set an attribute of the resource to the arguments that are no credentials",
    ),
    ("logging.keys", "FLOE_LOG_KEYS", "write a `FormatEvent` for a layer with `logs::safe_writer`"),
    ("propagators.* = jaeger", "", OWN_PROPAGATOR),
    ("propagators.* = xray", "", OWN_PROPAGATOR),
    ("propagators.* = xray-lambda", "", OWN_PROPAGATOR),
];

/// Removes the settings from a document. Returns a warning about each.
pub(super) fn take_settings(document: &mut Node) -> Vec<String> {
    let mut found = Problems::default();
    for (setting, _, instead) in REMOVED.iter().filter(|(setting, ..)| !setting.is_empty()) {
        let (path, word) = match setting.split_once(" = ") {
            Some((path, word)) => (path, Some(word)),
            None => (*setting, None),
        };
        take(document, path, &mut |position, value, path| {
            let message = match word {
                Some(word) if !is_word(value, word) => return false,
                Some(word) => not_supported(word, instead),
                None => format!("not supported; {instead}"),
            };
            found.add_at(position, path, message);
            true
        });
    }
    found.into_lines()
}

/// Returns each variable, with a warning.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, String)> {
    let rows = REMOVED.iter().filter(|(_, variable, _)| !variable.is_empty());
    rows.map(|(_, variable, instead)| (*variable, format!("{variable}: not supported; {instead}")))
}

/// Returns the sentence about a word that a setting had, where the word comes from another source.
pub(super) fn word(setting: &str, word: &str) -> Option<String> {
    let is_this = |row: &&Row| row.0.split_once(" = ") == Some((setting, word));
    let (_, _, instead) = REMOVED.iter().find(is_this)?;
    Some(not_supported(word, instead))
}

fn not_supported(word: &str, instead: &str) -> String {
    format!("`{word}` is not supported; {instead}")
}

/// Removes the values with a path, in which `*` is any key or index, for which `is_taken` returns true: it has the position
/// of the key or of the item of a list, the value and the path as it is written.
pub(super) fn take(
    document: &mut Node,
    path: &str,
    is_taken: &mut dyn FnMut(Position, &Node, String) -> bool,
) {
    let keys: Vec<_> = path.split('.').collect();
    take_below(document, &keys, "", is_taken);
}

fn take_below(
    node: &mut Node,
    keys: &[&str],
    path: &str,
    is_taken: &mut dyn FnMut(Position, &Node, String) -> bool,
) {
    let Some((key, rest)) = keys.split_first() else {
        return;
    };
    let mut is_kept = |position, value: &mut Node, key: &str| {
        let path = below(path, key);
        if rest.is_empty() {
            return !is_taken(position, value, path);
        }
        let is_empty =
            |value: &Node| matches!(&value.content, Content::List(items) if items.is_empty());
        let was_empty = is_empty(value);
        take_below(value, rest, &path, is_taken);
        was_empty || !is_empty(value)
    };
    match &mut node.content {
        Content::List(items) if *key == "*" => {
            let mut indexes = 0..;
            items.retain_mut(|item| {
                let index: usize = indexes.next().unwrap_or_default();
                is_kept(item.position, item, &index.to_string())
            });
        }
        Content::Map(entries) => entries.retain_mut(|entry| {
            let is_other = *key != "*" && *key != entry.name();
            is_other || is_kept(entry.position, &mut entry.value, &entry.key)
        }),
        _ => {}
    }
}

fn is_word(value: &Node, word: &str) -> bool {
    matches!(&value.content, Content::Scalar { text, .. } if text == word)
}
