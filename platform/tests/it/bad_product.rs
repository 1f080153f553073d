//! Products whose files are valid alone and invalid together, invalid data, and settings of the command line and the
//! environment.

use crate::product::Product;
use crate::refused::{check, check_with, overwrite, remove, replace};

#[test]
fn an_unknown_environment_on_the_command_line_is_an_error() {
    check_with(
        |_| (),
        &["--env", "qa"],
        &[],
        "invalid value 'qa' for '--env <ENV>'\n  [possible values: dev, staging, prod]\n\nFor more information, try '--help'.",
        &[],
    );
}

/// A queue may be smaller than the default size of a batch.
#[test]
fn a_small_queue_in_the_environment_is_accepted() {
    for manifest in ["", "telemetry: { batch_processor: { max_export_batch_size: 400 } }\n"] {
        let product = Product::shop();
        product.append("manifest.yaml", manifest);
        let variables = [("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BLRP_MAX_QUEUE_SIZE", "100")];
        product.floe("run", &[], &variables).assert_ok();
    }
}

#[test]
fn a_missing_manifest_is_an_error() {
    let error = "nowhere.yaml: cannot read it: no such file";
    check_with(|_| (), &["--manifest", "nowhere.yaml"], &[], error, &[]);
}

#[test]
fn an_unresolvable_dependency_is_an_error_with_its_place() {
    for (model, sql, error) in [
        (
            "stg_orders",
            "SELECT * FROM {{ ref('totals') }}",
            "floe.yaml:10:11: `stg_orders` depends on itself: stg_orders -> totals -> stg_orders, expected dependencies without a cycle",
        ),
        (
            "totals",
            "SELECT count(*) AS n\nFROM {{ ref('stg_order') }}",
            "models/totals.sql:2:6: there is no model `stg_order`; did you mean `stg_orders`?",
        ),
        (
            "totals",
            "SELECT 1 AS n FROM {{ source('order') }}",
            "models/totals.sql:1:20: there is no source `order`; did you mean `orders`?",
        ),
        (
            "totals",
            "SELECT 1 AS n FROM {{ source('elsewhere') }}",
            "models/totals.sql:1:20: there is no source `elsewhere`, expected orders",
        ),
        (
            "totals",
            "SELECT 1 AS n FROM {{ ref('orders') }}",
            "models/totals.sql:1:20: there is no model `orders`, expected {{ source('orders') }}",
        ),
        (
            "totals",
            "SELECT {{ this }}",
            "models/totals.sql:1:8: expected {{ ref('model') }} or {{ source('source') }}, found `{{ this }}`",
        ),
    ] {
        let path = format!("models/{model}.sql");
        check(overwrite(&path, sql.as_bytes()), &format!("{{dir}}/{error}"));
    }
}

