//! The audit of the program's own plugins, which each compilation runs.

use std::collections::BTreeSet;

use floe::artifacts::CompiledArtifacts;
use floe_plugin::registry;
use floe_telemetry::callsite;
use serde_json::json;

use crate::product::Product;
use crate::spans_of;

#[test]
fn each_plugin_has_a_tracer() {
    let warnings = floe_plugin::audit().unwrap();
    assert_eq!(warnings, []);
    let plugins = registry::discover().unwrap();
    let names: BTreeSet<_> = plugins.iter().map(|linked| linked.plugin().name()).collect();
    for name in ["sqlite", "csv", "local", "sql", "env", "file", "terminal", "console"] {
        assert!(names.contains(name), "{names:?}");
    }
}

#[test]
fn each_tracer_follows_the_naming_rule_or_has_the_name_of_the_crate() {
    let functions = callsite::all().map(callsite::CallSite::scope_name);
    let tracers = callsite::tracers().map(callsite::Scope::name);
    let names: BTreeSet<_> = functions.chain(tracers).collect();
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
fn artifacts_contain_the_audit_and_keep_the_warnings_of_another_platform() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let path = product.path(".floe/compiled_artifacts.json");
    let text = product.json(".floe/compiled_artifacts.json");
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
