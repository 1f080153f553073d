//! A model that the engine refuses: what needs it is skipped, all else is built, exit code 1.

use crate::product::Product;

/// `stg_orders` feeds `broken`, which feeds `late`; `totals` has nothing to do with it.
fn broken(sql: &str) -> Product {
    let product = Product::shop();
    let models = "  - { name: broken, layer: silver }\n  - { name: late, layer: gold }\n";
    product.write(
        "floe.yaml",
        &format!("{}{models}", product.read("floe.yaml")),
    );
    product.write("models/broken.sql", sql);
    product.write("models/late.sql", "SELECT * FROM {{ ref('broken') }}");
    product
}

#[track_caller]
fn check(sql: &str, error: &str) {
    let said = broken(sql).run();
    assert_eq!(
        said.stderr,
        format!("error: {{dir}}/models/broken.sql{error}\n")
    );
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("3 built, 1 failed, 1 skipped"),
        "{}",
        said.stdout
    );
}

#[test]
fn the_error_is_at_the_line_of_the_model() {
    check(
        "SELECT order_id,\n  price\nFROM {{ ref('stg_orders') }}",
        ":2: no such column: price",
    );
    check("SELEC 1", ":1: near \"SELEC\": syntax error");
    check(
        "SELECT 1 AS a; DROP TABLE orders",
        ": found more than one statement, accepted: one SELECT",
    );
}

#[test]
fn quotes_do_not_make_a_text_of_an_unknown_column() {
    check(
        "SELECT \"nowhere\" AS a",
        ":1: no such column: \"nowhere\" - should this be a string literal in single-quotes?",
    );
}

#[test]
fn what_could_be_built_is_kept_apart_from_the_last_good_warehouse() {
    let product = broken("SELECT order_id FROM {{ ref('stg_orders') }}");
    product.run().assert_ok();
    product.write(
        "models/broken.sql",
        "SELECT price FROM {{ ref('stg_orders') }}",
    );
    assert_eq!(product.run().code, Some(1));

    let tables = |path: &str| {
        let database = product.open(path);
        let mut statement = database
            .prepare("SELECT name FROM sqlite_master ORDER BY name")
            .unwrap();
        let names = statement
            .query_map((), |row| row.get::<_, String>(0))
            .unwrap();
        names.collect::<Result<Vec<_>, _>>().unwrap()
    };
    assert_eq!(
        tables(".floe/warehouse.db"),
        ["broken", "late", "orders", "stg_orders", "totals"]
    );
    assert_eq!(
        tables(".floe/warehouse.failed.db"),
        ["orders", "stg_orders", "totals"]
    );

    product.write(
        "models/broken.sql",
        "SELECT order_id FROM {{ ref('stg_orders') }}",
    );
    product.run().assert_ok();
    assert!(!product.path(".floe/warehouse.failed.db").exists());
}

#[test]
fn the_rest_of_the_report_says_what_happened() {
    let said = broken("SELECT price FROM {{ ref('stg_orders') }}").run();
    let line = |start: &str| {
        said.stdout
            .lines()
            .any(|line| line.trim().starts_with(start))
    };
    assert!(
        line("built    stg_orders                       2 rows"),
        "{}",
        said.stdout
    );
    assert!(line("failed   broken"), "{}", said.stdout);
    assert!(
        line("skipped  late                     needs broken"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_source_whose_query_fails_leaves_no_file() {
    let product = broken("SELECT 1 AS a");
    product.remove("data/orders.csv");
    product.replace(
        "floe.yaml",
        "    columns",
        "    generate: seed.sql\n    columns",
    );
    product.write(
        "seed.sql",
        "SELECT 1 AS order_id,\n abs(-9223372036854775808) AS ordered_on",
    );
    let said = product.run();
    assert_eq!(said.code, Some(1));
    assert_eq!(said.stderr, "error: {dir}/seed.sql: integer overflow\n");
    assert!(
        said.stdout.contains("2 built, 1 failed, 2 skipped"),
        "{}",
        said.stdout
    );
    assert!(!product.files().iter().any(|path| path.starts_with("data/")));
}
