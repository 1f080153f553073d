//! The table of variables in `docs/configuration.md`, row by row. `variables.tsv` has the cases, and `variables.jsonl`
//! has combinations of variables.

use std::collections::{BTreeMap, BTreeSet};

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::Signal;
use floe_tests::{Program, program};
use serde_json::{Value, json};

/// The variables that must also be set for a variable to have an effect.
pub(crate) const COMPANIONS: [(&str, &[(&str, &str)]); 2] = [
    ("OTEL_TRACES_SAMPLER_ARG", &[("OTEL_TRACES_SAMPLER", "traceidratio")]),
    ("OTEL_SDK_DISABLED", &[]),
];

/// Each line has a variable, an example, the value of its field with the example, a value that is not accepted, and the
/// warning about it.
const CASES: &str = include_str!("../../variables.tsv");

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) field: String,
    default: String,
    example: &'static str,
    pub(crate) gives: &'static str,
    pub(crate) wrong: &'static str,
    /// The effect of the value that is not accepted, as the table has it, and words of the message.
    pub(crate) verdict: (&'static str, &'static str),
}

impl Row {
    fn new(cells: &[&str]) -> Self {
        let own = cells[0].trim_matches('`');
        let mut case = CASES
            .lines()
            .find_map(|line| line.strip_prefix(own)?.strip_prefix('\t'))
            .unwrap_or_else(|| panic!("{own} has no case"))
            .split('\t');
        let [example, gives, wrong, verdict] = [(); 4].map(|()| case.next().unwrap_or_default());
        let [field, default] = [cells[2].trim_matches('`'), cells[3]].map(str::to_owned);
        let verdict = verdict.split_once(": ").unwrap_or_default();
        assert!(wrong.is_empty() || verdict.0 == cells[4].trim_matches('`'), "{own}: {cells:?}");
        Self { name: own.to_owned(), field, default, example, gives, wrong, verdict }
    }
}

