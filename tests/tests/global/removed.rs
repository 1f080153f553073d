//! A removed setting or variable is one warning, and the rest of the configuration holds. Each case is a process.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::fs;

use floe_telemetry::{TelemetryConfig, init};
use floe_tests::{is_child, run_in_child};

const TEST: &str = "removed::a_setting_that_was_removed_is_one_warning";

/// A document, and the warnings.
const SETTINGS: [(&str, &[&str]); 15] = [
    (
        "otlp: {logs: {max_request_bytes: 1000}}",
        &[
            "line 2, column 15: otlp.logs.max_request_bytes: not supported; a request has at most 4,000,000 bytes before compression",
        ],
    ),
    (
        "redaction: {attribute_level: strict}",
        &[
            "line 2, column 13: redaction.attribute_level: not supported; use `redaction.level: strict`",
        ],
    ),
    (
        "span_compression:\n  exact_match_max_duration: 50ms",
        &[
            "line 2, column 1: span_compression: not supported; use one span for all of the calls, or a processor of the \
             Collector",
        ],
    ),
    (
        "sampling: {prod: 0.1, max_bytes_per_minute: 1000000}\nspan_compression:",
        &[
            "line 2, column 23: sampling.max_bytes_per_minute: not supported; use `rate` in `sampling.rules`, or a processor \
             of the Collector",
            "line 3, column 1: span_compression: not supported; use one span for all of the calls, or a processor of the \
             Collector",
        ],
    ),
    (
        "sampling: {rate_limit: 9, tracers: [{name: a, enabled: false}]}\nspan_filter: info",
        &[
            "line 2, column 12: sampling.rate_limit: not supported; use `rate` in `sampling.rules`: it limits the roots that the rule matches",
            "line 2, column 27: sampling.tracers: not supported; use `target`, for a function the path of its module, and `off` in `sampling.rules`",
            "line 3, column 1: span_filter: not supported; use `target`, `level` and `off` in `sampling.rules`, or the \
             variable `FLOE_SPAN_FILTER`",
        ],
    ),
    (
        "sampling: {sampler: parentbased_probability}",
        &[
            "line 2, column 12: sampling.sampler: `parentbased_probability` is not supported; use `parentbased_traceidratio`",
        ],
    ),
    (
        "profile: {polls: true}",
        &[
            "line 2, column 1: profile: not supported; use a profiler of processor time, or tokio's metrics of tasks",
        ],
    ),
    (
        "runtime: caller",
        &[
            "line 2, column 1: runtime: not supported; call `force_flush` before the host stops the process",
        ],
    ),
    (
        "logging: {keys: ecs}",
        &[
            "line 2, column 11: logging.keys: not supported; write a `FormatEvent` for a layer with `logs::safe_writer`",
        ],
    ),
    (
        "errors: {exception_signal: both}",
        &[
            "line 2, column 1: errors: not supported; use `panic_output`; messages of panics are recorded, redacted",
        ],
    ),
    (
        "exporters:\n  traces: [none]\n  logs: [journal, none]\n  journal: {path: /var/spool}",
        &[
            "line 4, column 10: exporters.logs.0: `journal` is not supported; use `otlp` and the Collector's file storage",
            "line 5, column 3: exporters.journal: not supported; use `otlp` and the Collector's file storage",
        ],
    ),
    (
        "exporters: {traces: [flight_recorder, none]}\npropagators: [jaeger, xray, b3]",
        &[
            "line 2, column 22: exporters.traces.0: `flight_recorder` is not supported; use `sampling.keep_errors`, or tail \
             sampling in the Collector",
            "line 3, column 15: propagators.0: `jaeger` is not supported; pass your `TextMapPropagator` to \
             `TelemetryProviderBuilder::with_propagator`",
            "line 3, column 23: propagators.1: `xray` is not supported; pass your `TextMapPropagator` to \
             `TelemetryProviderBuilder::with_propagator`",
        ],
    ),
    (
        "metrics: {views: [{metric: 'process.*', drop: true}], cardinality_limits: {gauge: 5}}",
        &[
            "line 2, column 11: metrics.views: not supported; use the views of `OTEL_CONFIG_FILE`, or \
             `TelemetryProviderBuilder::with_view`",
            "line 2, column 55: metrics.cardinality_limits: not supported; use a view with a limit",
        ],
    ),
    (
        "metrics: {prometheus: {suffixes: false}}",
        &[
            "line 2, column 24: metrics.prometheus.suffixes: not supported; use Prometheus' `metric_relabel_configs`, and \
             `target_info` for attributes of the resource",
        ],
    ),
    ("# span_compression", &[]),
];

fn child() {
    let config = TelemetryConfig::from_env().unwrap();
    let _telemetry = init().unwrap();
    println!("name={}", config.resource_attributes.service_name);
}

#[test]
fn a_setting_that_was_removed_is_one_warning() {
    if is_child() {
        return child();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("floe.yaml");
    for (setting, warnings) in SETTINGS {
        let name = "resource_attributes: {service_name: orders}";
        let exporters =
            if setting.contains("exporters:") { "" } else { "exporters: {traces: [none]}" };
        fs::write(&file, format!("{name}\n{setting}\n{exporters}\n")).unwrap();
        let (stdout, stderr) = run_in_child(TEST, &[("FLOE_CONFIG_FILE", file.to_str().unwrap())]);
        assert!(stdout.contains("name=orders"), "{setting}: {stdout}");
        let lines: Vec<_> = stderr.lines().collect();
        let expected =
            |line| format!("warning: the configuration file `{}`: {line}", file.display());
        let expected: Vec<_> = warnings.iter().map(expected).collect();
        assert_eq!(lines, expected, "{setting}");
    }
}

#[test]
fn a_list_of_removed_words_alone_is_not_set() {
    let yaml = "resource_attributes: {service_name: orders}\nexporters: {traces: [journal]}\npropagators: [xray]";
    let config = TelemetryConfig::from_yaml(yaml).unwrap();
    assert_eq!(config.exporters.traces, None);
    assert_eq!(config.propagators, TelemetryConfig::new("orders").propagators);
}

#[test]
fn a_variable_that_was_removed_is_one_warning() {
    const TEST: &str = "removed::a_variable_that_was_removed_is_one_warning";
    if is_child() {
        return child();
    }
    let variables = [
        ("FLOE_PROFILE", "polls"),
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "journal,none"),
        ("OTEL_TRACES_SAMPLER", "probability"),
    ];
    let (stdout, stderr) = run_in_child(TEST, &variables);
    assert!(stdout.contains("name=orders"), "{stdout}");
    let mut lines: Vec<_> = stderr.lines().collect();
    lines.sort_unstable();
    let expected = [
        "warning: FLOE_PROFILE: not supported; use a profiler of processor time, or tokio's metrics of tasks",
        "warning: OTEL_LOGS_EXPORTER: `journal` is not supported; use `otlp` and the Collector's file storage; the entry is \
         ignored",
        "warning: OTEL_TRACES_SAMPLER: `probability` is not supported; use `traceidratio`; the variable is ignored",
    ];
    assert_eq!(lines, expected);
}
