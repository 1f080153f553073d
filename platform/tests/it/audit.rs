//! `floe audit`: the functions, tracers and plugins of the program.

use std::collections::BTreeSet;

use floe::artifacts::CompiledArtifacts;
use serde_json::{Value, json};

use crate::product::{Product, program};
use crate::spans_of;

fn audit() -> Value {
    let output = program(&["audit", "--json"], &[]);
    output.assert_ok();
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn each_plugin_has_a_tracer() {
    let audit = audit();
    assert_eq!(audit["warnings"], json!([]));
    let tracers = audit["tracers"].as_array().unwrap();
    let plugins = audit["plugins"].as_array().unwrap();
    let mut names = Vec::new();
    for plugin in plugins {
        names.push(plugin["name"].as_str().unwrap());
        assert!(!plugin["description"].as_str().unwrap().is_empty());
        if plugin["type"] == "telemetry_backend" {
            assert!(plugin["tracer_name"].is_null(), "{plugin}");
            continue;
        }
        assert!(
            tracers.iter().any(|tracer| tracer["name"] == plugin["tracer_name"]),
            "there is no tracer of {plugin}"
        );
    }
    for name in
        ["sqlite", "csv", "local", "sql", "env", "file", "terminal", "console", "jaeger", "otlp"]
    {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn each_tracer_follows_the_naming_rule_or_has_the_name_of_the_crate() {
    let audit = audit();
    let functions = audit["functions"].as_array().unwrap().iter();
    let tracers = audit["tracers"].as_array().unwrap().iter();
    let names: BTreeSet<_> = functions
        .map(|function| function["tracer"].as_str().unwrap())
        .chain(tracers.map(|tracer| tracer["name"].as_str().unwrap()))
        .collect();
    for name in &names {
        let is_of_domain = name.starts_with("floe.") && name.matches('.').count() == 2;
        assert!(is_of_domain || *name == "floe", "{name}");
    }
    assert!(names.len() > 4, "{names:?}");
}

#[test]
fn the_tracer_of_each_embedded_plugin_is_the_scope_of_a_span_of_a_run() {
    let product = Product::demo("customer-360");
    let spans = spans_of(&product);
    let scopes: BTreeSet<_> = spans.iter().map(|span| span.scope().to_owned()).collect();
    let expected: BTreeSet<_> = [
        // The compiler is not a plugin; its spans have the scope of the crate.
        "floe",
        "floe.alert.terminal",
        "floe.compute.sqlite",
        "floe.ingestion.csv",
        "floe.lineage.file",
        "floe.orchestrator.local",
        "floe.quality.sql",
        "floe.secrets.env",
        "floe.storage.local",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(scopes, expected);
}

#[test]
fn each_function_is_listed_with_its_place_and_its_attributes() {
    let audit = audit();
    let functions = audit["functions"].as_array().unwrap();
    let stages = functions
        .iter()
        .filter(|function| function["span"].as_str().unwrap().contains("compile.stage"));
    assert_eq!(stages.count(), 6);
    let write =
        functions.iter().find(|function| function["span"] == "floe.input.generate").unwrap();
    assert_eq!(write["function"], "floe::pipeline::source::generate");
    assert_eq!(write["kind"], "internal");
    assert_eq!(write["tracer"], "floe.orchestrator.local");
    assert_eq!(write["file"], "platform/src/pipeline/source.rs");
    assert_eq!(write["attributes"], json!(["file.path"]));
    assert!(write["line"].as_u64().unwrap() > 1);
}

#[test]
fn the_table_has_a_line_for_each_function() {
    let output = program(&["audit"], &[]);
    output.assert_ok();
    let lines: Vec<_> = output.stdout.lines().collect();
    assert!(lines[0].starts_with("SPAN  "), "{}", output.stdout);
    let functions = audit()["functions"].as_array().unwrap().len();
    let plugins = audit()["plugins"].as_array().unwrap().len();
    assert_eq!(lines[functions + 1], "");
    assert_eq!(
        *lines.last().unwrap(),
        format!("{functions} annotated functions, {plugins} plugins, 0 warnings")
    );
    // A column starts at the same position in every line.
    let column = lines[0].find("KIND").unwrap();
    assert!(lines[1..=functions].iter().all(|line| line[column..].starts_with("internal ")));
}

#[test]
fn artifacts_contain_the_audit_and_keep_the_warnings_of_another_platform() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let path = product.path(".floe/compiled_artifacts.json");
    let text: Value = serde_json::from_str(&product.read(".floe/compiled_artifacts.json")).unwrap();
    assert_eq!(text["instrumentation"], json!([]));
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
