//! Sources that are tables: of an existing database, and of another product.

use std::fs;
use std::os::unix::fs::symlink;

use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing::{self, Spans};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::product::Product;
use crate::refused::check;

/// A product with a source of this definition, a model that reads it, and a model that reads nothing.
fn reader(source: &str) -> Product {
    let product = Product::shop();
    product.write(
        "floe.yaml",
        &format!(
            "name: report\nversion: 2.0.0\nsources:\n{source}models:\n  - name: stg_totals\n    layer: bronze\n  - name: \
             constants\n    layer: gold\n"
        ),
    );
    product.write("manifest.yaml", "name: platform\nnamespace: finance\n");
    product.write("models/stg_totals.sql", "SELECT * FROM {{ source('totals') }}");
    product.write("models/constants.sql", "SELECT 1 AS one");
    product.remove("models/totals.sql");
    product.remove("models/stg_orders.sql");
    product
}

/// The path of a product from a folder beside it.
fn beside(other: &Product) -> String {
    let folder = other.path(".");
    let folder = folder.components().as_path().to_owned();
    format!("../{}", folder.file_name().unwrap().to_str().unwrap())
}

/// The source `totals`, with these lines.
fn totals(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| format!("    {line}\n"));
    format!("  - name: totals\n{}", lines.collect::<String>())
}

fn run(product: &Product) -> (Spans, String) {
    let run_id = RunId::new();
    let (identity, _) = Identity::read(&product.path(""), None, None).unwrap();
    let spans = testing::capture(|| pipeline::run(&identity, &run_id, None));
    (spans, run_id.to_string())
}

