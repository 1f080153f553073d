//! The table of variables in `docs/configuration.md`, row by row. The environment belongs to a
//! process, so each case is a process of its own: this test starts its own executable again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::path::Path;

use floe_telemetry::TelemetryConfig;
use floe_tests::{again, is_child};
use serde_json::Value;

/// What a variable needs beside it to mean something.
const COMPANIONS: [(&str, &[(&str, &str)]); 2] = [
    (
        "OTEL_TRACES_SAMPLER_ARG",
        &[("OTEL_TRACES_SAMPLER", "traceidratio")],
    ),
    ("OTEL_SDK_DISABLED", &[]),
];

struct Row<'a> {
    name: &'a str,
    field: &'a str,
    default: &'a str,
    example: &'a str,
    gives: &'a str,
    wrong: &'a str,
    verdict: &'a str,
}

fn rows(document: &str) -> Vec<Row<'_>> {
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| `OTEL_") || line.starts_with("| `FLOE_"));
    rows.map(|line| {
        let mut cells: Vec<_> = line
            .split(" |")
            .map(|cell| cell.trim_start_matches('|').trim())
            .collect();
        let verdict = cells[7];
        for cell in &mut cells {
            *cell = cell.trim_matches('`');
        }
        Row {
            name: cells[0],
            field: cells[2],
            default: cells[3],
            example: cells[4],
            gives: cells[5],
            wrong: cells[6],
            verdict,
        }
    })
    .collect()
}

fn child() {
    let mut config = TelemetryConfig::new("from-code");
    match config.apply_env() {
        Ok(()) => println!("child: {}", serde_json::to_string(&config).unwrap()),
        Err(error) => println!("child: error: {error}"),
    }
}

/// What the child says with these variables, and its warnings.
fn run(variables: &[(&str, &str)]) -> (String, Vec<String>) {
    let (stdout, stderr) = again("each_row_of_the_table_is_true", variables);
    assert!(!stdout.contains("hunter2") && !stderr.contains("hunter2"));
    let said = stdout
        .split_once("child: ")
        .unwrap_or_else(|| panic!("{stdout}{stderr}"))
        .1;
    let said = said.lines().next().unwrap().to_owned();
    let warnings = stderr.lines().filter(|line| line.starts_with("warning: "));
    (said, warnings.map(str::to_owned).collect())
}

fn field(config: &str, path: &str) -> Value {
    let config: Value = serde_json::from_str(config).unwrap_or_else(|_| panic!("{config}"));
    path.split('.')
        .fold(config, |value, key| value[key].clone())
}

#[test]
fn each_row_of_the_table_is_true() {
    if is_child() {
        return child();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let rows = rows(&document);
    let (unset, _) = run(&[]);
    for row in &rows {
        let companions = COMPANIONS.iter().find(|(name, _)| *name == row.name);
        let companions = companions.map_or(&[][..], |(_, variables)| variables);
        let with = |value: &str| {
            let mut variables = companions.to_vec();
            // A certificate and its key belong together.
            for (one, other) in [
                ("CLIENT_KEY", "CLIENT_CERTIFICATE"),
                ("CLIENT_CERTIFICATE", "CLIENT_KEY"),
            ] {
                if let Some(prefix) = row.name.strip_suffix(&format!("_{one}")) {
                    return run(&[(row.name, value), (&format!("{prefix}_{other}"), "/other")]);
                }
            }
            variables.push((row.name, value));
            run(&variables)
        };
        if !row.example.is_empty() {
            let (said, warnings) = with(row.example);
            assert_eq!(
                field(&said, row.field),
                serde_json::from_str::<Value>(row.gives).unwrap(),
                "{}",
                row.name
            );
            assert_ne!(
                field(&said, row.field),
                field(&unset, row.field),
                "{}",
                row.name
            );
            assert_eq!(warnings, Vec::<String>::new(), "{}", row.name);
        }
        if !row.default.is_empty() {
            assert_eq!(with(row.default).0, unset, "{}", row.name);
        }
        // Blank is not set.
        assert_eq!(with(" ").0, with("").0, "{}", row.name);
        if row.wrong.is_empty() {
            continue;
        }
        let wrong = row.wrong.replace("{129}", &"n".repeat(129));
        let (said, warnings) = with(&wrong);
        let (verdict, words) = row.verdict.split_once(": ").unwrap();
        match verdict {
            "ignored" => {
                assert_eq!(said, run(companions).0, "{}", row.name);
                let [warning] = &*warnings else {
                    panic!("{}: {warnings:?}", row.name)
                };
                assert!(
                    warning.starts_with(&format!("warning: {}: ", row.name)),
                    "{warning}"
                );
                assert!(warning.contains(words), "{warning}");
            }
            "refused" => {
                assert!(
                    said.starts_with(&format!("error: {}: ", row.name)),
                    "{said}"
                );
                assert!(said.contains(words), "{said}");
            }
            other => panic!("{}: {other}", row.name),
        }
    }
    the_code_knows_no_other(root, &rows);
    what_wins_over_what();
}

/// Every variable in the sources has a row. Those of one signal are made of parts there.
fn the_code_knows_no_other(root: &Path, rows: &[Row<'_>]) {
    let named: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(named.len(), rows.len(), "a variable stands twice");
    let mut found = 0;
    for file in [
        "env.rs",
        "env/batch.rs",
        "env/otlp.rs",
        "env/service.rs",
        "env/spans.rs",
    ] {
        let source =
            std::fs::read_to_string(root.join("floe-telemetry/src/config").join(file)).unwrap();
        for word in source
            .split('"')
            .filter(|word| word.starts_with("OTEL_") || word.starts_with("FLOE_"))
        {
            if !word.contains('{') {
                assert!(named.contains(word), "{word} is not in the table");
                found += 1;
            }
        }
    }
    assert!(found >= 28, "{found}");
    assert_eq!(
        rows.iter()
            .filter(|row| row.name.starts_with("OTEL_EXPORTER_OTLP_"))
            .count(),
        // Two are of metrics alone.
        4 * 9 + 2
    );
}

fn what_wins_over_what() {
    let (said, _) = run(&[
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=one,deployment.environment.name=prod,team=a",
        ),
        ("OTEL_SERVICE_NAME", "two"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "9"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "8"),
    ]);
    let resource = field(&said, "resource_attributes");
    assert_eq!(resource["service_name"], "two");
    assert_eq!(resource["deployment_environment"], "prod");
    assert_eq!(resource["additional"], serde_json::json!({"team": "a"}));
    assert_eq!(field(&said, "limits.attribute_count"), 8);
    // A scheme that is there is not changed; one that is not is what `INSECURE` says.
    for (insecure, endpoint, expected) in [
        ("true", "collector:4317", "http://collector:4317"),
        ("false", "collector:4317", "https://collector:4317"),
        ("true", "https://collector:4317", "https://collector:4317"),
    ] {
        let (said, _) = run(&[
            ("OTEL_EXPORTER_OTLP_INSECURE", insecure),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ]);
        assert_eq!(field(&said, "otlp_endpoint"), expected);
        assert_eq!(field(&said, "backend"), "otlp");
    }
    // Everything that is wrong is told at once, and no credential.
    let (said, _) = run(&[
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://floe:hunter2@collector",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
    ]);
    assert_eq!(said, "error: telemetry configuration: 2 mistakes");
}
