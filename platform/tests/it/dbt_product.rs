//! A product that is a dbt project. A stand-in runs the nodes here; dbt itself runs them in `.ci/services pipeline`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use floe_tests::{MetricValue, ReceivedPoint, Receiver};
use serde_json::{Value, json};

use crate::product::{Product, command};
use crate::{exporting_to, spans_of};

const DBT: &str = "#!/bin/sh
echo \"$*\" > arguments
mkdir -p target
cp results.json target/run_results.json
cp graph.json target/manifest.json
cat events >> \"$DBT_LOG_PATH/dbt.log\"
[ ! -p gate ] || timeout 20 head -n 1 gate
[ ! -f failed ] || exit 1
";

const INVOCATION: &str = "4be4c3c5-6a29-4b7a-9d0f-2a8c3f5e7d11";

/// Returns the manifest.
fn graph() -> Value {
    let table = |name: &str| json!({ "database": "shop", "schema": "main", "name": name });
    json!({
        "metadata": { "adapter_type": "duckdb", "project_name": "shop_dbt" },
        "nodes": {
            "seed.shop_dbt.orders": table("orders"),
            "snapshot.shop_dbt.old_orders": table("old_orders"),
            "model.shop_dbt.stg_orders": table("stg_orders"),
            "model.shop_dbt.totals": table("totals"),
            "test.shop_dbt.unique_id.1f": {
                "name": "unique_id",
                "attached_node": "model.shop_dbt.stg_orders",
                "column_name": "id",
            },
        },
        "parent_map": {
            "model.shop_dbt.stg_orders": ["seed.shop_dbt.orders"],
            "model.shop_dbt.totals": ["model.shop_dbt.stg_orders"],
        },
    })
}

/// Returns a dbt project whose stand-in reports four nodes and a test. `test` is the status of the test, and `last` is
/// the status of the model that reads the tested node.
pub(crate) fn product(test: &str, last: &str) -> Product {
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
    let node = |id: &str, status: &str, message: &str| json!({ "unique_id": id, "status": status, "message": message, "execution_time": 100.25, "compiled_code": "select 1", "adapter_response": {} });
    let results = json!({
        "metadata": { "dbt_version": "1.11.16", "invocation_id": INVOCATION },
        "elapsed_time": 1.5,
        "args": { "which": "build" },
        "results": [
            node("seed.shop_dbt.orders", "success", "INSERT 3"),
            node("snapshot.shop_dbt.old_orders", "success", "OK"),
            node("model.shop_dbt.stg_orders", "success", "OK"),
            node("test.shop_dbt.unique_id.1f", test, "Got 2 results for key=hunter2XyZ12, password=hunter2XyZ12"),
            node("model.shop_dbt.totals", last, "skipped"),
        ],
    });
    let event = |name: &str, status: &str| {
        let node = json!({ "unique_id": "model.shop_dbt.stg_orders", "node_name": "stg_orders", "resource_type": "model", "node_status": status });
        let result = json!({ "status": status, "message": "OK", "execution_time": 100.25 });
        let info = json!({ "name": name, "level": "debug", "msg": name, "invocation_id": INVOCATION, "ts": "2026-11-27T04:00:00.000000Z" });
        json!({ "info": info, "data": { "node_info": node, "run_result": result } })
    };
    let artifact = |kind: &str, path: &str| {
        let info = json!({ "name": "ArtifactWritten", "level": "debug", "msg": kind, "invocation_id": INVOCATION, "ts": "2026-11-27T04:00:00.000000Z" });
        json!({ "info": info, "data": { "artifact_type": kind, "artifact_path": path } })
    };
    let events = [
        artifact("WritableManifest", "target/manifest.json"),
        event("NodeStart", "started"),
        event("NodeFinished", "success"),
        artifact("RunExecutionResult", "target/run_results.json"),
    ];
    product.write("events", &events.map(|event| format!("{event}\n")).concat());
    product.write("results.json", &results.to_string());
    product.write("graph.json", &graph().to_string());
    product
}

