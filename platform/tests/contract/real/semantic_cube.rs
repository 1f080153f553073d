//! Cube's schema compiler accepts the models, and the SQL that it generates runs on their tables.

use std::process::Command;

use floe_plugin::Handle;
use floe_plugin::compute::{Materialize, QueryEngine};
use floe_plugin::product::{Model, Product, Source};
use floe_plugin::quality::Check;
use floe_plugin::semantic::SemanticLayer;
use floe_plugin::table::{Column, ColumnType};
use serde_json::json;

use super::process::{place, script};
use crate::{Rows, with};

/// A query with columns that have the name of the measure `count`, a name that Cube refuses, and a reference in braces.
const SQL: &str = "SELECT 7 AS customer_id, 1.5 AS revenue, 3 AS count, 'a' AS \"big part\", \
                   4 AS order_id, '2024-01-31' AS since, 'x' AS \"a{b}\"";

#[test]
fn cube_compiles_the_models_and_its_sql_runs_on_their_tables() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("warehouse.db");
    let create = |engine: &Handle<dyn QueryEngine>| engine.create_database(&database);
    let mut warehouse = with("sqlite", json!({}), create).unwrap();
    let table = Materialize { name: "customers", is_view: false, sql: SQL };
    warehouse.materialize(&table).unwrap();
    let columns = [
        ("customer_id", ColumnType::Integer),
        ("revenue", ColumnType::Real),
        ("count", ColumnType::Integer),
        ("big part", ColumnType::Text),
        ("order_id", ColumnType::Integer),
        ("since", ColumnType::Text),
        ("a{b}", ColumnType::Text),
    ];
    let checks = [Check::Unique("customer_id".to_owned())];
    let product = Product {
        sources: vec![Source {
            columns: vec![Column { name: "since", kind: ColumnType::Date }],
            ..Source::default()
        }],
        models: vec![Model {
            name: "customers",
            layer: "gold",
            checks: &checks,
            columns: columns.map(|(name, kind)| Column { name, kind }).to_vec(),
            ..Model::default()
        }],
        ..Product::default()
    };
    let models = folder.path().join("semantic");
    with::<dyn SemanticLayer, _>("cube", json!({}), |it| it.sync(&product, &models)).unwrap();

    let mut node = Command::new("node");
    node.arg(script("cube_models.mjs")).arg(place).arg(models);
    let output = node.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    // Before the result, Cube prints a warning about its planner.
    let printed = String::from_utf8(output.stdout).unwrap();
    let last = printed.lines().next_back().unwrap();
    let compiled: serde_json::Value = serde_json::from_str(last).unwrap();
    let compiled = &compiled[0];
    assert_eq!(
        compiled["dimensions"],
        json!([
            "customers.customer_id number",
            "customers.revenue number",
            "customers.count number",
            "customers.big_part string",
            "customers.order_id number",
            "customers.since time",
        ])
    );
    assert_eq!(compiled["measures"], json!(["customers.count_2 count"]));
    let mut rows = Rows::default();
    warehouse.query(compiled["sql"].as_str().unwrap(), &mut rows).unwrap();
    assert_eq!(rows.0.len(), 1, "{:?}", rows.0);
}
