//! A removed setting or variable is one warning, and the rest of the configuration holds. Each case is a process.

use std::fs;

use floe_telemetry::{TelemetryConfig, init};
use floe_tests::program;

/// Documents, each with its warnings.
const SETTINGS: &str = include_str!("../../removed.jsonl");

fn child() {
    let config = TelemetryConfig::from_env().unwrap();
    let _telemetry = init().unwrap();
    println!("name={}", config.resource_attributes.service_name);
}

#[test]
fn a_setting_that_was_removed_is_one_warning() {
    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("floe.yaml");
    for row in SETTINGS.lines() {
        let (setting, warnings): (String, Vec<String>) = serde_json::from_str(row).unwrap();
        let name = "resource_attributes: {service_name: orders}";
        let exporters =
            if setting.contains("exporters:") { "" } else { "exporters: {traces: [none]}" };
        fs::write(&file, format!("{name}\n{setting}\n{exporters}\n")).unwrap();
        let (stdout, stderr) = program.run(&[("FLOE_CONFIG_FILE", file.to_str().unwrap())]);
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
    let program = program!({ child() });
    let variables = [
        ("FLOE_PROFILE", "polls"),
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "journal,none"),
        ("OTEL_TRACES_SAMPLER", "probability"),
    ];
    let (stdout, stderr) = program.run(&variables);
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
