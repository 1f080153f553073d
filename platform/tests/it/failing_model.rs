//! A model with a query that fails: its dependents are skipped, the other assets are built, and the exit
//! code is 1.

use crate::product::Product;

/// Returns the shop with the models `broken`, which has the query `sql`, and `late`, which reads `broken`.
fn broken(sql: &str) -> Product {
    let product = Product::shop();
    let models = "  - { name: broken, layer: silver }\n  - { name: late, layer: gold }\n";
    product.write("floe.yaml", &format!("{}{models}", product.read("floe.yaml")));
    product.write("models/broken.sql", sql);
    product.write("models/late.sql", "SELECT * FROM {{ ref('broken') }}");
    product
}

#[track_caller]
fn check(sql: &str, error: &str) {
    let output = broken(sql).run();
    let line = format!("  ✗ broken     {{dir}}/models/broken.sql{error}\n");
    output.assert_says(&line);
    output.assert_code(1);
    output.assert_says("\n2 models and 1 source built, 1 failed, 1 skipped · ");
}

#[test]
fn the_error_names_the_line_of_the_query() {
    check("SELECT order_id,\n  price\nFROM {{ ref('stg_orders') }}", ":2: no such column: price");
    check(
        "SELECT order_id FROM {{ ref('stg_orders') }} WHERE ordered_one > 1",
        ":1: no such column: ordered_one; did you mean `ordered_on`?",
    );
    check("SELECT 1 AS a\nFROM nowhere", ":2: no such table: nowhere");
    check(
        "SELECT \"nowhere\" AS a",
        ":1: no such column: \"nowhere\" - should this be a string literal in single-quotes?",
    );
    check("SELEC 1", ":1: near \"SELEC\": syntax error");
    check(
        "SELECT 1 AS a; DROP TABLE orders",
        ": expected one SELECT, found more than one statement",
    );
}

#[test]
fn the_trace_names_the_file_of_the_query_and_no_line_of_the_program() {
    let product = broken("SELECT price FROM {{ ref('stg_orders') }}");
    let output = product.floe("run", &["--trace", "full"], &[]);
    let error = "{dir}/models/broken.sql:1: no such column: price";
    assert!(output.stdout.contains(error), "{}", output.stdout);
    assert!(!output.stdout.contains(".rs:"), "{}", output.stdout);
}

#[test]
fn a_failed_run_does_not_replace_the_warehouse() {
    let product = broken("SELECT order_id FROM {{ ref('stg_orders') }}");
    product.run().assert_ok();
    product.write("models/broken.sql", "SELECT price FROM {{ ref('stg_orders') }}");
    let failed = product.run();
    failed.assert_code(1);
    assert!(failed.stderr.contains("failed.db (of this run, incomplete)"), "{}", failed.stderr);

    let tables = |path: &str| {
        let database = product.open(path);
        let mut statement =
            database.prepare("SELECT name FROM sqlite_master ORDER BY name").unwrap();
        let names = statement.query_map((), |row| row.get::<_, String>(0)).unwrap();
        names.collect::<Result<Vec<_>, _>>().unwrap()
    };
    assert_eq!(tables(".floe/warehouse.db"), ["broken", "late", "orders", "stg_orders", "totals"]);
    assert_eq!(tables(".floe/warehouse.failed.db"), ["orders", "stg_orders", "totals"]);

    product.write("models/broken.sql", "SELECT order_id FROM {{ ref('stg_orders') }}");
    product.run().assert_ok();
    assert!(!product.path(".floe/warehouse.failed.db").exists());
}

#[test]
fn a_source_whose_query_fails_leaves_no_file() {
    let product = broken("SELECT 1 AS a");
    product.remove("data/orders.csv");
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id,\n abs(-9223372036854775808) AS ordered_on");
    let output = product.run();
    output.assert_code(1);
    let lines = "✗ orders     {dir}/seed.sql: integer overflow\n";
    output.assert_says(lines);
    output.assert_says("\n2 models built, 1 failed, 2 skipped · ");
    assert!(!product.files().iter().any(|path| path.starts_with("data/")));
}
