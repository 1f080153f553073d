//! The spans of a run: one tree, with the attributes of each compiler stage and each asset.

use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing::{self, Spans};

use crate::product::Product;

const STAGES: [&str; 6] = [
    "load", "validate", "resolve", "enforce", "compile", "generate",
];

/// The spans of a run, and its id.
fn run(product: &Product) -> (Spans, String) {
    let run_id = RunId::new();
    let (identity, _) = Identity::read(&product.path(""), None, None).unwrap();
    let spans = testing::capture(|| pipeline::run(&identity, &run_id));
    (spans, run_id.to_string())
}

#[test]
fn a_run_is_one_tree_that_begins_with_the_compilation() {
    let product = Product::shop();
    let (spans, run_id) = run(&product);
    spans
        .single("floe.pipeline.run")
        .assert_ok()
        .assert_root()
        .assert_attribute("floe.pipeline.run_id", run_id.as_str())
        .assert_attribute("floe.pipeline.name", "shop")
        .assert_attribute("floe.pipeline.trigger", "manual");
    spans
        .single("floe.compile")
        .assert_ok()
        .assert_child_of("floe.pipeline.run")
        .assert_attribute(
            "floe.spec_path",
            product.path("floe.yaml").to_str().unwrap(),
        )
        .assert_attribute(
            "floe.manifest_path",
            product.path("manifest.yaml").to_str().unwrap(),
        )
        .assert_attribute("floe.artifacts_version", floe::artifacts::VERSION)
        .assert_attribute("compile.operation", "compile");
    for (index, stage) in STAGES.into_iter().enumerate() {
        spans
            .single(&format!("floe.compile.stage{}", index + 1))
            .assert_ok()
            .assert_child_of("floe.compile")
            .assert_attribute("floe.compile.stage", stage)
            .assert_attribute("compile.operation", stage);
    }
    // One source with a read, and two models with a write each.
    assert_eq!(spans.names().len(), 2 + STAGES.len() + 6, "{spans}");
}

#[test]
fn each_asset_span_has_the_key_and_the_row_count_of_the_asset() {
    let (spans, run_id) = run(&Product::shop());
    for (key, rows) in [("orders", 2), ("stg_orders", 2), ("totals", 1)] {
        let rows_key = match key {
            "orders" => "ingestion.rows_loaded",
            _ => "floe.transform.rows_affected",
        };
        spans
            .single(&format!("dagster.asset.{key}"))
            .assert_ok()
            .assert_child_of("floe.pipeline.run")
            .assert_attribute("dagster.asset_key", key)
            .assert_attribute("dagster.step_key", key)
            .assert_attribute("dagster.run_id", run_id.as_str())
            .assert_attribute("dagster.asset.status", "success")
            .assert_attribute("orchestrator.operation", "asset")
            .assert_attribute("db.system.name", "sqlite")
            .assert_attribute(rows_key, rows);
    }
    spans
        .single("dagster.asset.orders")
        .assert_attribute("ingestion.operation", "load")
        .assert_attribute("ingestion.source_type", "csv")
        .assert_attribute("ingestion.destination_table", "orders")
        .assert_attribute("ingestion.success", true);
    spans
        .single("dagster.io.read")
        .assert_child_of("dagster.asset.orders");
    spans
        .single("dagster.asset.totals")
        .assert_attribute("floe.transform.model", "totals")
        .assert_attribute("floe.transform.layer", "gold")
        .assert_attribute("floe.transform.materialization", "table");
    let writes: Vec<_> = spans
        .named("dagster.io.write")
        .map(|span| span.assert_ok())
        .collect();
    assert_eq!(writes.len(), 2);
}

#[test]
fn a_failing_model_fails_the_root_span_and_its_dependents_are_skipped() {
    let product = Product::shop();
    product.write(
        "models/stg_orders.sql",
        "SELECT price FROM {{ source('orders') }}",
    );
    let (spans, _) = run(&product);
    let file = product.path("models/stg_orders.sql");
    let error = format!("{}:1: no such column: price", file.display());
    spans
        .single("dagster.io.write")
        .assert_error(&error)
        .assert_child_of("dagster.asset.stg_orders");
    spans
        .single("dagster.asset.stg_orders")
        .assert_error(&error)
        .assert_attribute("dagster.asset.status", "failed");
    spans
        .single("dagster.asset.totals")
        .assert_ok()
        .assert_child_of("floe.pipeline.run")
        .assert_attribute("dagster.asset.status", "skipped")
        .assert_attribute("dagster.asset.missing", "stg_orders");
    spans
        .single("floe.pipeline.run")
        .assert_error("1 of 3 assets failed");
}

#[test]
fn a_credential_in_a_query_is_in_no_span() {
    let product = Product::shop();
    product.write("models/totals.sql", "SELECT \"password=hunter2\" AS a");
    let (spans, _) = run(&product);
    assert!(!spans.to_string().contains("hunter2"), "{spans}");
    for span in spans.iter() {
        let text = format!("{:?} {:?}", span.status(), span.events());
        assert!(!text.contains("hunter2"), "{text}");
    }
}
