//! `--select`: runs and lists of some assets of a product.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use floe_tests::{ReceivedPoint, ReceivedSpan, Receiver, Value};
use serde_json::Value as Json;

use crate::product::{Output, Product, command, program};

/// The shop with a third model, a gold view that reads the other gold model, and a second source.
fn shop() -> Product {
    let product = Product::shop();
    let models = "  - name: report\n    layer: gold\n    materialization: view\n  - name: shops\n    layer: bronze";
    product.append("floe.yaml", models);
    product.replace(
        "floe.yaml",
        "models:\n",
        "  - name: shop_list\n    path: data/shops.csv\n    columns: [{ name: shop, type: text }]\nmodels:\n",
    );
    product.write("data/shops.csv", "shop\nnorth\n");
    product.write("models/report.sql", "SELECT orders FROM {{ ref('totals') }}");
    product.write("models/shops.sql", "SELECT shop FROM {{ source('shop_list') }}");
    product
}

fn run(product: &Product, select: &[&str]) -> Output {
    product.floe("run", &[&["--select"], select].concat(), &[])
}

/// The names that `floe ls` prints.
fn listed(product: &Product, select: &[&str]) -> String {
    let output = product.floe("ls", &[&["--select"], select].concat(), &[]);
    output.assert_ok();
    let lines = output.stdout.lines().skip(1);
    let names: Vec<_> = lines.map(|line| line.split(' ').next().unwrap_or_default()).collect();
    names.join(" ")
}

fn count(product: &Product, table: &str) -> i64 {
    let query = format!("SELECT count(*) FROM {table}");
    let warehouse = product.open(".floe/warehouse.db");
    warehouse.query_row(&query, [], |row| row.get(0)).unwrap()
}

/// The number of orders that the table `totals` has counted.
fn total(product: &Product) -> i64 {
    let warehouse = product.open(".floe/warehouse.db");
    warehouse.query_row("SELECT orders FROM report", [], |row| row.get(0)).unwrap()
}

fn add_order(product: &Product) {
    product.write("data/orders.csv", &format!("{}3,2024-02-01\n", product.read("data/orders.csv")));
}

#[test]
fn names_are_selected_with_what_they_read_and_what_reads_them() {
    let product = shop();
    for (select, names) in [
        (&["totals"][..], "totals"),
        (&["+totals"], "orders stg_orders totals"),
        (&["stg_orders+"], "stg_orders totals report"),
        (&["+totals+"], "orders stg_orders totals report"),
        (&["shops", "orders"], "orders shops"),
        (&["shops,orders"], "orders shops"),
        (&["shops orders"], "orders shops"),
        (&["shops", "--select", "orders"], "orders shops"),
        (&["shop_list+", "+stg_orders"], "orders shop_list shops stg_orders"),
    ] {
        assert_eq!(listed(&product, select), names, "{select:?}");
    }
}

#[test]
fn what_is_no_name_is_an_error_with_a_suggestion() {
    let product = shop();
    let expected = "expected the name of a source or a model, `+name` with all that it reads or `name+` with all that reads it, found";
    for (word, hint) in [
        ("total", "; did you mean `totals`?"),
        ("+stg_order+", "; did you mean `stg_orders`?"),
        ("source:orders", "; did you mean `orders`?"),
        ("tag:daily", "; `floe ls` prints the names"),
        ("2+totals", "; did you mean `totals`?"),
        ("@totals", "; did you mean `totals`?"),
        ("stg_*", "; `floe ls` prints the names"),
        ("+", "; `floe ls` prints the names"),
    ] {
        for command in ["run", "ls"] {
            let output = product.floe(command, &["--select", word], &[]);
            let error = format!("error: `--select`: {expected} `{word}`{hint}\n");
            assert_eq!(output.complaints(), error);
            assert_eq!(output.code, Some(2));
        }
    }
    let output = run(&product, &["totl", "shop"]);
    assert_eq!(output.stderr.lines().count(), 2, "{}", output.stderr);
    for empty in ["", " ", "totals,"] {
        let output = run(&product, &[empty]);
        assert_eq!(output.code, Some(2));
        let error = "expected the name of a source or a model, found an empty text";
        assert!(output.stderr.contains(error), "{}", output.stderr);
    }
    let folder = product.path("");
    let output = program(&["run", "--select", "totals", folder.to_str().unwrap()], &[]);
    let error = "it is the folder of a product, which is written before `--select`\n";
    assert!(output.stderr.contains(error), "{}", output.stderr);
    assert!(!product.path(".floe/warehouse.db").exists());
    assert!(!product.path(".floe/run_results.json").exists());
}

