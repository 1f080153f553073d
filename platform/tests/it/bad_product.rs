//! Products with files that are valid alone and invalid together, and invalid settings of the command
//! line and the environment.

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

#[test]
fn an_invalid_variable_is_one_warning() {
    for (name, value, message) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector",
            "`collector` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "pigeon",
            "expected `key=value,key=value`, found an entry without a key or without `=`",
        ),
    ] {
        let output = Product::shop().floe("compile", &[], &[(name, value)]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        let expected = format!("warning: {name}: {message}; the variable is ignored\n");
        assert_eq!(output.stderr, expected);
    }
}

/// The default size of a batch is larger than this queue.
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
    let (bronze, gold) = ("models/stg_orders.sql", "models/totals.sql");
    check(
        overwrite(bronze, b"SELECT * FROM {{ ref('totals') }}"),
        "{dir}/floe.yaml:10:11: `stg_orders` depends on itself: stg_orders -> totals -> stg_orders, expected dependencies without a cycle\n{dir}/floe.yaml:11:12: `stg_orders` is bronze and reads `totals`, which is gold, expected models of its own layer or below",
    );
    check(
        overwrite(gold, b"SELECT count(*) AS n\nFROM {{ ref('stg_order') }}"),
        "{dir}/models/totals.sql:2:6: there is no model `stg_order`; did you mean `stg_orders`?",
    );
    check(
        overwrite(gold, b"SELECT 1 AS n FROM {{ source('order') }}"),
        "{dir}/models/totals.sql:1:20: there is no source `order`; did you mean `orders`?",
    );
    check(
        overwrite(gold, b"SELECT {{ this }}"),
        "{dir}/models/totals.sql:1:8: expected {{ ref('model') }} or {{ source('source') }}, found `{{ this }}`",
    );
}

/// Two queries, the files, the rules of the platform and its plugins: each has several mistakes, and none hides another.
#[test]
fn the_mistakes_of_all_stages_are_one_error() {
    let edit = |product: &Product| {
        product.replace("floe.yaml", "layer: bronze", "layer: gold");
        product.replace("floe.yaml", "layer: gold\n  - name: totals\n    layer: gold", "layer: gold\n  - name: totals\n    layer: silver\n  - name: empty\n    layer: gold\n  - name: a\n    layer: gold\n  - name: b\n    layer: gold\n  - name: c\n    layer: gold\n  - name: b\n    layer: gold");
        product.remove("data/orders.csv");
        product.write("models/empty.sql", "\n");
        product.write(
            "models/stg_orders.sql",
            "SELECT {{ this }}, {{ ref('orders') }}\nFROM {{ source('ordrs') }} JOIN {{ ref('c",
        );
        product.write("models/totals.sql", "SELECT 1 FROM {{ ref('stg_order') }} JOIN {{ ref('stg_orders') }} JOIN {{ source('elsewhere') }}");
        product.write("models/a.sql", "SELECT * FROM {{ ref('b') }}");
        product.write("models/b.sql", "SELECT * FROM {{ ref('a') }}");
        product.write("models/c.sql", "SELECT * FROM {{ ref('c') }}");
        product.append("manifest.yaml", "observability: { lineage: { transport: http } }\nplugins:\n  compute: { types: sqlite }\n  storage: { type: [local], on_failure: retry }\n  quality: { type: sql, on_failure: retry, colour: red }\n  alert_channel: [{ type: terminals }, slack]");
    };
    let spec = [
        "13:12: `totals` is silver and reads `stg_orders`, which is gold, expected models of its own layer or below",
        "14:11: `models/empty.sql` is empty, expected one SELECT",
        "16:11: `a` depends on itself: a -> b -> a, expected dependencies without a cycle",
        "20:11: `c` depends on itself: c -> c, expected dependencies without a cycle",
        "22:11: `b` is already the name of the asset at line 18, expected each name once",
    ];
    let manifest = [
        ": expected `observability.lineage.endpoint` for the transport http, for example `http://marquez:5000`, found none",
        ":5:12: the field `type` is missing in this mapping",
        ":6:20: expected the name of a storage plugin, found a list",
        ":6:41: expected fail, continue, found `retry`",
        ":7:37: expected fail, continue, found `retry`",
        ":7:44: `colour`: unknown field `colour`, there are no fields",
        ":8:27: there is no alert_channel plugin `terminals`; linked into the program are: alertmanager, email, slack, terminal, webhook; did you mean `terminal`?",
        ":8:40: expected a mapping with `type`, the name of a alert_channel plugin, found a text",
    ];
    let queries = [
        "stg_orders.sql:1:8: expected {{ ref('model') }} or {{ source('source') }}, found `{{ this }}`",
        "stg_orders.sql:1:20: there is no model `orders`, expected {{ source('orders') }}",
        "stg_orders.sql:2:6: there is no source `ordrs`; did you mean `orders`?",
        "stg_orders.sql:2:33: expected {{ ref('model') }} or {{ source('source') }}, found `{{ ref('c`",
        "totals.sql:1:15: there is no model `stg_order`; did you mean `stg_orders`?",
        "totals.sql:1:72: there is no source `elsewhere`, expected orders",
    ];
    let spec = spec.map(|line| format!("{{dir}}/floe.yaml:{line}"));
    let manifest = manifest.map(|line| format!("{{dir}}/manifest.yaml{line}"));
    let queries = queries.map(|line| format!("{{dir}}/models/{line}"));
    let all = [&spec[..], &manifest, &queries].concat();
    check(edit, &all.join("\n"));
}

