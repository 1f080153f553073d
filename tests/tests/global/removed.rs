//! A setting or a variable that was removed is one warning, and the rest of the configuration holds. Each case is a
//! process.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::fs;

use floe_telemetry::{TelemetryConfig, init};
use floe_tests::{is_child, run_in_child};

const TEST: &str = "removed::a_setting_that_was_removed_is_one_warning";

/// A document, and the warnings.
const SETTINGS: [(&str, &[&str]); 5] = [
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
            "line 2, column 23: sampling.max_bytes_per_minute: not supported; use `sampling.rate_limit`, or a processor of \
             the Collector",
            "line 3, column 1: span_compression: not supported; use one span for all of the calls, or a processor of the \
             Collector",
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
        fs::write(&file, format!("{name}\n{setting}\nexporters: {{traces: [none]}}\n")).unwrap();
        let (stdout, stderr) = run_in_child(TEST, &[("FLOE_CONFIG_FILE", file.to_str().unwrap())]);
        assert!(stdout.contains("name=orders"), "{setting}: {stdout}");
        let lines: Vec<_> = stderr.lines().collect();
        let expected: Vec<_> = warnings.iter().map(|line| format!("warning: {line}")).collect();
        assert_eq!(lines, expected, "{setting}");
    }
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
    ];
    let (stdout, stderr) = run_in_child(TEST, &variables);
    assert!(stdout.contains("name=orders"), "{stdout}");
    let warning = "warning: FLOE_PROFILE: not supported; use a profiler of processor time, or tokio's metrics of tasks";
    assert_eq!(stderr.lines().collect::<Vec<_>>(), [warning]);
}
