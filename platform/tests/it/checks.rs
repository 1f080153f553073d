//! Checks of every kind on sources and models: the errors of the compilation, and the report of a run with a failing
//! check.

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing;
use serde_json::{Value, json};

use crate::product::{Output, Product};
use crate::spans_of;

/// Returns a product with the sources `customers` and `orders`, and with models of each.
fn shop() -> Product {
    let product = Product::shop();
    product.write(
        "floe.yaml",
        "\
name: shop
version: 1.0.0
sources:
  - name: customers
    path: data/customers.csv
    columns: [{ name: id, type: integer }, { name: email, type: text }]
  - name: orders
    path: data/orders.csv
    columns:
      - { name: order_id, type: integer }
      - { name: customer_id, type: integer }
      - { name: paid_at, type: text }
    checks: []
models:
  - name: big
    layer: gold
    checks: []
  - name: names
    layer: silver
  - name: stg_orders
    layer: bronze
",
    );
    product.write("data/customers.csv", "id,email\n1,ann@example.com\n2,\n");
    product.write(
        "data/orders.csv",
        "order_id,customer_id,paid_at\n10,1,2020-01-31 08:00:00\n11,7,\n12,,\n12,8,2019-05-05\n",
    );
    product.write("models/names.sql", "SELECT id FROM {{ source('customers') }}");
    product.write("models/big.sql", "SELECT order_id FROM {{ ref('stg_orders') }}");
    product.write("models/stg_orders.sql", "SELECT * FROM {{ source('orders') }}");
    product.remove("models/totals.sql");
    product
}

fn of_source(checks: &str) -> Product {
    let product = shop();
    product.replace("floe.yaml", "checks: []", &format!("checks: [{checks}]"));
    product
}

fn of_model(checks: &str) -> Product {
    let product = shop();
    let gold = "layer: gold\n    checks: []";
    product.replace("floe.yaml", gold, &format!("layer: gold\n    checks: [{checks}]"));
    product
}

fn results(product: &Product, asset: &str) -> Value {
    let results = product.read(".floe/run_results.json");
    let results: Value = serde_json::from_str(&results).unwrap();
    let assets = results["assets"].as_array().unwrap();
    assets.iter().find(|it| it["key"] == *asset).unwrap().clone()
}

#[track_caller]
fn assert_contains(output: &Output, texts: &[&str]) {
    for text in texts {
        assert!(output.stderr.contains(text), "{text}\n{}", output.stderr);
    }
}

#[test]
fn a_check_of_a_source_that_fails_fails_its_branch_only() {
    let product = of_source("{ not_null: order_id }, { not_null: customer_id }");
    let output = product.run();
    output.assert_code(1);
    let failed = "the check `not_null_customer_id` of `orders` failed: 1 row";
    assert_contains(
        &output,
        &[
            "shop 1.0.0 (dev) · 3 models and 2 sources, 2 checks\n",
            &format!("alert: error: FloeQualityCheckFailed: {failed}\n"),
            &format!("  ✗ orders     {{dir}}/floe.yaml:13:38: {failed}\n"),
            "  ↷ stg_orders needs orders\n",
            "  ✓ names ",
            "1 model and 1 source built, 1 failed, 2 skipped · 1 check passed, 1 failed · ",
            &format!(
                "failed   orders  {{dir}}/floe.yaml:13:38: {failed}\n                 `not_null_customer_id`: SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL\n"
            ),
        ],
    );
    let found = results(&product, "orders");
    assert_eq!(found["status"], "failed");
    assert_eq!(found["checks_passed"], 1);
    assert_eq!(found["checks_failed"], 1);
    assert_eq!(
        found["failed_checks"],
        json!([{ "name": "not_null_customer_id", "query": "SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL" }])
    );
}

#[test]
fn the_checks_of_a_source_have_the_spans_of_those_of_a_model() {
    let product = of_source("{ not_null: order_id }, { not_null: customer_id }");
    let spans = spans_of(&product);
    spans
        .single("quality.run_checks")
        .assert_child_of("floe.asset.orders")
        .assert_error("the check `not_null_customer_id` of `orders` failed: 1 row")
        .assert_attribute("quality.suite_name", "shop.orders")
        .assert_attribute("quality.fail_count", 1);
    let checks: Vec<_> = spans.named("quality.check").collect();
    let query = "SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL";
    checks[0].assert_ok().assert_no_attribute("db.query.text");
    checks[1].assert_child_of("quality.run_checks").assert_attribute("db.query.text", query);
}