#[test]
fn a_run_of_some_assets_takes_the_other_tables_from_the_warehouse() {
    let product = shop();
    product.run().assert_ok();
    add_order(&product);

    let output = run(&product, &["totals"]);
    output.assert_ok();
    assert!(output.stderr.contains("1 of 6 assets"), "{}", output.stderr);
    let summary = "1 model built, 0 failed, 5 not selected · ";
    assert!(output.stderr.contains(summary), "{}", output.stderr);
    assert_eq!((count(&product, "stg_orders"), total(&product)), (2, 2));

    run(&product, &["+stg_orders"]).assert_ok();
    assert_eq!((count(&product, "stg_orders"), total(&product)), (3, 2));
    run(&product, &["totals+"]).assert_ok();
    assert_eq!(total(&product), 3);
    assert_eq!(count(&product, "shops"), 1);

    // A table of a model that was removed stays until a run of all assets.
    product.replace("floe.yaml", "  - name: shops\n    layer: bronze\n", "");
    product.remove("models/shops.sql");
    run(&product, &["totals"]).assert_ok();
    assert_eq!(count(&product, "shops"), 1);
    product.run().assert_ok();
    let warehouse = product.open(".floe/warehouse.db");
    assert!(warehouse.prepare("SELECT * FROM shops").is_err());
}

/// A model that is a view now, and one whose query reads what it did not read before.
#[test]
fn a_selected_table_is_replaced_by_what_it_is_now() {
    let product = shop();
    product.run().assert_ok();
    product.replace(
        "floe.yaml",
        "  - name: totals\n    layer: gold\n",
        "  - name: totals\n    layer: gold\n    materialization: view\n",
    );
    product.write(
        "models/totals.sql",
        "SELECT count(*) + (SELECT count(*) FROM {{ ref('shops') }}) AS orders FROM {{ ref('stg_orders') }}",
    );
    run(&product, &["totals"]).assert_ok();
    assert_eq!(total(&product), 3);
    add_order(&product);
    run(&product, &["orders", "stg_orders"]).assert_ok();
    assert_eq!(total(&product), 4);
}

#[test]
fn what_no_run_has_built_is_one_error_with_the_selection_that_builds_it() {
    let product = shop();
    let output = run(&product, &["totals", "shops", "report"]);
    assert_eq!(output.code, Some(2));
    assert_eq!(
        output.complaints(),
        "error: `--select`: no run has built what the selected assets read, `shop_list`, `stg_orders`, expected `--select report +shops +totals`\n"
    );
    assert!(!product.path(".floe/warehouse.db").exists());
    run(&product, &["report", "+shops", "+totals"]).assert_ok();
    assert_eq!(total(&product), 2);

    let product = shop();
    run(&product, &["+shops"]).assert_ok();
    assert_eq!(count(&product, "shops"), 1);
    let output = run(&product, &["totals+"]);
    assert_eq!(
        output.complaints(),
        "error: `--select`: no run has built what the selected assets read, `stg_orders`, expected `--select totals+ +totals`\n"
    );
    run(&product, &["totals+", "+totals"]).assert_ok();
    assert_eq!((count(&product, "shops"), total(&product)), (1, 2));
}

#[test]
fn a_selected_asset_that_fails_keeps_the_warehouse() {
    let product = shop();
    product.run().assert_ok();
    product.write("models/totals.sql", "SELECT price FROM {{ ref('stg_orders') }}");
    add_order(&product);
    let output = run(&product, &["+totals+"]);
    assert_eq!(output.code, Some(1));
    let summary = "1 model and 1 source built, 1 failed, 1 skipped, 2 not selected · ";
    assert!(output.stderr.contains(summary), "{}", output.stderr);
    assert_eq!((count(&product, "stg_orders"), total(&product)), (2, 2));
    let failed = product.open(".floe/warehouse.failed.db");
    let rows: i64 = failed
        .query_row("SELECT count(*) FROM stg_orders JOIN shops", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 3);
}

/// The lock is held by what has copied the warehouse.
#[test]
fn a_run_of_all_assets_waits_for_those_of_some_before_it_replaces_the_warehouse() {
    let product = shop();
    product.run().assert_ok();
    add_order(&product);
    let lock = File::create(product.path(".floe/warehouse.lock")).unwrap();
    lock.lock().unwrap();
    let folder = product.path("");
    let mut floe = command(&["run", folder.to_str().unwrap(), "--json"], &[]);
    let mut running = floe.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let ended = lines.map(Result::unwrap).filter(|it| it.contains("asset_ended"));
    assert_eq!(ended.take(6).count(), 6);
    assert_eq!(total(&product), 2);
    lock.unlock().unwrap();
    assert!(running.wait().unwrap().success());
    assert_eq!(total(&product), 3);
}

#[cfg(unix)]
#[test]
fn the_lock_of_the_warehouse_is_not_written_through_a_link() {
    let product = shop();
    product.write("theirs", "theirs");
    product.write(".floe/mine", "");
    let lock = product.path(".floe/warehouse.lock");
    std::os::unix::fs::symlink(product.path("theirs"), lock).unwrap();
    for output in [run(&product, &["+shops"]), product.run()] {
        let error = "{dir}/.floe/warehouse.lock: it is a symbolic link, ";
        assert!(output.stderr.contains(error), "{}", output.stderr);
        assert_ne!(output.code, Some(0));
    }
    assert_eq!(product.read("theirs"), "theirs");
}