#[test]
fn a_file_that_vanished_fails_what_reads_it_and_nothing_else() {
    let product = Product::shop();
    let missing = "{dir}/floe.yaml:5:11: there is no file `data/orders.csv`, expected a CSV file, or `generate` with a query that creates it";
    product.replace("floe.yaml", "models:\n", "models:\n  - name: other\n    layer: bronze\n");
    product.write("models/other.sql", "SELECT 1 AS n");
    product.remove("data/orders.csv");
    product.floe("compile", &[], &[]).assert_ok();
    let output = product.run();
    assert_eq!(output.code, Some(1), "{output:?}");
    for line in [&*format!("  ✗ orders     {missing}\n"), "  ✓ other  "] {
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(product.runs()[0]["status"], "failed");
}

#[test]
fn a_missing_file_a_duplicate_name_or_a_higher_layer_is_an_error_with_its_place() {
    let spec = "floe.yaml";
    check(
        remove("models/totals.sql"),
        "{dir}/floe.yaml:12:11: cannot read `models/totals.sql`: no such file",
    );
    check(
        overwrite("models/totals.sql", b" \n"),
        "{dir}/floe.yaml:12:11: `models/totals.sql` is empty, expected one SELECT",
    );
    check(
        |product| {
            product.replace(spec, "name: totals", "name: orders");
            product.write("models/orders.sql", "SELECT 1 AS n");
        },
        "{dir}/floe.yaml:12:11: `orders` is already the name of the asset at line 4, expected each name once",
    );
    check(
        replace(spec, "name: ordered_on", "name: order_id"),
        "{dir}/floe.yaml:8:17: `order_id` is already the name of the column at line 7, expected each name once",
    );
    check(
        replace(
            "floe.yaml",
            "bronze\n  - name: totals\n    layer: gold",
            "gold\n  - name: totals\n    layer: silver",
        ),
        "{dir}/floe.yaml:13:12: `totals` is silver, but reads `stg_orders`, which is gold: expected only models of its own layer or below",
    );
}

/// The source fails, the assets that read it are skipped, and the other assets are built.
#[test]
fn data_that_contradicts_the_product_fails_its_source() {
    for (bytes, error) in [
        (
            &b"order_id,ordered_on\n1,2024-01-31\n2\n"[..],
            "3: expected 2 values, as in the header, found 1",
        ),
        (
            b"order_id,ordered\n1,\n",
            "1: there is no column `ordered_on`, found `order_id,ordered`; did you mean `ordered`?",
        ),
        (b"id,date\n1,\n", "1: there is no column `order_id`, found `id,date`"),
        (
            b"order_id,ordered_on,order_id\n1,,1\n",
            "1: `order_id` is the name of several columns, expected each name once",
        ),
        (b"", "1: there is no column `order_id`, found ``"),
        (
            b"order_id,ordered_on\nx,\n",
            "2: `order_id` is `x`, expected a whole number of 64 bits or nothing",
        ),
        (
            b"ordered_on,other,order_id\n,,password=hunter2\n",
            "2: `order_id` is `password=<REDACTED>`, expected a whole number of 64 bits or nothing",
        ),
        (
            b"order_id,ordered_on\n1,2023-02-29\n",
            "2: `ordered_on` is `2023-02-29`, expected a date as YYYY-MM-DD or nothing",
        ),
        (
            b"order_id,ordered_on\n1,\"2024-01-31\n2,\n3,\n",
            "2: `ordered_on` is `2024-01-31 2, 3,`, expected a date as YYYY-MM-DD or nothing",
        ),
        (b"order_id,ordered_on\n1,\xff\n", "2: the value in column 2 is not UTF-8 text"),
    ] {
        let product = Product::shop();
        product.append("floe.yaml", "  - { name: other, layer: gold }");
        product.write("models/other.sql", "SELECT 1 AS a");
        product.write_bytes("data/orders.csv", bytes);
        let output = product.run();
        let lines = [
            &format!("  ✗ orders     {{dir}}/data/orders.csv:{error}\n"),
            "  ↷ stg_orders needs orders\n",
            "\n1 model built, 1 failed, 2 skipped · ",
        ];
        for line in lines {
            assert!(output.stderr.contains(line), "{line}: {}", output.stderr);
        }
        output.assert_code(1);
        assert!(!product.path(".floe/warehouse.db").exists());
        let results = product.json(".floe/run_results.json");
        let assets = results["assets"].as_array().unwrap();
        let source = &assets[0];
        assert_eq!((&results["status"], &source["status"]), (&"failed".into(), &"failed".into()));
        let message = source["message"].as_str().unwrap();
        assert!(message.contains(&format!("orders.csv:{error}")), "{message}");
        assert!(assets.iter().any(|asset| asset["missing"] == "orders"), "{results:#}");
    }
}

#[test]
fn a_file_is_read_by_the_names_of_its_columns() {
    let rows = |product: &Product| -> Vec<(i64, Option<String>)> {
        let database = product.open(".floe/warehouse.db");
        let mut rows = database.prepare("SELECT order_id, ordered_on FROM orders").unwrap();
        let rows = rows.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let product = Product::shop();
    product.run().assert_ok();
    let expected = rows(&product);
    product.write("data/orders.csv", "\u{feff}ordered_on,order_id\n2024-01-31,1\n,2\n");
    product.run().assert_ok();
    assert_eq!(rows(&product), expected);
    product.write(
        "data/orders.csv",
        "token=hunter2,ordered_on,note,order_id\na,2024-01-31,b,1\n,,,2\n",
    );
    let output = product.run();
    output.assert_code(0);
    assert_eq!(
        output.complaints(),
        "warning: {dir}/data/orders.csv: columns that `orders` does not list are not read: `token=<REDACTED>` and `note`\n"
    );
    assert_eq!(rows(&product), expected);
}

/// The results are replaced even if the file that names the product cannot be read.
#[test]
fn a_mistake_in_the_product_replaces_the_results_of_the_last_run() {
    let product = Product::shop();
    product.run().assert_ok();
    let results = || product.json(".floe/run_results.json");
    let (spec, manifest) = (product.read("floe.yaml"), product.read("manifest.yaml"));
    let mut ids = vec![results()["run_id"].clone()];
    for (path, text, message) in [
        ("floe.yaml", spec.replace("models:", "model:"), "model: unknown key"),
        ("floe.yaml", spec.replace("layer: gold", "layer: golden"), "golden"),
        ("floe.yaml", spec.replace("name: shop", "\tname: shop"), "not YAML"),
        ("floe.yaml", String::new(), "floe.yaml"),
        ("manifest.yaml", manifest.replace("namespace", "namespaces"), "namespaces: unknown key"),
        ("manifest.yaml", "name: shop-platform\nnamespace: [\n".to_owned(), "manifest.yaml"),
        (
            "models/totals.sql",
            "SELECT * FROM {{ ref('nowhere') }}".to_owned(),
            "totals.sql:1:15: there is no model `nowhere`",
        ),
    ] {
        product.write("floe.yaml", &spec);
        product.write("manifest.yaml", &manifest);
        product.write(path, &text);
        product.run().assert_code(2);
        let failed = results();
        assert_eq!(failed["status"], "failed", "{text}");
        assert_eq!(failed["product_name"], "shop", "{text}");
        assert_eq!(failed["product_version"], "1.0.0", "{text}");
        assert_eq!(failed["environment"], "dev", "{text}");
        assert_eq!(failed["assets"], serde_json::json!([]), "{text}");
        assert!(failed["message"].as_str().unwrap().contains(message), "{failed:#}");
        ids.push(failed["run_id"].clone());
    }
    product.remove("floe.yaml");
    product.run().assert_code(2);
    ids.push(results()["run_id"].clone());
    assert_eq!(results()["status"], "failed");
    // The failed runs are found like any other run.
    product.write("floe.yaml", &spec);
    for id in &ids {
        let found = product.floe("find", &[id.as_str().unwrap()], &[]);
        found.assert_code(0);
    }
    let unique: std::collections::BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(unique.len(), ids.len());
}