#[test]
fn a_run_reads_the_specification_and_the_manifest_once() {
    let product = of_source("{ not_null: customer_id }");
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    product.write("floe.yaml", "changed: [");
    product.write("manifest.yaml", "changed: [");
    let error = pipeline::run(&definition, &RunId::new()).unwrap_err();
    let failed = error.report().unwrap().to_string();
    // The error names the place in the specification as it was before the change.
    assert!(failed.contains("floe.yaml:13:"), "{failed}");
}

#[test]
fn a_mistake_in_the_checks_is_found_when_they_are_compiled_with_its_place() {
    for (checks, place, message) in [
        (
            "{ not_null: custmer_id }",
            "13:14",
            "`not_null` checks the column `custmer_id`, which `orders` does not have; did you mean `customer_id`?",
        ),
        (
            "{ freshness: { column: paid_at, max_age: 24h } }",
            "13:16",
            "checks.0.freshness: expected `not_null`, `unique` or `row_count`, found `freshness`",
        ),
    ] {
        let output = of_source(checks).floe("compile", &[], &[]);
        output.assert_code(2);
        output.assert_says(&format!("{{dir}}/floe.yaml:{place}: "));
        assert!(output.stderr.contains(message), "{message}\n{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
}

#[test]
fn a_check_that_cannot_run_fails_beside_the_others() {
    let product = of_model("{ row_count: 9 }, { not_null: customer }, { not_null: order_id }");
    // The comment makes the query invalid inside another query, so its columns are not known before it runs.
    product.write("models/big.sql", "SELECT order_id FROM {{ ref('stg_orders') }}; -- all");
    let output = product.run();
    assert_eq!(output.code, Some(1), "{output:?}");
    let error = "  ✗ big        {dir}/floe.yaml:17:32: `not_null` checks the column `customer`, which `big` does not have; it has `order_id`\n";
    assert_contains(&output, &[error]);
    product.append("manifest.yaml", "plugins: { quality: { type: sql, on_failure: continue } }\n");
    let output = product.run();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_contains(
        &output,
        &["the check `not_null_customer` of `big` could not run: `not_null` checks"],
    );
    let big = results(&product, "big");
    assert_eq!((&big["checks_passed"], &big["checks_failed"]), (&json!(1), &json!(2)));
    let spans = spans_of(&product);
    let failed = |name: &str, message: &str| {
        let mut checks = spans.named("quality.check");
        let is_named = |it: &testing::CapturedSpan<'_>| {
            let found = it.attribute("quality.check_name");
            found.is_some_and(|it| it.as_str() == name)
        };
        let check = checks.find(is_named);
        check.unwrap().assert_error(message);
    };
    failed(
        "not_null_customer",
        "the check `not_null_customer` of `big` could not run: no such column: \"customer\" - should this be a string literal in single-quotes?",
    );
    failed("row_count", "the check `row_count` of `big` failed: found 4 rows, expected at least 9");
}

#[test]
fn the_query_of_a_check_that_is_tolerated_is_in_the_summary_and_the_results() {
    let product = of_source("{ not_null: customer_id }");
    product.append("manifest.yaml", "plugins: { quality: { type: sql, on_failure: continue } }");
    let output = product.run();
    output.assert_code(0);
    let query = "SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL";
    assert_contains(
        &output,
        &[
            "  1 of 1 check failed\n",
            &format!("\nchecks   orders  `not_null_customer_id`: {query}\n"),
        ],
    );
    assert_eq!(results(&product, "orders")["failed_checks"][0]["query"], query);
    // A quiet run prints only the error, and no summary.
    product.replace("manifest.yaml", ", on_failure: continue", "");
    let output = product.floe("run", &["-q"], &[]);
    let error = "error: {dir}/floe.yaml:13:14: the check `not_null_customer_id` of `orders` failed: 1 row\n";
    assert_contains(&output, &[&format!("{error}         `not_null_customer_id`: {query}\n")]);
}
