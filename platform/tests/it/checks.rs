//! The checks of sources and models, of every kind: what is found when a product is compiled, and what a run says of a
//! check that fails.

use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing::{self, Spans};
use serde_json::{Value, json};

use crate::product::{Output, Product};

/// Orders of customers, and a model of both.
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

/// The same with checks of the source `orders`.
fn of_source(checks: &str) -> Product {
    let product = shop();
    product.replace("floe.yaml", "checks: []", &format!("checks: [{checks}]"));
    product
}

/// The same with checks of the model `big`.
fn of_model(checks: &str) -> Product {
    let product = shop();
    let gold = "layer: gold\n    checks: []";
    product.replace("floe.yaml", gold, &format!("layer: gold\n    checks: [{checks}]"));
    product
}

const SAMPLES: &str = "plugins: { quality: { type: sql, sample_keys: 2 } }";

/// Names the key of the orders, and requests two of each check that fails.
fn with_samples(product: &Product) {
    let columns = "    path: data/orders.csv\n";
    product.replace("floe.yaml", columns, &format!("{columns}    key: order_id\n"));
    product.append("manifest.yaml", SAMPLES);
}

fn results(product: &Product, asset: &str) -> Value {
    let results = product.read(".floe/run_results.json");
    let results: Value = serde_json::from_str(&results).unwrap();
    let assets = results["assets"].as_array().unwrap();
    assets.iter().find(|it| it["key"] == *asset).unwrap().clone()
}

fn spans(product: &Product) -> Spans {
    let (identity, _) = Identity::read(&product.path(""), None, None).unwrap();
    testing::capture(|| pipeline::run(&identity, &RunId::new(), None))
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
    assert_eq!(output.code, Some(1));
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
    let output = product.floe("runs", &["--asset", "orders"], &[]);
    assert!(output.stdout.contains("1 passed, 1 failed"), "{}", output.stdout);
    let lineage = product.read(".floe/lineage.jsonl");
    let events = lineage.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut of_checks = events.filter(|it| it["job"]["name"] == "shop.orders.checks");
    let last = of_checks.next_back().unwrap();
    assert_eq!(last["eventType"], "FAIL");
    let assertions = &last["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"];
    assert_eq!(assertions[1]["column"], "customer_id");
    assert_eq!(assertions[1]["success"], false);
}

#[test]
fn the_checks_of_a_source_have_the_spans_of_those_of_a_model() {
    let product = of_source("{ not_null: order_id }, { not_null: customer_id }");
    let spans = spans(&product);
    spans
        .single("quality.run_checks")
        .assert_child_of("floe.asset.orders")
        .assert_error("the check `not_null_customer_id` of `orders` failed: 1 row")
        .assert_attribute("quality.suite_name", "shop.orders")
        .assert_attribute("quality.fail_count", 1);
    let checks: Vec<_> = spans.named("quality.check").collect();
    let query = "SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL";
    checks[0].assert_ok().assert_no_attribute("db.query.text");
    checks[1]
        .assert_child_of("quality.run_checks")
        .assert_attribute("db.query.text", query)
        .assert_no_attribute("quality.sample_keys");
}

