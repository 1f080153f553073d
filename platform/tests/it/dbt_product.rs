//! A product that is a dbt project: `dbt build` runs its nodes, here a stand-in, and in `.ci/pipeline` dbt itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::product::Product;

const DBT: &str = "#!/bin/sh
echo \"$*\" > arguments
mkdir -p target
cp results.json target/run_results.json
cp graph.json target/manifest.json
[ ! -f failed ] || exit 1
";

/// A product of which dbt builds a seed and two models, and runs a test. `test` is the status of the test, and `last` that
/// of the model that reads what is tested.
fn product(test: &str, last: &str) -> Product {
    let product = Product::shop();
    let program = product.path("stand-in");
    product.write("floe.yaml", "name: shop\nversion: 1.0.0\n");
    product.write("dbt_project.yml", "name: shop_dbt\nprofile: shop_profile\n");
    product.write("stand-in", DBT);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let plugins = format!(
        "plugins:\n  compute: {{ type: duckdb, threads: 3 }}\n  dbt: {{ type: core, program: '{}' }}\n  alert_channel: {{ type: terminal, file: .floe/alerts.log }}",
        program.display()
    );
    product.append("manifest.yaml", &plugins);
    let node = |id: &str, status: &str, message: &str| json!({ "unique_id": id, "status": status, "message": message, "execution_time": 0.25, "compiled_code": "select 1", "adapter_response": {} });
    let results = json!({
        "metadata": { "dbt_version": "1.11.16" },
        "elapsed_time": 1.5,
        "results": [
            node("seed.shop_dbt.orders", "success", "INSERT 3"),
            node("model.shop_dbt.stg_orders", "success", "OK"),
            node("test.shop_dbt.unique_id.1f", test, "Got 2 results for key=hunter2XyZ12, password=hunter2XyZ12"),
            node("model.shop_dbt.totals", last, "skipped"),
        ],
    });
    let graph = json!({
        "nodes": { "test.shop_dbt.unique_id.1f": { "attached_node": "model.shop_dbt.stg_orders" } },
        "parent_map": {
            "model.shop_dbt.stg_orders": ["seed.shop_dbt.orders"],
            "model.shop_dbt.totals": ["model.shop_dbt.stg_orders"],
        },
    });
    product.write("results.json", &results.to_string());
    product.write("graph.json", &graph.to_string());
    product
}

#[test]
fn dbt_builds_the_nodes_with_the_profile_of_the_compute_plugin() {
    let product = product("pass", "success");
    let output = product.run();
    output.assert_ok();
    let built = "2 models and 1 source built, 0 failed · 1 check passed, 0 failed · ";
    assert!(output.stderr.contains(built), "{}", output.stderr);
    let folder = product.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    assert_eq!(
        product.read("arguments").trim_end(),
        format!("build --project-dir {folder} --profiles-dir {folder}/.floe/dbt --target dev")
    );
    let profile = product.read(".floe/dbt/profiles.yml");
    for part in ["shop_profile:", "type: duckdb", "threads: 3", "/.floe/warehouse.db"] {
        assert!(profile.contains(part), "{part}: {profile}");
    }
    let mode = fs::metadata(product.path(".floe/dbt/profiles.yml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let results: Value = serde_json::from_str(&product.read(".floe/run_results.json")).unwrap();
    let keys: Vec<&Value> =
        results["assets"].as_array().unwrap().iter().map(|it| &it["key"]).collect();
    assert_eq!(keys, ["orders", "stg_orders", "totals"]);
    assert_eq!(results["assets"][1]["checks_passed"], 1);
    // Each node has its time and a hash of its query in the history of the product.
    let measured = product.read(".floe/measured.jsonl");
    let measured: Value = serde_json::from_str(measured.lines().last().unwrap()).unwrap();
    let totals = &measured["assets"][2];
    assert_eq!((&totals["name"], &totals["seconds"]), (&json!("totals"), &json!(0.25)));
    assert_eq!(totals["query"].as_str().unwrap().len(), 16);
}

#[test]
fn a_test_of_dbt_that_fails_is_an_alert_and_fails_the_run() {
    let product = product("fail", "skipped");
    product.write("failed", "");
    let output = product.run();
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    for part in ["1 source built, 1 failed, 1 skipped", "totals", "needs stg_orders"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    let alerts = product.read(".floe/alerts.log");
    assert!(alerts.contains("unique_id") && alerts.contains("FloeQualityCheckFailed"), "{alerts}");
    assert!(!product.read(".floe/run_results.json").contains("hunter2"));
}

#[test]
fn an_engine_and_a_product_that_do_not_fit_are_a_mistake() {
    let of_dbt = product("pass", "success");
    of_dbt.replace("manifest.yaml", "  dbt: ", "  # dbt: ");
    let output = of_dbt.run();
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("expected a plugin `dbt`"), "{}", output.stderr);

    let of_dbt = product("pass", "success");
    of_dbt.append("floe.yaml", "models: [{ name: totals, layer: gold }]\n");
    of_dbt.write("models/totals.sql", "SELECT 1 AS one\n");
    let output = of_dbt.run();
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("expected neither `models` nor `sources`"), "{}", output.stderr);

    let plain = Product::shop();
    plain.append("manifest.yaml", "plugins: { compute: { type: duckdb } }");
    let output = plain.run();
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    let message = "the compute plugin `duckdb` is for dbt projects";
    assert!(output.stderr.contains(message), "{}", output.stderr);
}