/// The telemetry is configured before anything else, and its mistakes are printed with the others.
#[test]
fn a_mistake_in_the_telemetry_does_not_hide_the_others() {
    let edit = |product: &Product| {
        product.append(
            "manifest.yaml",
            "telemetry: { sampling: { dev: 7 } }\nplugins: { alert_channel: { type: terminals } }",
        );
        product.write("models/totals.sql", "SELECT 1 FROM {{ ref('stg_order') }}");
    };
    check(
        edit,
        "{dir}/manifest.yaml: telemetry: sampling.dev: 7 is not a ratio, expected 0.0 to 1.0
{dir}/manifest.yaml:4:35: there is no alert_channel plugin `terminals`; linked into the program are: alertmanager, email, slack, terminal, webhook; did you mean `terminal`?
{dir}/models/totals.sql:1:15: there is no model `stg_order`; did you mean `stg_orders`?",
    );
}

#[test]
fn at_most_a_hundred_mistakes_are_reported() {
    let product = Product::shop();
    let query = "SELECT {{ this }} FROM {{ ref('nowhere') }}\n".repeat(100_000);
    for model in ["models/stg_orders.sql", "models/totals.sql"] {
        product.write(model, &query);
    }
    let output = product.run();
    assert_eq!(output.code, Some(2));
    assert_eq!(output.stderr.lines().count(), 100);
}

#[test]
fn a_file_that_vanished_fails_what_reads_it_and_nothing_else() {
    let product = Product::shop();
    let missing = "{dir}/floe.yaml:5:11: there is no file `data/orders.csv`, expected a CSV file, or `generate` with a query that makes it";
    product.replace("floe.yaml", "models:\n", "models:\n  - name: other\n    layer: bronze\n");
    product.write("models/other.sql", "SELECT 1 AS n");
    product.remove("data/orders.csv");
    let output = product.floe("compile", &[], &[]);
    assert_eq!(output.code, Some(0));
    assert_eq!(output.stderr, format!("warning: {missing}\n"));
    let output = product.run();
    assert_eq!(output.code, Some(1), "{output:?}");
    for line in [&*format!("  ✗ orders     {missing}\n"), "  ✓ other  "] {
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(text.contains(line), "{line}\n{text}");
    }
    let output = product.floe("runs", &[], &[]);
    assert!(output.stdout.contains("failed"), "{output:?}");
}

#[test]
fn a_missing_file_or_a_duplicate_name_is_an_error_with_its_place() {
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
}

#[test]
fn a_layer_that_reads_a_higher_one_is_an_error_with_its_place() {
    check(
        replace(
            "floe.yaml",
            "bronze\n  - name: totals\n    layer: gold",
            "gold\n  - name: totals\n    layer: silver",
        ),
        "{dir}/floe.yaml:13:12: `totals` is silver and reads `stg_orders`, which is gold, expected models of its own layer or below",
    );
}

/// The source fails, what reads it is skipped, and the other assets are built.
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
            "1: `order_id` is the name of two columns, expected each name once",
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
        (b"order_id,ordered_on\n1,\xff\n", "2: value 2 is not UTF-8, expected UTF-8 text"),
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
        assert_eq!(output.code, Some(1));
        assert!(!product.path(".floe/warehouse.db").exists());
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
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(
        output.complaints(),
        "warning: {dir}/data/orders.csv: columns that `orders` does not have are not read: `token=<REDACTED>` and `note`\n"
    );
    assert_eq!(rows(&product), expected);
}