#[test]
fn the_artifacts_are_those_of_all_assets_and_a_selection_of_all_is_a_run() {
    let product = shop();
    product.run().assert_ok();
    let all = product.read(".floe/compiled_artifacts.json");
    run(&product, &["shops"]).assert_ok();
    assert_eq!(product.read(".floe/compiled_artifacts.json"), all);
    let artifacts = product.path(".floe/compiled_artifacts.json");
    let artifacts = artifacts.to_str().unwrap();
    run(&product, &["shops", "--artifacts", artifacts]).assert_ok();
    let output = run(&product, &["+report", "shop_list+"]);
    output.assert_ok();
    let summary = "4 models and 2 sources built, 0 failed · ";
    assert!(output.stderr.contains(summary), "{}", output.stderr);
}

/// Only what was built is stored as objects; the semantic layer has each gold table that exists.
#[test]
fn gold_tables_that_are_not_selected_are_not_published_again() {
    let product = shop();
    product.append(
        "manifest.yaml",
        "plugins: { storage: { type: local, folder: lake }, semantic_layer: { type: cube } }",
    );
    let files = |start: &str| -> Vec<String> {
        let mut files = product.files();
        files.retain(|path| path.starts_with(start));
        files
    };
    run(&product, &["+totals"]).assert_ok();
    assert_eq!(files("lake/"), ["lake/retail/shop/totals.csv"]);
    assert_eq!(files(".floe/semantic/"), [".floe/semantic/totals.yml"]);
    product.remove("lake/retail/shop/totals.csv");
    run(&product, &["report"]).assert_ok();
    assert_eq!(files("lake/"), ["lake/retail/shop/report.csv"]);
    let both = [".floe/semantic/report.yml", ".floe/semantic/totals.yml"];
    assert_eq!(files(".floe/semantic/"), both);
    let totals = product.read(".floe/semantic/totals.yml");
    run(&product, &["orders"]).assert_ok();
    assert_eq!(files(".floe/semantic/"), both);
    assert_eq!(product.read(".floe/semantic/totals.yml"), totals);
}

fn assert_lines(stdout: &str) {
    let lines: Vec<Json> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, assets) in [(&lines[0], "assets"), (&lines[3], "built")] {
        assert_eq!((&line[assets], &line["not_selected"]), (&2.into(), &4.into()));
    }
}

fn assert_results_and_history(product: &Product) {
    let json = |path: &str| -> Json { serde_json::from_str(&product.read(path)).unwrap() };
    let results = json(".floe/run_results.json");
    assert_eq!(results["select"], "stg_orders totals");
    assert_eq!(results["status"], "success");
    let keys: Vec<_> = results["assets"].as_array().unwrap().iter().collect();
    assert_eq!(keys.iter().map(|it| &it["key"]).collect::<Vec<_>>(), ["stg_orders", "totals"]);
    let history = product.read(".floe/runs.json");
    assert!(history.contains("\"run --select stg_orders totals\""), "{history}");
}

fn assert_lineage(product: &Product) {
    let lineage = product.read(".floe/lineage.jsonl");
    let events: Vec<Json> =
        lineage.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let jobs: BTreeSet<_> = events.iter().map(|it| it["job"]["name"].as_str().unwrap()).collect();
    assert_eq!(jobs, BTreeSet::from(["shop", "shop.stg_orders", "shop.totals"]));
    for event in &events {
        let is_selection = event["job"]["name"] == "shop";
        assert_eq!(event.to_string().contains("floe_select"), is_selection, "{event}");
    }
}

fn assert_spans(spans: &[ReceivedSpan]) {
    let root = spans.iter().find(|it| it.name == "floe.pipeline.run").unwrap();
    let select = Value::String("stg_orders totals".to_owned());
    assert_eq!(root.attributes["floe.pipeline.select"], select);
    let built: BTreeSet<_> =
        spans.iter().filter_map(|it| it.name.strip_prefix("floe.asset.")).collect();
    assert_eq!(built, BTreeSet::from(["stg_orders", "totals"]));
}

/// A product is as fresh as its last run of all assets.
fn assert_points(points: &[ReceivedPoint]) {
    let of_run = points.iter().filter(|it| it.name.starts_with("floe.pipeline."));
    assert_eq!(of_run.map(|it| &it.name).collect::<Vec<_>>(), Vec::<&String>::new());
    let models: BTreeSet<_> = points
        .iter()
        .filter(|it| it.name == "floe.transform.rows_affected")
        .map(|it| format!("{:?}", it.attributes["floe.transform.model"]))
        .collect();
    assert_eq!(models.len(), 2, "{models:?}");
}

#[test]
fn the_results_the_history_the_lineage_and_the_trace_say_what_was_selected() {
    let product = shop();
    product.run().assert_ok();
    product.remove(".floe/lineage.jsonl");
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let select = ["--select", "stg_orders,totals", "--json"];
    let output = product.floe("run", &select, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_lines(&output.stdout);
    assert_results_and_history(&product);
    assert_lineage(&product);
    assert_spans(&receiver.spans());
    assert_points(&receiver.points());
}