#[test]
fn dbt_builds_the_nodes_with_the_profile_of_the_compute_plugin() {
    let product = product("pass", "success");
    let output = product.run();
    output.assert_ok();
    let built = "2 models, 1 seed and 1 snapshot built, 0 failed · 1 check passed, 0 failed · ";
    output.assert_says(built);
    // The time of the build is that of the command, not of its nodes, which ran in parallel.
    for of_nodes in ["build 100.25 s", "build 401.00 s"] {
        assert!(!output.stderr.contains(of_nodes), "{}", output.stderr);
    }
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
    let results = product.json(".floe/run_results.json");
    let keys: Vec<&Value> =
        results["assets"].as_array().unwrap().iter().map(|it| &it["key"]).collect();
    assert_eq!(keys, ["orders", "old_orders", "stg_orders", "totals"]);
    assert_eq!(results["assets"][2]["checks_passed"], 1);
    // Each node has its time in the history of the product.
    let totals = &product.runs()[0]["assets"][3];
    assert_eq!((&totals["key"], &totals["seconds"]), (&json!("totals"), &json!(100.25)));
}

#[test]
fn a_test_of_dbt_that_fails_is_an_alert_and_fails_the_run() {
    let product = product("fail", "skipped");
    product.write("failed", "");
    let output = product.run();
    output.assert_code(1);
    for part in ["1 seed and 1 snapshot built, 1 failed, 1 skipped", "totals", "needs stg_orders"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    let alerts = product.read(".floe/alerts.log");
    assert!(alerts.contains("unique_id"), "{alerts}");
    assert!(alerts.contains("FloeQualityCheckFailed"), "{alerts}");
    assert!(!product.read(".floe/run_results.json").contains("hunter2"));
    let results = product.json(".floe/run_results.json");
    assert_eq!(results["assets"][2]["failed_checks"], json!([{ "name": "unique_id" }]));
}

/// A model that reads an unchanged one is built, and a test of an unchanged one may still fail.
#[test]
fn nodes_that_dbt_reuses_are_neither_built_nor_skipped() {
    let product = product("reused", "success");
    let mut results = product.json("results.json");
    results["results"][2]["status"] = "reused".into();
    product.write("results.json", &results.to_string());
    let output = product.run();
    output.assert_ok();
    output.assert_says("1 model, 1 seed and 1 snapshot built, 0 failed, 1 unchanged · ");
    let results = product.json(".floe/run_results.json");
    assert_eq!(results["assets"][2]["status"], "unchanged");
    assert_eq!(results["assets"][2]["checks_passed"], 0);
}

#[test]
fn the_spans_of_duckdb_check_its_file_and_write_the_profile() {
    let product = product("pass", "success");
    let spans = spans_of(&product);
    for operation in ["validate_connection", "generate_profile"] {
        let span = spans.single(&format!("compute.{operation}"));
        assert_eq!(span.scope(), "floe.compute.duckdb");
        span.assert_ok()
            .assert_attribute("compute.operation", operation)
            .assert_attribute("compute.engine", "duckdb");
    }
}

#[test]
fn a_node_is_printed_when_it_has_ended() {
    let product = product("pass", "success");
    let gate = product.path("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let folder = product.path("");
    let mut floe = command(&["run", folder.to_str().unwrap()], &[]);
    let mut floe = floe.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(floe.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("  ✓ stg_orders")));
    // The stand-in waits for this line before it ends.
    let mut gate = fs::File::options().read(true).write(true).open(&gate).unwrap();
    gate.write_all(b"\n").unwrap();
    let rest: Vec<String> = lines.collect();
    assert!(!rest.iter().any(|line| line.starts_with("  ✓ stg_orders")), "{rest:?}");
    assert!(rest.iter().any(|line| line.starts_with("  ✓ totals")), "{rest:?}");
    assert!(floe.wait().unwrap().success());
}

#[test]
fn tests_and_models_of_dbt_are_recorded() {
    for (test, code, counts) in [("pass", 0, [1.0, 1.0, 0.0]), ("fail", 1, [1.0, 0.0, 1.0])] {
        let product = product(test, "success");
        if code == 1 {
            product.write("failed", "");
        }
        let receiver = Receiver::http();
        let endpoint = receiver.endpoint();
        let variables = exporting_to(&endpoint);
        assert_eq!(product.floe("run", &[], &variables).code, Some(code));
        let points = receiver.points();
        for (name, count) in ["total", "passed", "failed"].into_iter().zip(counts) {
            let name = format!("floe.quality.tests_{name}");
            let point = points.iter().find(|it| it.name == name).expect(&name);
            assert_eq!(point.value, MetricValue::Sum(count), "{name}");
            assert_eq!(point.attributes["floe.quality.model"], "stg_orders");
            assert_eq!(point.attributes["floe.quality.test_name"], "unique_id");
        }
        let name = "floe.transform.last_run.duration";
        let of_totals = |it: &&ReceivedPoint| it.attributes["floe.transform.model"] == "totals";
        let mut points = points.iter().filter(|it| it.name == name);
        assert_eq!(points.find(of_totals).unwrap().value, MetricValue::Gauge(100.25));
    }
}

#[test]
fn a_source_that_dbt_only_tests_is_not_materialized() {
    for (test, code, failed, checks) in [
        ("pass", 0, 0.0, "1 check passed, 0 failed"),
        ("fail", 1, 1.0, "0 checks passed, 1 failed"),
    ] {
        let product = product(test, "success");
        if code == 1 {
            product.write("failed", "");
        }
        let (model, source) =
            ("node\":\"model.shop_dbt.stg_orders", "node\":\"source.shop_dbt.raw.names");
        product.replace("graph.json", model, source);
        let receiver = Receiver::http();
        let endpoint = receiver.endpoint();
        let output = product.floe("run", &[], &exporting_to(&endpoint));
        output.assert_code(code);
        let built = format!("2 models, 1 seed and 1 snapshot built, {failed} failed · {checks} · ");
        output.assert_says(&built);
        let points = receiver.points();
        let is_materialized = |key: &str| {
            let mut points = points.iter().filter(|it| it.name == "floe.asset.materializations");
            points.any(|it| it.attributes["floe.asset.key"] == key)
        };
        assert!(is_materialized("stg_orders"), "{points:?}");
        assert!(!is_materialized("raw.names"), "{points:?}");
        for (status, count) in [("success", 4.0), ("failed", failed)] {
            let assets = points.iter().find(|it| {
                it.name == "floe.pipeline.last_run.assets"
                    && it.attributes["floe.asset.status"] == status
            });
            assert_eq!(assets.unwrap().value, MetricValue::Gauge(count), "{status}");
        }
    }
}

#[test]
fn a_command_is_found_by_its_id_also_if_no_node_has_failed() {
    let product = product("pass", "success");
    product.write("failed", "");
    let output = product.run();
    output.assert_code(1);
    let output = product.floe("find", &[INVOCATION, "--json"], &[]);
    let found: Value = serde_json::from_str(&output.stdout).expect(&output.stderr);
    assert_eq!(found["runs"][0]["status"], "failed");
}

/// Runs `floe trace-dbt -- stand-in <arguments>` with a receiver, and returns its standard error.
fn said_by(product: &Product, arguments: &[&str]) -> String {
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let output = traced(product, arguments, &exporting_to(&endpoint));
    String::from_utf8(output.stderr).unwrap()
}

fn traced(
    product: &Product,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> std::process::Output {
    let program = product.path("stand-in");
    let start = ["trace-dbt", "--", program.to_str().unwrap()];
    let mut floe = command(&[&start, arguments].concat(), variables);
    floe.current_dir(product.path("")).output().unwrap()
}

#[test]
fn commands_below_trace_dbt_are_in_the_same_history_as_runs() {
    let product = product("pass", "success");
    product.run().assert_ok();
    assert_eq!(said_by(&product, &["build"]), "");
    let runs = product.runs();
    assert_eq!(runs.len(), 2);
    for (one, other) in [("command", "dbt build"), ("status", "success"), ("environment", "dev")] {
        assert!(runs.iter().all(|run| run[one] == other), "{one}: {runs:#?}");
    }
    assert_eq!(runs[0]["assets"].as_array().unwrap().len(), 4);
    assert_eq!(runs[0]["assets"], runs[1]["assets"]);
}

#[test]
fn a_source_that_is_only_tested_is_in_the_history() {
    let product = product("pass", "success");
    let mut results = product.json("results.json");
    let nodes = results["results"].as_array_mut().unwrap();
    nodes.retain(|node| node["unique_id"].as_str().unwrap().starts_with("test."));
    product.write("results.json", &results.to_string());
    assert_eq!(said_by(&product, &["test"]), "");
    let run = &product.runs()[0];
    assert_eq!(run["assets"][0]["kind"], "source", "{run:#}");
}

#[test]
fn with_a_mistake_in_the_manifest_the_ids_are_kept_and_the_history_is_one_warning() {
    let product = product("pass", "success");
    let manifest = product.read("manifest.yaml");
    product.write("manifest.yaml", "unknown: p\n");
    let said = said_by(&product, &["build"]);
    assert!(said.starts_with("warning: the product of `dbt build` is not known: "), "{said}");
    assert_eq!(said.matches("warning").count(), 1, "{said}");
    product.write("manifest.yaml", &manifest);
    let output = product.floe("find", &[INVOCATION, "--json"], &[]);
    assert!(output.stdout.contains(INVOCATION), "{}", output.stderr);
}

#[test]
fn a_project_with_its_own_profile_is_built_in_the_environment() {
    let product = product("pass", "success");
    product.replace("manifest.yaml", "  compute: ", "  # compute: ");
    let output = product.floe("run", &["--env", "prod"], &[]);
    output.assert_ok();
    // No option names a profile, so dbt finds the profile as it does without `floe`.
    let folder = product.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let expected = format!("build --project-dir {folder} --target prod");
    assert_eq!(product.read("arguments").trim_end(), expected);
    // Only dbt knows where its database is.
    let summary = output.stderr.split_once("2 models, 1 seed and 1 snapshot built, ").unwrap().1;
    assert!(summary.contains("\ntables   in the database of dbt's profile\n"), "{summary}");
}

#[test]
fn a_model_that_is_a_partial_success_has_failed() {
    let product = product("pass", "partial success");
    product.write("failed", "");
    let output = product.run();
    output.assert_code(1);
    output.assert_says("1 failed · ");
}

#[test]
fn an_engine_and_a_product_that_do_not_fit_are_a_mistake() {
    let of_dbt = product("pass", "success");
    of_dbt.replace("manifest.yaml", "  dbt: ", "  # dbt: ");
    let output = of_dbt.run();
    output.assert_code(2);
    output.assert_says("expected a plugin `dbt`");

    let of_dbt = product("pass", "success");
    of_dbt.append("floe.yaml", "models: [{ name: totals, layer: gold }]\n");
    of_dbt.write("models/totals.sql", "SELECT 1 AS one\n");
    let output = of_dbt.run();
    output.assert_code(2);
    output.assert_says("expected neither `models` nor `sources`");

    let plain = Product::shop();
    plain.append("manifest.yaml", "plugins: { compute: { type: duckdb } }");
    let output = plain.run();
    output.assert_code(2);
    let message = "the compute plugin `duckdb` is for dbt projects";
    output.assert_says(message);
}

#[test]
fn a_project_without_a_product_has_a_history_and_says_once_where() {
    let product = product("pass", "success");
    for file in ["floe.yaml", "manifest.yaml"] {
        fs::remove_file(product.path(file)).unwrap();
    }
    let said = || said_by(&product, &["build"]);
    let place = fs::canonicalize(product.path("")).unwrap().join(".floe/runs.jsonl");
    assert_eq!(said(), format!("history  kept in {} from now on\n", place.display()));
    assert_eq!(said(), "");
    assert_eq!(product.read(".floe/.gitignore"), "*\n");
    assert_eq!(product.runs().len(), 2);
    let found = product.floe("find", &[INVOCATION], &[]);
    found.assert_ok();
    assert!(found.stdout.starts_with("dbt build of "), "{}", found.stdout);
}

#[test]
fn the_results_of_another_run_are_one_warning_and_not_counted() {
    let product = product("pass", "success");
    product.replace("results.json", INVOCATION, "another");
    let said = said_by(&product, &["build"]);
    let warning = "warning: the history has no nodes of `dbt build`: `";
    assert!(said.starts_with(warning), "{said}");
    assert!(said.ends_with("found those of `another`\n"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(product.runs()[0]["assets"], serde_json::json!([]));
}

/// Runs `floe trace-dbt` and returns what it says, and the assets of the run in the history.
fn said(product: &Product) -> (String, Value) {
    let said = said_by(product, &["build"]);
    (said, product.runs()[0]["assets"].clone())
}

#[test]
fn the_results_are_in_the_target_folder_whatever_the_environment_names() {
    let product = product("pass", "success");
    product.replace(
        "stand-in",
        "mkdir -p target",
        "echo $DBT_ENGINE_TARGET_PATH > seen; mkdir target",
    );
    product.floe("run", &[], &[("DBT_ENGINE_TARGET_PATH", "other")]).assert_ok();
    let target = product.path("target").canonicalize().unwrap();
    assert_eq!(product.read("seen").trim_end(), target.to_str().unwrap());
}

#[test]
fn a_manifest_of_an_unknown_version_of_dbt_is_one_warning() {
    let product = product("pass", "success");
    product.replace("graph.json", "\"parent_map\":", "\"parents_of_9\":");
    product.replace(
        "graph.json",
        "\"adapter_type\":",
        "\"dbt_version\":\"9.0.1\",\"adapter_type\":",
    );
    let (said, assets) = said(&product);
    let warning = "warning: the nodes have no links: cannot read `target/manifest.json`: expected the field `parent_map`, found none (dbt 9.0.1)\n";
    assert_eq!(said, warning);
    let keys: Vec<&Value> = assets.as_array().unwrap().iter().map(|it| &it["key"]).collect();
    // Nobody knows the table of the test, so the test is listed under its own name.
    assert_eq!(keys, ["orders", "old_orders", "stg_orders", "totals", "unique_id"]);
}

#[test]
fn a_dbt_that_is_interrupted_leaves_what_it_built_before_uncounted() {
    let product = product("pass", "success");
    let (before, assets) = said(&product);
    assert_eq!((before.as_str(), assets.as_array().unwrap().len()), ("", 4));
    // dbt is killed after it has started a node, while the folder has the results of the previous command.
    let begun: Vec<&str> = INTERRUPTED.lines().collect();
    product.write("stand-in", &begun.join("\n"));
    let (after, assets) = said(&product);
    assert_eq!((after.as_str(), &assets), ("", &json!([])));
    assert_eq!(product.runs()[0]["status"], "failed");
}

const INTERRUPTED: &str = "#!/bin/sh
sed 's/4be4c3c5/another-/' events | head -n 2 >> \"$DBT_LOG_PATH/dbt.log\"
kill -TERM $$
";

#[test]
fn a_dbt_without_a_target_folder_is_one_sentence() {
    let product = product("pass", "success");
    let failed = json!({
        "info": { "name": "MainEncounteredError", "level": "error", "msg": "no target", "invocation_id": INVOCATION },
        "data": { "exc": "The profile 'shop_profile' does not have a target named 'dev'." },
    });
    product.write("events", &format!("{failed}\n"));
    product.write("stand-in", "#!/bin/sh\ncat events >> \"$DBT_LOG_PATH/dbt.log\"\nexit 2\n");
    let (of_dbt, assets) = said(&product);
    assert_eq!((of_dbt.as_str(), &assets), ("", &json!([])));
    let output = product.run();
    output.assert_code(1);
    let errors = output.stderr.lines().filter(|line| line.starts_with("error"));
    assert_eq!(errors.count(), 1, "{}", output.stderr);
}