/// The lines of a query of the warehouse.
fn rows(product: &Product, query: &str) -> Vec<String> {
    let warehouse = product.open(".floe/warehouse.db");
    let mut statement = warehouse.prepare(query).unwrap();
    let rows = statement.query_map((), |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn results(product: &Product) -> Json {
    serde_json::from_str(&product.read(".floe/run_results.json")).unwrap()
}

/// Runs a product whose source fails, and returns the error. What does not depend on it is built.
#[track_caller]
fn fails(product: &Product) -> String {
    let output = product.run();
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let results = results(product);
    let status = |index: usize| results["assets"][index]["status"].clone();
    assert_eq!([status(0), status(1), status(2)], ["failed", "success", "skipped"], "{results:#}");
    let errors = output.complaints();
    let errors: Vec<&str> = errors.lines().collect();
    let [error] = errors[..] else {
        panic!("{}", output.stderr);
    };
    error.strip_prefix("error: {dir}/floe.yaml:").unwrap().to_owned()
}

/// A database beside the product, outside of its folder.
struct Database {
    folder: tempfile::TempDir,
}

impl Database {
    fn new(sql: &str) -> Self {
        let database = Self { folder: tempfile::tempdir().unwrap() };
        database.open().execute_batch(sql).unwrap();
        database
    }

    fn path(&self) -> String {
        self.folder.path().join("raw 1%?#.db").to_str().unwrap().to_owned()
    }

    fn open(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// The source `totals`, a table of the database.
    fn source(&self, table: &str, columns: &str) -> String {
        let database = format!("database: '{}'", self.path());
        totals(&[&format!("table: {table}"), &database, columns])
    }
}

const ORDERS: &str = "CREATE TABLE orders (order_id INTEGER, amount NUMERIC, note TEXT, ordered_on DATE); \
                      INSERT INTO orders VALUES (1, 5, 'a', '2026-01-31'), (2, 2.5, NULL, NULL)";

#[test]
fn a_table_of_another_product_is_copied_and_links_to_the_run_that_published_it() {
    let shop = Product::shop();
    let (published, published_id) = run(&shop);
    // A later run that has built other tables, and one that fails.
    shop.run().assert_ok();
    shop.replace("data/orders.csv", "1,2024-01-31", "one,2024-01-31");
    assert_eq!(shop.run().code, Some(1));
    let path = beside(&shop);
    let report = reader(&totals(&[&format!("product: {path}")]));

    let (spans, _) = run(&report);
    let asset = spans.single("floe.asset.totals");
    asset
        .assert_ok()
        .assert_attribute("floe.source.table", "totals")
        .assert_attribute("floe.source.namespace", "retail")
        .assert_attribute("floe.source.product.name", "shop")
        .assert_attribute("floe.source.product.version", "1.0.0")
        .assert_attribute("floe.source.run_id", published_id.as_str())
        .assert_attribute("floe.source.db_path", format!("{path}/.floe/warehouse.db"))
        .assert_attribute("ingestion.rows_loaded", 1);
    spans
        .single("compute.copy")
        .assert_ok()
        .assert_child_of("floe.asset.totals")
        .assert_attribute("db.collection.name", "totals")
        .assert_attribute("compute.operation", "copy");
    let links = asset.data().links.links.iter();
    let links: Vec<_> = links.map(|link| link.span_context.clone()).collect();
    let root = published.single("floe.pipeline.run").span_context();
    assert_eq!(links.len(), 1);
    assert_eq!((links[0].trace_id(), links[0].span_id()), (root.trace_id(), root.span_id()));

    // The lineage of the two products has one name for the table.
    let event = |product: &Product, job: &str| {
        let lineage = product.read(".floe/lineage.jsonl");
        let events = lineage.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut events = events.filter(|it: &Json| it["job"]["name"] == *job);
        events.rfind(|it| it["eventType"] == "COMPLETE").unwrap()
    };
    let read = &event(&report, "report.totals")["inputs"];
    assert_eq!(read.as_array().unwrap().len(), 1);
    assert_eq!([&read[0]["namespace"], &read[0]["name"]], ["retail", "totals"]);
    assert_eq!(read[0]["facets"]["schema"]["fields"][0]["name"], "orders");
    shop.replace("data/orders.csv", "one,2024-01-31", "1,2024-01-31");
    shop.run().assert_ok();
    let written = &event(&shop, "shop.totals")["outputs"][0];
    assert_eq!(
        [&read[0]["namespace"], &read[0]["name"]],
        [&written["namespace"], &written["name"]]
    );

    // The warehouse is complete without the other one.
    drop(shop);
    assert_eq!(rows(&report, "SELECT orders || '' FROM stg_totals"), ["2"]);
}

#[test]
fn a_product_that_was_never_built_fails_what_reads_it() {
    let shop = Product::shop();
    let path = beside(&shop);
    let report = reader(&totals(&["table: total", &format!("product: {path}")]));
    let folder = report.path(&path);
    let hint = format!("`floe run {}` builds the tables of `shop`", folder.display());
    let hint = hint.replace(report.path("").to_str().unwrap(), "{dir}/");
    let database = format!("{{dir}}/{path}/.floe/warehouse.db");
    assert_eq!(
        fails(&report),
        format!("6:14: expected a database, found no file `{database}`; {hint}")
    );
    shop.run().assert_ok();
    assert_eq!(
        fails(&report),
        format!("5:12: there is no table `total`; did you mean `totals`?; {hint}")
    );
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(shop.path(".floe"), elsewhere.path().join("moved")).unwrap();
    symlink(elsewhere.path().join("moved"), shop.path(".floe")).unwrap();
    let error = fails(&report);
    assert!(error.ends_with("expected a path that stays inside the product's folder"), "{error}");
}

#[test]
fn a_table_of_a_database_is_copied_with_all_columns_or_with_those_that_are_listed() {
    let database = Database::new(ORDERS);
    let before = fs::read(database.path()).unwrap();
    let report = reader(&database.source("orders", ""));
    report.run().assert_ok();
    let all = "SELECT order_id || ' ' || amount || ' ' || note || ' ' || ordered_on FROM stg_totals WHERE note <> ''";
    assert_eq!(rows(&report, all), ["1 5 a 2026-01-31"]);
    let columns = "columns: [{ name: ordered_on, type: date }, { name: amount, type: real }]";
    report.write(
        "floe.yaml",
        &report.read("floe.yaml").replace("models:", &format!("    {columns}\nmodels:")),
    );
    let (spans, _) = run(&report);
    let names = "SELECT name || ' ' || type FROM pragma_table_info('totals')";
    assert_eq!(rows(&report, names), ["ordered_on TEXT", "amount REAL"]);
    // A whole number in a column of real ones is divided as one of them.
    assert_eq!(rows(&report, "SELECT (amount / 2) || '' FROM totals"), ["2.5", "1.25"]);
    assert_eq!(fs::read(database.path()).unwrap(), before);
    let asset = spans.single("floe.asset.totals");
    assert_eq!(asset.data().links.links.len(), 0);
    asset.assert_attribute("floe.source.db_path", database.path());
    let lineage = report.read(".floe/lineage.jsonl");
    let namespace = json!(format!("sqlite://{}", database.path()));
    let name = format!("\"name\":\"raw 1%?#.main.orders\",\"namespace\":{namespace}");
    assert!(lineage.contains(&name), "{lineage}");
}

#[test]
fn a_view_and_a_database_with_a_log_are_read() {
    let database = Database::new(&format!(
        "PRAGMA journal_mode = WAL; {ORDERS}; CREATE VIEW Recent AS SELECT order_id FROM orders WHERE note IS NULL"
    ));
    // Another program has the database open, with rows that are only in its log.
    let writer = database.open();
    writer.execute_batch("INSERT INTO orders (order_id) VALUES (3); BEGIN; INSERT INTO orders (order_id) VALUES (4)").unwrap();
    let report = reader(&database.source("recent", "columns: [{ name: order_id, type: integer }]"));
    report.run().assert_ok();
    assert_eq!(rows(&report, "SELECT order_id || '' FROM totals"), ["2", "3"]);
    writer.execute_batch("COMMIT").unwrap();
    drop(writer);
    report.run().assert_ok();
    assert_eq!(rows(&report, "SELECT order_id || '' FROM totals"), ["2", "3", "4"]);
}

#[test]
fn columns_that_are_listed_are_checked() {
    let database = Database::new(ORDERS);
    let check = |columns: &str, error: &str| {
        let columns = format!("columns: [{columns}]");
        let report = reader(&database.source("orders", &columns));
        assert_eq!(fails(&report), format!("5:12: {error}"));
    };
    check(
        "{ name: order_id, type: integer }, { name: amounts, type: real }",
        "`orders` has no column `amounts`; did you mean `amount`?",
    );
    check(
        "{ name: order_id, type: integer }, { name: customer, type: text }",
        "`orders` has no column `customer`, found `amount`, `note` and `ordered_on`",
    );
    for (column, kind) in
        [("order_id", "text"), ("amount", "integer"), ("note", "date"), ("ordered_on", "real")]
    {
        check(
            &format!("{{ name: {column}, type: {kind} }}"),
            &format!("column `{column}` of `orders`: expected {kind}, found other values in 1 of its rows")
                .replace("in 1", if column == "order_id" { "in 2" } else { "in 1" }),
        );
    }
}

#[test]
fn what_is_no_table_of_a_database_fails_its_source() {
    let database = Database::new(ORDERS);
    let report = reader(&database.source("order", ""));
    assert_eq!(fails(&report), "5:12: there is no table `order`; did you mean `orders`?");
    let report = reader(&database.source("raw.orders", ""));
    assert_eq!(fails(&report), "5:12: there is no table `raw.orders`; did you mean `orders`?");
    fs::write(database.path(), "not a database, but a text that is long enough".repeat(20))
        .unwrap();
    let report = reader(&database.source("orders", ""));
    assert_eq!(fails(&report), "5:12: the database: file is not a database");
    fs::remove_file(database.path()).unwrap();
    let path = database.path();
    assert_eq!(fails(&report), format!("6:15: expected a database, found no file `{path}`"));
    // Nobody writes into it.
    let pipe = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(pipe.unwrap().success());
    assert_eq!(fails(&report), format!("6:15: expected a database, found no file `{path}`"));
}

#[test]
fn a_source_reads_one_thing() {
    let source = |lines: &'static str| {
        move |product: &Product| {
            let text = product.read("floe.yaml");
            let (head, tail) = text.split_once("    path: data/orders.csv\n").unwrap();
            product.write("floe.yaml", &format!("{head}{lines}{tail}"));
        }
    };
    for (lines, error) in [
        (
            "",
            "4:11: `orders` has nothing to read, expected `path` with a CSV file, `table` with a table of a database, or `product` with another product",
        ),
        (
            "    path: data/orders.csv\n    table: raw\n",
            "6:12: `orders` has `path` and `table`, expected one of `path`, `table` and `product`",
        ),
        (
            "    table: raw\n    product: ../a\n    path: a.csv\n",
            "6:14: `orders` has `path` and `product`, expected one of `path`, `table` and `product`",
        ),
        (
            "    path: data/orders.csv\n    database: raw.db\n",
            "6:15: `database` is for a source with `table`, which `orders` is not",
        ),
        (
            "    table: raw\n",
            "5:12: `orders` has `table` and no `database`, expected the path of the file with the sqlite database",
        ),
        (
            "    table: raw\n    database: raw.db\n    generate: data/orders.csv\n",
            "7:15: `generate` is for a source with `path`, which `orders` is not",
        ),
        (
            "    table: raw\n    database: raw.db\n    ingestion: csv\n",
            "4:11: `ingestion` is for a source with `path`, which `orders` is not",
        ),
        (
            "    table: raw\n    database: .floe/warehouse.db\n",
            "6:15: `.floe/warehouse.db` is a file of this product's runs, expected another database",
        ),
        (
            "    table: a.b.c\n    database: raw.db\n",
            "5:12: sources.0.table: expected a table, with its schema where the engine has schemas, such as raw.orders, found `a.b.c`",
        ),
        (
            "    product: .\n",
            "5:14: `shop` depends on itself: shop -> shop, expected products without a cycle",
        ),
        (
            "    product: nowhere\n",
            "5:14: cannot read the product `nowhere`: {dir}/nowhere: there is no such folder, expected a folder with a floe.yaml",
        ),
    ] {
        check(source(lines), &format!("{{dir}}/floe.yaml:{error}"));
    }
}

#[test]
fn products_that_read_each_other_are_a_mistake() {
    let shop = Product::shop();
    let other = reader(&totals(&[&format!("product: {}", beside(&shop))]));
    shop.replace(
        "floe.yaml",
        "models:\n",
        &format!("  - name: constants\n    product: {}\nmodels:\n", beside(&other)),
    );
    let output = shop.run();
    assert_eq!(output.code, Some(2));
    let error = "error: {dir}/floe.yaml:10:14: `shop` depends on itself: shop -> report -> shop, expected products without a cycle\n";
    assert_eq!(output.stderr, error);
    let output = other.run();
    let error = "error: {dir}/floe.yaml:5:14: `report` depends on itself: report -> shop -> report, expected products without a cycle\n";
    assert_eq!((output.code, &*output.stderr), (Some(2), error));
}

#[test]
fn a_product_of_another_engine_is_a_mistake() {
    let shop = Product::shop();
    shop.append("manifest.yaml", "plugins: { compute: { type: duckdb } }");
    let path = beside(&shop);
    let report = reader(&totals(&[&format!("product: {path}")]));
    let output = report.run();
    let error = format!(
        "error: {{dir}}/floe.yaml:5:14: `{path}` is built by the engine `duckdb`, expected `sqlite`, which builds this product\n"
    );
    assert_eq!((output.code, output.stderr), (Some(2), error));
    // A manifest that the command line chooses is that of both.
    let manifest = report.path("chosen.yaml");
    report.write("chosen.yaml", &report.read("manifest.yaml"));
    let arguments = ["--manifest", manifest.to_str().unwrap()];
    shop.floe("run", &arguments, &[]).assert_ok();
    report.floe("run", &arguments, &[]).assert_ok();
    assert_eq!(rows(&report, "SELECT orders || '' FROM totals"), ["2"]);
}

#[test]
fn tables_are_measured_and_compiled_like_files() {
    let database = Database::new(ORDERS);
    let report = reader(&database.source("orders", ""));
    let path = database.path();
    report.run().assert_ok();
    database.open().execute_batch("DELETE FROM orders WHERE order_id = 1").unwrap();
    let output = report.floe("run", &["--json"], &[]);
    output.assert_ok();
    let ended = output.stdout.lines().find(|line| line.contains("asset_ended"));
    let ended: Json = serde_json::from_str(ended.unwrap()).unwrap();
    assert_eq!((&ended["rows"], &ended["bytes"]), (&json!(1), &Json::Null));
    let output = report.floe("runs", &["--asset", "totals", "--json"], &[]);
    let measured: Json = serde_json::from_str(&output.stdout).unwrap();
    let measured = measured.to_string();
    assert!(measured.contains("\"rows\":1"), "{measured}");

    // Steps need the artifacts only.
    let artifacts = report.path(".floe/compiled_artifacts.json");
    let compiled: Json = serde_json::from_str(&fs::read_to_string(&artifacts).unwrap()).unwrap();
    let source = compiled["sources"][0].as_object().unwrap();
    assert_eq!(source["table"], json!({ "name": "orders", "database": path, "product": null }));
    assert!(!source.contains_key("path"), "{source:?}");
    report.write("floe.yaml", "");
    report.floe("run", &["--artifacts", artifacts.to_str().unwrap()], &[]).assert_ok();
    assert_eq!(rows(&report, "SELECT order_id || '' FROM stg_totals"), ["2"]);
}