#[test]
fn a_mistake_in_the_checks_is_found_when_they_are_compiled_with_its_place() {
    for (checks, place, message) in [
        (
            "{ not_null: custmer_id }",
            "13:14",
            "`not_null` is for the column `custmer_id`, which `orders` does not have; did you mean `customer_id`?",
        ),
        (
            "{ freshness: { column: paid_at, max_age: soon } }",
            "13:55",
            "checks.0.freshness.max_age: expected a time such as `24h` or `7 days`, found `soon`",
        ),
        (
            "{ relationships: { column: customer_id, to: customer, field: id } }",
            "13:14",
            "there is no source or model `customer`; did you mean `customers`?",
        ),
        (
            "{ relationships: { column: customer_id, to: customers, field: idd } }",
            "13:14",
            "`relationships` refers to the column `idd`, which `customers` does not have; did you mean `id`?",
        ),
        (
            "{ relationships: { column: customer_id, to: names, field: id } }",
            "13:14",
            "the check of a source reads the model `names`, expected a source",
        ),
        ("{ query: unpaid }", "13:14", "cannot read `checks/unpaid.sql`: no such file"),
        (
            "{ query: ../unpaid }",
            "13:14",
            "`query`: expected lower-case letters, digits and underscores, starting with a letter and not with `sqlite_`, found `../unpaid`",
        ),
    ] {
        let output = of_source(checks).floe("compile", &[], &[]);
        assert_eq!(output.code, Some(2), "{}", output.stderr);
        assert!(
            output.stderr.contains(&format!("{{dir}}/floe.yaml:{place}: ")),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(message), "{message}\n{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
    let product = of_source("{ query: unpaid }");
    let floe = |sql: &str| {
        product.write("checks/unpaid.sql", sql);
        product.floe("compile", &[], &[]).stderr
    };
    assert_eq!(
        floe("SELECT *\nFROM {{ source('order') }}"),
        "error: {dir}/checks/unpaid.sql:2:6: there is no source `order`; did you mean `orders`?\n"
    );
    assert_eq!(
        floe("SELECT * FROM {{ ref('names') }}"),
        "error: {dir}/checks/unpaid.sql:1:15: the check of a source reads the model `names`, expected only {{ source('…') }}\n"
    );
    product.write("checks/forgotten.sql", "SELECT 1");
    assert_eq!(
        floe("SELECT * FROM {{ source('orders') }}"),
        "warning: {dir}/checks/forgotten.sql: no check of floe.yaml has this query, expected one with its name\n"
    );
}

#[test]
fn a_key_that_a_table_does_not_have_is_found_when_it_is_compiled() {
    for (edit, place, message) in [
        (
            "    path: data/orders.csv\n",
            "9:10",
            "`key` is the column `order_idd`, which `orders` does not have; did you mean `order_id`?",
        ),
        (
            "    layer: gold\n",
            "17:10",
            "`key` is the column `order_idd`, which `big` does not have; did you mean `order_id`?",
        ),
    ] {
        let product = of_model("{ min_rows: 1 }");
        product.replace("floe.yaml", "    checks: []\n", "    checks: [{ min_rows: 1 }]\n");
        product.replace("floe.yaml", edit, &format!("{edit}    key: order_idd\n"));
        let output = product.floe("compile", &[], &[]);
        assert_eq!(output.stderr, format!("error: {{dir}}/floe.yaml:{place}: {message}\n"));
    }
}

#[test]
fn a_value_that_is_too_old_fails_and_one_from_the_future_does_not() {
    let fresh = "{ freshness: { column: paid_at, max_age: 7 days } }";
    let product = of_source(fresh);
    let output = product.run();
    assert_contains(
        &output,
        &[
            "the check `freshness_paid_at` of `orders` failed: found 2020-01-31T08:00:00Z, ",
            " days old, expected at most 7 days old\n",
            "`freshness_paid_at`: SELECT max(\"paid_at\") FROM \"orders\"\n",
        ],
    );
    let orders = "order_id,customer_id,paid_at\n";
    for (rows, failed) in [
        ("1,1,2999-01-01\n", None),
        ("1,1,2999-01-01T10:00:00+02:00\n", None),
        ("", Some("found no value")),
        ("1,1,\n", Some("found no value")),
        ("1,1,yesterday\n", Some("found a text that is no date or timestamp")),
    ] {
        product.write("data/orders.csv", &format!("{orders}{rows}"));
        let output = product.run();
        match failed {
            Some(found) => {
                assert_contains(
                    &output,
                    &[&format!("failed: {found}, expected at most 7 days old\n")],
                );
            }
            None => assert_eq!(output.code, Some(0), "{}", output.stderr),
        }
    }
}

#[test]
fn a_value_that_another_table_does_not_have_fails() {
    let check = "{ relationships: { column: customer_id, to: customers, field: id } }";
    let product = of_source(check);
    let output = product.run();
    // Null refers to nothing.
    let failed = "the check `relationships_customer_id` of `orders` failed: 2 rows\n";
    assert_contains(&output, &[failed]);
    product.write("data/customers.csv", "id,email\n1,\n7,\n8,\n8,\n");
    product.run().assert_ok();
    // A table that refers to itself needs nothing.
    let product =
        of_source("{ relationships: { column: customer_id, to: orders, field: order_id } }");
    product.write("data/orders.csv", "order_id,customer_id,paid_at\n1,,\n2,1,\n");
    product.run().assert_ok();
}

#[test]
fn a_query_of_ones_own_fails_with_its_rows_and_its_mistakes_have_their_place() {
    let product = of_source("{ query: unpaid }");
    let query =
        "SELECT * FROM {{ source('orders') }}\nWHERE paid_at IS NULL -- the others are paid";
    product.write("checks/unpaid.sql", query);
    let output = product.run();
    assert_contains(
        &output,
        &[
            "the check `query_unpaid` of `orders` failed: 2 rows\n",
            "`query_unpaid`: SELECT * FROM \"orders\" WHERE paid_at IS NULL -- the others are paid\n",
        ],
    );
    product.replace("checks/unpaid.sql", "paid_at IS", "paid IS");
    let output = product.run();
    assert_contains(
        &output,
        &[
            "  ✗ orders     {dir}/checks/unpaid.sql:2:7: no such column: paid\n         2 | WHERE paid IS NULL -- the others are paid\n           |       ^^^^\n",
        ],
    );
    product.write("checks/unpaid.sql", "SELECT 1 FROM {{ source('orders') }} WHERE order_id < 0");
    product.run().assert_ok();
}

#[test]
fn a_check_that_cannot_run_fails_beside_the_others() {
    let product =
        of_source("{ min_rows: 9 }, { query: q }, { not_null: customer_id }, { query: pasted }");
    product.write("checks/q.sql", "SELECT nope FROM {{ source('orders') }}");
    // As a part of another query, it would be two, and none would return a row.
    product.write("checks/pasted.sql", "SELECT 1 WHERE 0) UNION SELECT (1");
    let output = product.run();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_contains(&output, &["  ✗ orders     {dir}/checks/q.sql:1:8: no such column: nope\n"]);
    product.append("manifest.yaml", "plugins: { quality: { type: sql, on_failure: continue } }\n");
    let output = product.run();
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_contains(&output, &["/checks/q.sql:1:8: no such column: nope\n"]);
    let orders = results(&product, "orders");
    assert_eq!((&orders["checks_passed"], &orders["checks_failed"]), (&json!(0), &json!(4)));
    let spans = spans(&product);
    let failed = |name: &str, message: &str| {
        let mut checks = spans.named("quality.check");
        let is_named = |it: &testing::CapturedSpan<'_>| {
            let found = it.attribute("quality.check_name");
            found.is_some_and(|it| it.as_str() == name)
        };
        let check = checks.find(is_named);
        check.unwrap().assert_error(message);
    };
    failed("query_q", "the check `query_q` of `orders` could not run: no such column: nope");
    failed(
        "min_rows",
        "the check `min_rows` of `orders` failed: found 4 rows, expected at least 9",
    );
    assert!(
        output
            .stderr
            .contains("the check `query_q` of `orders` could not run: no such column: nope\n"),
        "{output:?}"
    );
}

#[test]
fn the_value_of_a_row_is_in_no_message_about_its_age() {
    let product = of_source("{ freshness: { column: paid_at, max_age: 1h } }");
    let secret = "postgres://svc_reporting_user_eu:Zx9kQ2mW7rT4vB1nL8cD5fG3hJ6pS0aYqEuRt@db.internal.example/x";
    product.write("data/orders.csv", &format!("order_id,customer_id,paid_at\n1,1,{secret}\n"));
    let output = product.run();
    assert_contains(
        &output,
        &["found a text that is no date or timestamp, expected at most 1h old\n"],
    );
    let lineage = product.read(".floe/lineage.jsonl");
    for text in [&output.stdout, &output.stderr, &lineage, &product.read(".floe/run_results.json")]
    {
        assert!(!text.contains("svc_reporting") && !text.contains("Zx9kQ2"), "{text}");
    }
}

#[test]
fn a_credential_in_a_check_is_not_written_into_the_artifacts() {
    let secret = "password=Zx9kQ2mW7rT4vB1n";
    let check = format!("{{ accepted_values: {{ column: paid_at, values: [\"{secret}\"] }} }}");
    let product = of_source(&check);
    let output = product.floe("compile", &[], &[]);
    assert_eq!(output.code, Some(0));
    assert!(
        output.stderr.contains(
            "the check of `orders` has what looks like a credential, which is not written"
        ),
        "{output:?}"
    );
    let artifacts = ".floe/compiled_artifacts.json";
    assert!(!product.read(artifacts).contains("Zx9kQ2"));
    let path = product.path(artifacts);
    let output = product.floe("run", &["--artifacts", path.to_str().unwrap()], &[]);
    assert!(
        output.stderr.contains("what is written of `orders` contained a credential"),
        "{output:?}"
    );
}

#[test]
fn what_a_check_reads_is_built_before() {
    let product =
        of_model("{ query: known }, { relationships: { column: order_id, to: names, field: id } }");
    let query = "SELECT * FROM {{ ref('big') }} JOIN {{ source('customers') }} ON order_id = id";
    product.write("checks/known.sql", query);
    // Without what the check reads, nothing is checked.
    product.write("models/names.sql", "SELECT nothing FROM {{ source('customers') }}");
    let output = product.run();
    assert_contains(&output, &["  ↷ big        needs names\n"]);
}

#[test]
fn a_cycle_that_a_check_closes_is_an_error_at_the_check() {
    let product = shop();
    let bronze = "    layer: bronze\n";
    let check =
        "    checks:\n      - relationships: { column: order_id, to: big, field: order_id }\n";
    product.replace("floe.yaml", bronze, &format!("{bronze}{check}"));
    let output = product.floe("compile", &[], &[]);
    assert_eq!(
        output.stderr,
        "error: {dir}/floe.yaml:23:9: `big` depends on itself: big -> stg_orders -> big, expected dependencies without a cycle\n"
    );
}

#[test]
fn keys_of_failed_rows_are_named_if_the_manifest_asks_for_them() {
    let checks = "{ not_null: paid_at }, { unique: order_id }, { relationships: { column: customer_id, to: customers, field: id } }, { query: unpaid }, { query: other }, { min_rows: 9 }";
    let product = of_source(checks);
    product.write(
        "checks/unpaid.sql",
        "SELECT order_id FROM {{ source('orders') }} WHERE paid_at IS NULL",
    );
    product.write("checks/other.sql", "SELECT 1 AS a");
    product.run();
    let keys = |product: &Product| -> Vec<Value> {
        let failed = results(product, "orders")["failed_checks"].clone();
        let failed = failed.as_array().unwrap().iter();
        failed.map(|it| it["sample_keys"].clone()).collect()
    };
    assert_eq!(keys(&product), vec![Value::Null; 6]);
    with_samples(&product);
    let output = product.run();
    let expected = [
        json!(["11", "12"]),
        json!(["12"]),
        json!(["11", "12"]),
        json!(["11", "12"]),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(keys(&product), expected);
    assert_contains(&output, &["\" WHERE \"paid_at\" IS NULL; keys of some rows: 11, 12\n"]);
    let spans = spans(&product);
    let check = spans.named("quality.check").next().unwrap();
    check.assert_attribute("quality.sample_keys", vec!["11", "12"]);
    product.replace("manifest.yaml", "sample_keys: 2", "sample_keys: 11");
    let output = product.run();
    assert_contains(&output, &["expected 0 to 10, found 11"]);
}

#[test]
fn the_query_of_a_check_that_is_tolerated_is_in_the_summary_and_the_results() {
    let product = of_source("{ not_null: customer_id }");
    product.append("manifest.yaml", "plugins: { quality: { type: sql, on_failure: continue } }");
    let output = product.run();
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let query = "SELECT count(*) FROM \"orders\" WHERE \"customer_id\" IS NULL";
    assert_contains(
        &output,
        &[
            " B, 1 of 1 check failed\n",
            &format!("\nchecks   orders  `not_null_customer_id`: {query}\n"),
        ],
    );
    assert_eq!(results(&product, "orders")["failed_checks"][0]["query"], query);
    // Only the error, and no summary.
    product.replace("manifest.yaml", ", on_failure: continue", "");
    let output = product.floe("run", &["-q"], &[]);
    let error = "error: {dir}/floe.yaml:13:14: the check `not_null_customer_id` of `orders` failed: 1 row\n";
    assert_contains(&output, &[error, &format!("^\n         `not_null_customer_id`: {query}\n")]);
    let output = product.floe("run", &["--json"], &[]);
    let mut lines = output.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ended = lines.find(|it| it["event"] == "asset_ended" && it["asset"] == "orders").unwrap();
    assert_eq!(
        ended["failed_checks"][0],
        json!({ "name": "not_null_customer_id", "query": query })
    );
}

#[test]
fn keys_of_failed_rows_are_shortened_and_redacted() {
    let product = shop();
    let columns = "    path: data/customers.csv\n";
    let checks = format!(
        "{columns}    key: email\n    checks: [{{ between: {{ column: id, min: 9, max: 9 }} }}]\n"
    );
    product.replace("floe.yaml", columns, &checks);
    product.append("manifest.yaml", SAMPLES);
    let long = "x".repeat(100);
    product.write("data/customers.csv", &format!("id,email\n1,ann@example.com\n2,{long}\n"));
    let output = product.run();
    let key = &long[..64];
    let expected = format!("; keys of some rows: <REDACTED>@example.com, {key}\n");
    assert_contains(&output, &[&expected]);
    assert!(!product.read(".floe/run_results.json").contains("ann@"));
}

#[test]
fn a_tool_that_gets_one_table_refuses_checks_of_several_at_their_place() {
    for tool in ["great_expectations", "dbt_expectations"] {
        let product = of_source(
            "{ min_rows: 1 }, { relationships: { column: customer_id, to: customers, field: id } }",
        );
        product.append("manifest.yaml", &format!("plugins: {{ quality: {{ type: {tool} }} }}"));
        let output = product.floe("compile", &[], &[]);
        assert_eq!(
            output.stderr,
            format!(
                "error: {{dir}}/floe.yaml:13:31: the checks of `orders`: expected `quality: sql` for `relationships`, found {tool}\n"
            )
        );
    }
}
