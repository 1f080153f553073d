//! `dbt-core` itself, on `DuckDB`.

use std::fs;
use std::path::Path;

use floe_plugin::ErrorKind;
use floe_plugin::compute::DbtEngine;
use floe_plugin::dbt::{BuiltNode, CommandRun, DbtCommand, NodeStatus};
use floe_telemetry::testing;
use serde_json::json;
use tempfile::TempDir;

use super::process::place;
use crate::dbt_core::{project_in, run_in};
use crate::with;

/// Returns a project with a seed, a model, a test of that model, and the profile that the compute plugin writes.
fn project(model: &str, test: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shop.duckdb");
    let profile = with::<dyn DbtEngine, _>("duckdb", json!({}), |engine| {
        engine.validate_connection(&database).unwrap();
        engine.generate_profile(&database, "dev").unwrap()
    });
    let profile = json!({ "shop": { "target": "dev", "outputs": { "dev": profile } } });
    for (path, text) in [
        ("dbt_project.yml", "name: shop\nversion: 1.0.0\nprofile: shop\n"),
        // JSON is valid YAML.
        ("profiles.yml", &*profile.to_string()),
        ("seeds/orders.csv", "id\n1\n2\n3\n"),
        ("models/totals.sql", model),
        (
            "models/schema.yml",
            &*format!(
                "models: [{{ name: totals, columns: [{{ name: orders, data_tests: [{test}] }}] }}]\n"
            ),
        ),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, command: DbtCommand) -> CommandRun {
    run_in("core", &place().join("venv/bin/dbt"), command, &project_in(folder))
}

const TOTALS: &str =
    "{{ config(materialized='table') }} select count(*) as orders from {{ ref('orders') }}";

fn statuses(nodes: &[BuiltNode]) -> Vec<(&str, &str, NodeStatus)> {
    let mut all: Vec<_> =
        nodes.iter().map(|it| (&*it.resource_type, &*it.name, it.status)).collect();
    all.sort_unstable_by_key(|(kind, ..)| *kind);
    all
}

#[test]
fn dbt_builds_and_tests_a_project() {
    let folder = project(TOTALS, "not_null");
    let mut ran = None;
    let spans = testing::capture(|| ran = Some(run(folder.path(), DbtCommand::Build)));
    let CommandRun { nodes, outcome, .. } = ran.unwrap();
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.models_run, outcome.tests_run, outcome.failures),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(
        statuses(&nodes),
        [
            ("model", "totals", NodeStatus::Built),
            ("seed", "orders", NodeStatus::Built),
            ("test", "not_null_totals_orders", NodeStatus::Built),
        ]
    );
    let of = |name: &str| nodes.iter().find(|it| it.name == name).unwrap();
    assert_eq!(of("totals").reads, ["orders"]);
    assert!(of("totals").sql.as_ref().unwrap().contains("count(*)"));
    assert_eq!(of("not_null_totals_orders").reads, ["totals"]);
    assert_eq!(of("orders").rows, Some(3));
    let span = spans.single("dbt.build").assert_ok();
    span.assert_attribute("dbt.models_run", 1).assert_attribute("dbt.target", "dev");
    spans.single("dbt.model.totals").assert_ok().assert_child_of("dbt.build");
}

#[test]
fn a_test_that_fails_and_a_query_that_is_wrong_are_errors() {
    let failing = "{accepted_values: {arguments: {values: [4]}}}";
    let CommandRun { nodes, outcome, .. } = run(project(TOTALS, failing).path(), DbtCommand::Build);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(nodes.iter().any(|it| it.is_test() && it.status == NodeStatus::Failed), "{nodes:?}");

    let wrong = "{{ config(materialized='table') }} select cast('password=hunter2' as integer) as orders from {{ ref('orders') }}";
    let CommandRun { nodes, outcome, .. } =
        run(project(wrong, "not_null").path(), DbtCommand::Build);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("model.shop.totals"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let of = |name: &str| nodes.iter().find(|it| it.name == name).unwrap().status;
    assert_eq!(of("totals"), NodeStatus::Failed);
    assert_eq!(of("not_null_totals_orders"), NodeStatus::Skipped);
}

#[test]
fn a_project_that_does_not_parse_is_one_error() {
    let folder = project("select * from {{ ref('no_such_model') }}", "not_null");
    let error = run(folder.path(), DbtCommand::Run).outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(error.to_string().contains("no_such_model"), "{error}");
}