#[test]
fn a_mistake_in_the_product_replaces_the_results_of_the_last_run() {
    let product = Product::shop();
    product.run().assert_ok();
    product.write("models/totals.sql", "SELECT * FROM {{ ref('nowhere') }}");
    assert_eq!(product.run().code, Some(2));
    let results: serde_json::Value =
        serde_json::from_str(&product.read(".floe/run_results.json")).unwrap();
    assert_eq!(results["status"], "failed");
    let message = results["message"].as_str().unwrap();
    assert!(message.contains("totals.sql:1:15: there is no model `nowhere`"), "{message}");
}

/// Also where the file that names the product cannot be read.
#[test]
fn a_mistake_in_floe_yaml_or_the_manifest_replaces_the_results_of_the_last_run() {
    let product = Product::shop();
    product.run().assert_ok();
    let results = || -> serde_json::Value {
        serde_json::from_str(&product.read(".floe/run_results.json")).unwrap()
    };
    let (spec, manifest) = (product.read("floe.yaml"), product.read("manifest.yaml"));
    let mut ids = vec![results()["run_id"].clone()];
    for (path, text, message) in [
        ("floe.yaml", spec.replace("models:", "model:"), "model: unknown key"),
        ("floe.yaml", spec.replace("layer: gold", "layer: golden"), "golden"),
        ("floe.yaml", spec.replace("name: shop", "\tname: shop"), "not YAML"),
        ("floe.yaml", String::new(), "floe.yaml"),
        ("manifest.yaml", manifest.replace("namespace", "namespaces"), "namespaces: unknown key"),
        ("manifest.yaml", "name: shop-platform\nnamespace: [\n".to_owned(), "manifest.yaml"),
    ] {
        product.write("floe.yaml", &spec);
        product.write("manifest.yaml", &manifest);
        product.write(path, &text);
        assert_eq!(product.run().code, Some(2), "{text}");
        let failed = results();
        assert_eq!(failed["status"], "failed", "{text}");
        assert_eq!(failed["product_name"], "shop", "{text}");
        assert_eq!(failed["product_version"], "1.0.0", "{text}");
        assert_eq!(failed["environment"], "dev", "{text}");
        assert_eq!(failed["assets"], serde_json::json!([]), "{text}");
        assert!(failed["message"].as_str().unwrap().contains(message), "{failed:#}");
        ids.push(failed["run_id"].clone());
    }
    product.write("manifest.yaml", &manifest);
    product.remove("floe.yaml");
    assert_eq!(product.run().code, Some(2));
    ids.push(results()["run_id"].clone());
    assert_eq!(results()["status"], "failed");
    // They are runs like any other.
    product.write("floe.yaml", &spec);
    for id in &ids {
        let found = product.floe("find", &[id.as_str().unwrap()], &[]);
        assert_eq!(found.code, Some(0), "{}", found.stderr);
    }
    let unique: std::collections::BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(unique.len(), ids.len());
}

#[test]
fn a_run_with_bad_data_is_marked_as_failed() {
    let product = Product::shop();
    product.run().assert_ok();
    let results = || -> serde_json::Value {
        serde_json::from_str(&product.read(".floe/run_results.json")).unwrap()
    };
    let good = results();
    assert_eq!(good["status"], "success");
    assert_eq!(good["product_name"], "shop");
    assert_eq!(good["assets"][2]["key"], "totals");
    assert_eq!(good["assets"][2]["rows"], 1);

    product.write("data/orders.csv", "order_id,ordered_on\npassword=hunter2,\n");
    assert_eq!(product.run().code, Some(1));
    let bad = results();
    assert_eq!(bad["status"], "failed");
    assert_ne!(bad["run_id"], good["run_id"]);
    assert_eq!(bad["assets"][1]["missing"], "orders");
    assert_eq!(bad["assets"][0]["key"], "orders");
    assert_eq!(bad["assets"][0]["status"], "failed");
    let message = bad["assets"][0]["message"].as_str().unwrap();
    assert!(message.contains("orders.csv:2: `order_id` is `password=<REDACTED>"), "{message}");
}