/// Reads the rows of the table. The row of a variable for OTLP is followed by one for each signal.
pub(crate) fn rows() -> Vec<Row> {
    let mut lines = Vec::new();
    for line in include_str!("../../../docs/configuration.md").lines() {
        if !line.starts_with("| `OTEL_") && !line.starts_with("| `FLOE_") {
            continue;
        }

        lines.push(line.to_owned());
        if let Some((setting, field)) = setting_of_otlp(line) {
            for signal in ["TRACES", "METRICS", "LOGS"] {
                let own_field = match field {
                    "" => String::new(),
                    field => format!("otlp.{}.{field}", signal.to_lowercase()),
                };

                let general = format!("OTEL_EXPORTER_OTLP_{setting}");
                let own = format!("OTEL_EXPORTER_OTLP_{signal}_{setting}");
                let invalid = line.split(" |").nth(4).unwrap();
                lines.push(format!(
                    "| `{own}` | one signal | `{own_field}` | `{general}` |{invalid} |"
                ));
            }
        }
    }

    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let cells = line.split(" |").map(|cell| cell.trim_start_matches('|').trim());
            Row::new(&cells.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(rows.len(), CASES.lines().count());
    rows
}

/// Returns the end of the name of a variable for OTLP, and of its field.
fn setting_of_otlp(line: &str) -> Option<(&str, &str)> {
    let (setting, rest) = line.strip_prefix("| `OTEL_EXPORTER_OTLP_")?.split_once('`')?;
    let path = rest.split(" |").nth(2)?.trim().trim_matches('`');
    let field = path.trim_start_matches("otlp.all.").trim_start_matches("otlp_");
    (!setting.starts_with("METRICS_")).then_some((setting, field))
}

fn child() {
    let mut config = TelemetryConfig::new("from-code");
    match config.apply_env() {
        Ok(()) => {
            let mut written = serde_json::to_value(&config).unwrap();
            written["effective"] = effective(&config);
            println!("child: {written}\n{config}");
        }
        Err(error) => println!("child: error: {error}"),
    }
}

/// Returns the effective values of fields that may be unset.
fn effective(config: &TelemetryConfig) -> Value {
    let sampling = &config.sampling;
    let service = TelemetryConfig::from_env().unwrap().resource_attributes;
    let mut effective = json!({
        "sampling.sampler": [config.sampling_ratio(), sampling.is_parent_based()],
        "sampling.sampler_arg": config.sampling_ratio(),
        "resource_attributes.service_name": service.service_name,
    });

    for (section, signal) in [
        ("all", Signal::Traces),
        ("traces", Signal::Traces),
        ("metrics", Signal::Metrics),
        ("logs", Signal::Logs),
    ] {
        let timeout = u64::try_from(config.otlp.timeout(signal).as_millis()).unwrap();
        let compression = json!(config.otlp.compression(signal));
        effective[format!("otlp.{section}.timeout_millis")] = timeout.into();
        effective[format!("otlp.{section}.compression")] = compression;
    }
    effective
}

/// Returns the configuration, the warnings, and the configuration with the source of each value.
fn run(program: &Program, variables: &[(&str, &str)]) -> (String, Vec<String>, String) {
    let (stdout, stderr) = program.run(variables);
    assert!(!stdout.contains("hunter2"));
    assert!(!stderr.contains("hunter2"));
    let (_, output) = stdout.split_once("child: ").unwrap_or_else(|| panic!("{stdout}{stderr}"));
    let (output, explained) = output.split_once('\n').unwrap();
    let warnings = stderr.lines().filter(|line| line.starts_with("warning: "));
    (output.to_owned(), warnings.map(str::to_owned).collect(), explained.to_owned())
}

fn field(config: &str, path: &str) -> Value {
    let config: Value = serde_json::from_str(config).unwrap_or_else(|_| panic!("{config}"));
    path.split('.').fold(config, |value, key| value[key].clone())
}

#[test]
fn each_row_of_the_table_holds() {
    let program = program!({ child() });
    let rows = rows();
    let folder = tempfile::tempdir().unwrap();
    for name in ["ca.pem", "me.pem", "me.key"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }

    let files = format!("{}/", folder.path().display());
    let (unset, ..) = run(&program, &[]);
    for row in &rows {
        let companions = COMPANIONS
            .iter()
            .find(|(name, _)| *name == row.name)
            .map_or(&[][..], |(_, variables)| variables);
        let with = |value: &str| {
            let mut variables = companions.to_vec();
            // A certificate requires its key, and a key its certificate.
            for (one, other) in
                [("CLIENT_KEY", "CLIENT_CERTIFICATE"), ("CLIENT_CERTIFICATE", "CLIENT_KEY")]
            {
                if let Some(prefix) = row.name.strip_suffix(&format!("_{one}")) {
                    let other = format!("{prefix}_{other}");
                    return run(
                        &program,
                        &[(&*row.name, value), (&other, &format!("{files}me.key"))],
                    );
                }
            }

            variables.push((&*row.name, value));
            run(&program, &variables)
        };

        if !row.example.is_empty() {
            // A variable must name a file that exists.
            let here = |text: &str| text.replace("/etc/", &files);
            let (output, warnings, explained) = with(&here(row.example));
            let found = field(&output, &row.field);
            let gives = here(row.gives);
            assert_eq!(found, serde_json::from_str::<Value>(&gives).unwrap(), "{}", row.name);
            assert_ne!(found, field(&unset, &row.field), "{}", row.name);
            assert_eq!(warnings, Vec::<String>::new(), "{}", row.name);
            assert_named(&explained, row);
        }

        the_default_holds(&program, row, &rows, &run(&program, companions).0, |value| {
            with(value).0
        });

        // A blank value counts as unset.
        assert_eq!(with(" ").0, with("").0, "{}", row.name);
        if row.wrong.is_empty() {
            continue;
        }

        let wrong = row.wrong.replace("{129}", &"n".repeat(129));
        let (output, warnings, _) = with(&wrong);
        let (verdict, words) = row.verdict;
        match verdict {
            // See `left_out.rs`.
            "left out" => continue,
            "ignored" => assert_eq!(output, run(&program, companions).0, "{}", row.name),
            instead => assert_eq!(field(&output, &row.field), instead, "{}", row.name),
        }
        let [warning] = &*warnings else { panic!("{}: {warnings:?}", row.name) };
        assert!(warning.starts_with(&format!("warning: {}: ", row.name)), "{warning}");
        assert!(warning.contains(words), "{warning}");
    }

    the_code_reads_no_other_variable(&rows);
}

/// Checks that the variable is the source of its field.
fn assert_named(explained: &str, row: &Row) {
    let source = format!(" (`{}`", row.name);
    let is_of = |line: &str| line.starts_with(&row.field) && line.contains(&source);
    assert!(explained.lines().any(is_of), "{explained}");
}

/// Checks the documented default of a variable: a value that means the same as no value, another variable whose value
/// applies instead, or `none`, which leaves the field empty. `unset` is the configuration without the variable.
fn the_default_holds(
    program: &Program,
    row: &Row,
    rows: &[Row],
    unset: &str,
    with: impl Fn(&str) -> String,
) {
    let name = &*row.name;
    let path = &*row.field;
    let effective = |config: &str| field(config, "effective")[path].clone();
    let Some((value, words)) = row.default.strip_prefix('`').and_then(|it| it.split_once('`'))
    else {
        assert!(row.default.starts_with("none"), "{name}: {}", row.default);
        let value = field(unset, path);
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
        assert!(path.is_empty() || value.is_null() || is_empty, "{name}: {value}");
        return;
    };

    if value.starts_with("OTEL_") {
        // `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` has the default `OTEL_EXPORTER_OTLP_TIMEOUT`.
        let signal = path.split('.').nth(1).unwrap_or_default().to_uppercase();
        if !signal.is_empty() {
            assert_eq!(name.replace(&format!("_{signal}_"), "_"), value, "{name}");
            assert_eq!(field(unset, path), Value::Null, "{name}");
        }

        assert!(rows.iter().any(|row| row.name == value), "{name}");
        let (general, ..) = run(program, &[(value, row.example)]);
        assert_eq!(effective(&general), effective(&with(row.example)), "{name}");
    } else if let Some((before, _)) = value.split_once("<executable>") {
        let path = std::env::current_exe().unwrap();
        let executable = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(effective(unset), format!("{before}{executable}"), "{name}");
    } else if !effective(unset).is_null() {
        assert_eq!(effective(&with(value)), effective(unset), "{name}");
    } else if words.is_empty() {
        assert_eq!(with(value), unset, "{name}");
    } else {
        assert_eq!(field(&with(value), path), field(unset, path), "{name}");
    }
}

/// Checks that each variable in `config/env.rs` has a row, and counts the rows whose names this file composes.
fn the_code_reads_no_other_variable(rows: &[Row]) {
    let named: BTreeSet<_> = rows.iter().map(|row| &*row.name).collect();
    assert_eq!(named.len(), rows.len(), "a variable has two rows");
    let mut found = 0;
    let source = include_str!("../../../crates/sdk/src/config/env.rs");
    for word in
        source.split('"').filter(|word| word.starts_with("OTEL_") || word.starts_with("FLOE_"))
    {
        if !word.contains('{') {
            assert!(named.contains(word), "{word} is not in the table");
            found += 1;
        }
    }
    assert!(found >= 25, "{found}");
    assert_eq!(
        rows.iter().filter(|row| row.name.starts_with("OTEL_EXPORTER_OTLP_")).count(),
        // Two variables exist for metrics only.
        4 * 9 + 2
    );
}

/// Each line has variables, fields with their values, and a part of each warning.
const COMBINATIONS: &str = include_str!("../../variables.jsonl");

#[test]
fn usable_values_are_used_and_others_are_warnings() {
    type Combination = (BTreeMap<String, String>, BTreeMap<String, Value>, Vec<String>);

    let program = program!({ child() });
    for line in COMBINATIONS.lines() {
        let (variables, fields, expected): Combination = serde_json::from_str(line).unwrap();
        let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let (output, mut warnings, _) = run(&program, &variables);
        for (path, value) in fields {
            assert_eq!(field(&output, &path), value, "{path}: {line}");
        }

        warnings.sort_unstable();
        assert_eq!(warnings.len(), expected.len(), "{line}: {warnings:?}");
        for (warning, words) in warnings.iter().zip(expected) {
            assert!(warning.contains(&words), "{warning}");
        }
    }
}
