//! What the program says of itself: what is instrumented, and that all of its plugins are.

use floe::artifacts::CompiledArtifacts;
use serde_json::{Value, json};

use crate::product::{Product, program};

fn audit() -> Value {
    let said = program(&["audit", "--json"], &[]);
    said.assert_ok();
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn each_plugin_is_instrumented_or_keeps_telemetry() {
    let audit = audit();
    assert_eq!(audit["warnings"], json!([]));
    let plugins = audit["plugins"].as_array().unwrap();
    for plugin in plugins {
        let keeps_telemetry = plugin["type"] == "telemetry_backend";
        assert_eq!(plugin["tracer_name"].is_null(), keeps_telemetry, "{plugin}");
        assert!(!plugin["description"].as_str().unwrap().is_empty());
    }
    let names: Vec<_> = plugins
        .iter()
        .map(|plugin| plugin["name"].as_str().unwrap())
        .collect();
    for name in ["sqlite", "csv", "local", "console", "jaeger", "otlp"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn each_function_says_where_it_is_and_what_it_records() {
    let audit = audit();
    let functions = audit["functions"].as_array().unwrap();
    let stages = functions
        .iter()
        .filter(|function| function["span"].as_str().unwrap().contains("compile.stage"));
    assert_eq!(stages.count(), 6);
    let read = functions
        .iter()
        .find(|function| function["span"] == "dagster.io.read")
        .unwrap();
    assert_eq!(read["function"], "floe::pipeline::source::read");
    assert_eq!(read["kind"], "internal");
    assert_eq!(read["file"], "platform/src/pipeline/source.rs");
    assert_eq!(read["attributes"], json!(["file.path"]));
    assert!(read["line"].as_u64().unwrap() > 1);
}

#[test]
fn the_table_has_a_line_for_each_function() {
    let said = program(&["audit"], &[]);
    said.assert_ok();
    let lines: Vec<_> = said.stdout.lines().collect();
    assert!(lines[0].starts_with("SPAN  "), "{}", said.stdout);
    let functions = audit()["functions"].as_array().unwrap().len();
    let plugins = audit()["plugins"].as_array().unwrap().len();
    assert_eq!(lines[functions + 1], "");
    assert_eq!(
        *lines.last().unwrap(),
        format!("{functions} annotated functions, {plugins} plugins, 0 warnings")
    );
    // Each column begins at the same place in every line.
    let column = lines[0].find("KIND").unwrap();
    assert!(
        lines[1..=functions]
            .iter()
            .all(|line| line[column..].starts_with("internal "))
    );
}

#[test]
fn the_audit_of_the_platform_is_in_the_artifacts() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let path = product.path(".floe/compiled_artifacts.json");
    let text: Value = serde_json::from_str(&product.read(".floe/compiled_artifacts.json")).unwrap();
    assert_eq!(text["instrumentation"], json!([]));
    // Another platform's audit is read as it is.
    let warning = json!([{
        "plugin_type": "compute",
        "plugin_name": "duckdb",
        "gap": "no_tracer_name",
        "suggestion": "annotate it",
    }]);
    let mut other = text;
    other["instrumentation"] = warning;
    product.write(".floe/compiled_artifacts.json", &other.to_string());
    let artifacts = CompiledArtifacts::read(&path).unwrap();
    assert_eq!(artifacts.instrumentation[0].plugin_name, "duckdb");
}
