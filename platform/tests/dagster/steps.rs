//! Single steps, as Dagster starts them.

use std::fs;

use floe_tests::{ReceivedLog, ReceivedSpan, ReceivedStatus};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::setup::{
    RUN_ID, Setup, TRACE_ID, assert_attributes, assert_lineage, assert_one_trace, assert_success,
    encode, ended_with, is_error, linked, parent, single, step_context, text,
};

fn assert_asset(asset: &ReceivedSpan) {
    assert_eq!(asset.parent_span_id, "b7ad6b7169203331");
    assert_eq!(asset.status, ReceivedStatus::Ok);
    assert_eq!(asset.scope, "floe.orchestrator.dagster");
    assert_attributes(
        asset,
        &json!({ "dagster.asset_key": "stg_orders", "dagster.run_id": RUN_ID, "dagster.step_key": "stg_orders", "dagster.job_name": "shop_job", "dagster.partition_key": "2026-01", "dagster.retry_number": 2, "dagster.asset.status": "success", "orchestrator.operation": "asset", "floe.product.name": "shop", "floe.pipeline.run_id": RUN_ID }),
    );
}

fn assert_reads_and_writes(spans: &[ReceivedSpan], asset: &ReceivedSpan) {
    assert_eq!(linked(spans, asset), ["dagster.asset.orders"]);
    let read = single(spans, "dagster.io.read");
    assert_eq!(parent(spans, read), "dagster.asset.stg_orders");
    assert_eq!(linked(spans, read), ["dagster.asset.orders"]);
    assert_attributes(read, &json!({ "dagster.asset_key": "orders" }));
    let materialize = single(spans, "compute.materialize");
    assert_eq!(parent(spans, materialize), "dagster.io.write");
    let ingestion = single(spans, "ingestion.run");
    let load = spans.iter().find(|it| it.span_id == ingestion.parent_span_id);
    assert_eq!(parent(spans, load.unwrap()), "dagster.io.write");
}

fn assert_messages(messages: &[Json], orders: &ReceivedSpan) {
    let url = format!("http://jaeger:16686/trace/{TRACE_ID}");
    let typed = |kind: &str, value: &str| json!({ "type": kind, "raw_value": value });
    let traceparent = format!("00-{TRACE_ID}-{}-01", orders.span_id);
    assert_eq!(
        messages[1..],
        [
            json!({ "__dagster_pipes_version": "0.1", "method": "log", "params": {
                "level": "INFO", "message": format!("trace: {url}"),
            } }),
            json!({ "__dagster_pipes_version": "0.1", "method": "report_asset_materialization", "params": {
                "asset_key": "orders",
                "data_version": null,
                "metadata": {
                    "dagster/row_count": { "type": "int", "raw_value": 2 },
                    "floe/run_id": typed("text", RUN_ID),
                    "floe/span_id": typed("text", &orders.span_id),
                    "floe/trace": typed("url", &url),
                    "floe/trace_id": typed("text", TRACE_ID),
                    "floe/traceparent": typed("text", &traceparent),
                },
            } }),
            json!({ "__dagster_pipes_version": "0.1", "method": "closed", "params": {} }),
        ]
    );
}

/// Asserts that the log of an asset has the ids of its span, its run and its lineage.
fn assert_logs(logs: &[ReceivedLog], asset: &ReceivedSpan) {
    let begins = |log: &&ReceivedLog| log.body == Some("asset begins".into());
    let log = logs.iter().rfind(begins).unwrap();
    assert_eq!(log.span_id, asset.span_id);
    assert_eq!(log.attributes["dagster_run_id"], RUN_ID);
    let lineage = &asset.attributes["lineage.run_id"];
    assert_eq!(log.attributes["lineage_run_id"], *lineage);
}

#[test]
fn a_step_builds_its_asset_in_the_trace_of_its_environment() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    let compiled = setup.spans().len();
    assert_success(&setup.step("orders", &json!({})));
    let of_orders = setup.messages();
    assert_success(&setup.step(
        "stg_orders",
        &json!({ "orders": of_orders[2]["params"]["metadata"]["floe/traceparent"]["raw_value"] }),
    ));
    let spans = &setup.spans()[compiled..];
    assert_one_trace(spans);

    let orders = single(spans, "dagster.asset.orders");
    let asset = single(spans, "dagster.asset.stg_orders");
    assert_asset(asset);
    assert_lineage(&setup, asset, RUN_ID, RUN_ID);
    assert_reads_and_writes(spans, asset);
    assert_messages(&of_orders, orders);
    assert_eq!(setup.tables(), ["orders", "stg_orders"]);
    assert_logs(&setup.receiver.logs(), asset);

    // An asset can be built again, and the other tables stay.
    assert_success(&setup.step("orders", &json!({ "orders": "nonsense", "x": 1 })));
    assert_eq!(setup.tables(), ["orders", "stg_orders"]);
}

#[test]
fn a_step_copies_what_another_program_has_committed() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    assert!(setup.step("orders", &json!({})).status.success());
    let program = Connection::open(setup.product.path(".floe/warehouse.db")).unwrap();
    program.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE notes (text)").unwrap();
    assert_success(&setup.step("stg_orders", &json!({})));
    drop(program);
    assert_eq!(setup.tables(), ["notes", "orders", "stg_orders"]);
    let files = setup.product.files();
    assert!(!files.iter().any(|path| path.contains("warehouse.db-")), "{files:?}");
}

#[test]
fn a_step_that_fails_is_an_exception_without_credentials() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    assert!(setup.step("orders", &json!({})).status.success());
    let before = fs::read(setup.product.path(".floe/warehouse.db")).unwrap();
    let csv = "order_id,ordered_on\npassword=c4n4ry99,\n";
    setup.product.write("data/orders.csv", csv);
    let spans = setup.spans().len();
    let output = setup.step("orders", &json!({}));
    let stderr = ended_with(&output, 1);
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    let asset = single(&setup.spans()[spans..], "dagster.asset.orders").clone();
    assert!(is_error(&asset, "expected a whole number"), "{:?}", asset.status);
    assert_attributes(&asset, &json!({ "dagster.asset.status": "failed" }));
    let messages = setup.messages();
    let methods: Vec<&Json> = messages.iter().map(|it| &it["method"]).collect();
    assert_eq!(methods, ["opened", "log", "closed"]);
    let exception = &messages[2]["params"]["exception"]["message"];
    let exception = exception.as_str().unwrap();
    assert!(exception.contains("expected a whole number"), "{exception}");
    let all = format!("{messages:?}{stderr}{:?}", setup.spans());
    assert!(!all.contains("c4n4ry99"), "{all}");
    let after = fs::read(setup.product.path(".floe/warehouse.db")).unwrap();
    assert!(before == after, "the warehouse was replaced");
}

#[test]
fn a_check_that_fails_is_reported_as_one() {
    for (asset, line) in
        [("orders", "    path: data/orders.csv\n"), ("stg_orders", "    layer: bronze\n")]
    {
        assert_check_is_reported(asset, line);
    }
}

#[track_caller]
fn assert_check_is_reported(asset: &str, line: &str) {
    let setup = Setup::with_script("exit 9");
    let checks = format!("{line}    checks: [{{ unique: order_id }}, {{ row_count: 3 }}]\n");
    setup.product.replace("floe.yaml", line, &checks);
    setup.compile();
    if asset != "orders" {
        assert!(setup.step("orders", &json!({})).status.success());
    }
    let output = setup.step(asset, &json!({}));
    // The step itself succeeds. Dagster then fails it, because the check is blocking.
    assert_success(&output);
    let messages = setup.messages();
    let results: Vec<(&Json, &Json, &Json)> = messages
        .iter()
        .filter(|it| it["method"] == "report_asset_check")
        .map(|it| &it["params"])
        .map(|it| (&it["check_name"], &it["passed"], &it["severity"]))
        .collect();
    let yes = json!(true);
    let no = json!(false);
    let error = json!("ERROR");
    assert_eq!(
        results,
        [(&json!("unique_order_id"), &yes, &error), (&json!("row_count"), &no, &error)]
    );
    let asset = single(&setup.spans(), &format!("dagster.asset.{asset}")).clone();
    assert!(is_error(&asset, "the check `row_count`"), "{:?}", asset.status);
    assert_eq!(messages.last().unwrap()["params"], json!({}));
}

/// A stand-in for dbt that reports a model and a failed test of that model.
const DBT: &str = r#"mkdir -p target
echo '{"metadata": {"dbt_version": "1.11.16"}, "elapsed_time": 1, "results": [
    {"unique_id": "model.shop_dbt.totals", "status": "success", "execution_time": 1},
    {"unique_id": "test.shop_dbt.unique_id.1f", "status": "fail", "message": "Got 2 results"}
]}' > target/run_results.json
echo '{"parent_map": {}, "nodes": {"test.shop_dbt.unique_id.1f": {"attached_node": "model.shop_dbt.totals"}}}' > target/manifest.json
exit 1"#;

/// Makes the product a dbt project, which the stand-in builds.
fn of_dbt(setup: &Setup) {
    setup.product.write("floe.yaml", "name: shop\nversion: 1.0.0\n");
    setup.product.write("dbt_project.yml", "name: shop_dbt\n");
    let program = setup.program("dbt", DBT);
    let plugins = format!(
        "plugins:\n  compute: {{ type: duckdb }}\n  dbt: {{ type: core, program: '{}' }}\n  alert_channel: {{ type: terminal, file: .floe/alerts.log }}\n",
        program.display()
    );
    setup.product.replace("manifest.yaml", "plugins:\n", &plugins);
}

#[test]
fn a_test_of_dbt_that_fails_is_a_check_and_an_alert() {
    let setup = Setup::with_script("exit 9");
    of_dbt(&setup);
    setup.compile();
    let mut context = step_context("totals", &json!({}));
    let data = &mut context["data"];
    data["asset_keys"] = json!(["mart/totals", "other"]);
    data["extras"]["nodes"] = json!({
        "model.shop_dbt.totals": "mart/totals",
        "model.shop_dbt.other": "other",
    });
    data["extras"]["checks"] =
        json!({ "test.shop_dbt.unique_id.1f": ["mart/totals", "unique_id"] });
    let output = setup.step_in(&context);
    // The step fails in the definitions, after Dagster has got what dbt has built.
    assert_success(&output);
    let messages = setup.messages();
    let methods: Vec<&Json> = messages.iter().map(|it| &it["method"]).collect();
    let expected = [
        "opened",
        "log",
        "report_asset_materialization",
        "report_asset_check",
        "report_custom_message",
        "closed",
    ];
    assert_eq!(methods, expected);
    assert_eq!(messages[2]["params"]["asset_key"], "mart/totals");
    let check = &messages[3]["params"];
    assert_eq!((&check["check_name"], &check["passed"]), (&json!("unique_id"), &json!(false)));
    let reason = messages[4]["params"]["payload"].as_str().unwrap();
    assert!(reason.contains("Got 2 results"), "{reason}");
    assert!(setup.product.read(".floe/alerts.log").contains("unique_id"));
    let step = single(&setup.spans(), "dagster.step.totals").clone();
    assert!(is_error(&step, "Got 2 results"), "{:?}", step.status);
    let built = |log: &&ReceivedLog| log.body == Some("built".into());
    assert!(setup.receiver.logs().iter().find(built).is_none());
}

#[test]
fn a_step_that_selects_nothing_does_not_build_the_project() {
    let setup = Setup::with_script("exit 9");
    of_dbt(&setup);
    setup.compile();
    let mut context = step_context("totals", &json!({}));
    let extras = &mut context["data"]["extras"];
    extras["nodes"] = json!({ "model.shop_dbt.totals": "totals" });
    extras["select"] = json!([]);
    let output = setup.step_in(&context);
    let stderr = ended_with(&output, 2);
    let error = "error: Dagster's step selects no node of dbt, expected one or several\n";
    assert_eq!(stderr, error);
    assert!(!setup.product.path("target").exists());
}

#[test]
fn a_step_whose_nodes_dbt_does_not_find_fails() {
    let setup = Setup::with_script("exit 9");
    of_dbt(&setup);
    let found = "model.shop_dbt.totals";
    setup.program(
        "dbt",
        &DBT.replace("\"status\": \"fail\"", "\"status\": \"pass\"").replace("exit 1", "exit 0"),
    );
    setup.compile();
    let mut context = step_context("totals", &json!({}));
    let extras = &mut context["data"]["extras"];
    extras["nodes"] = json!({ found: "totals", "model.shop_dbt.other": "other" });
    extras["checks"] = json!({ "test.shop_dbt.lost.1f": ["totals", "lost"] });
    assert_success(&setup.step_in(&context));
    let messages = setup.messages();
    let of = |method: &str| messages.iter().find(|it| it["method"] == method).unwrap();
    assert_eq!(of("report_asset_materialization")["params"]["asset_key"], "totals");
    let reason = of("report_custom_message")["params"]["payload"].as_str().unwrap();
    assert!(reason.contains("found none for 2, the first: `model.shop_dbt.other`"), "{reason}");
}

#[test]
fn a_parsed_project_replaces_its_manifest_and_not_that_of_dbt() {
    let setup = Setup::with_script("exit 9");
    of_dbt(&setup);
    setup.program(
        "dbt",
        "mkdir -p \"$DBT_TARGET_PATH\"; echo new > \"$DBT_TARGET_PATH/manifest.json\"",
    );
    setup.compile();
    for (path, text) in [("target", "old"), (".floe/dbt", "older")] {
        setup.product.write(&format!("{path}/manifest.json"), text);
    }
    assert_success(&setup.floe("parse-project").output().unwrap());
    assert_eq!(setup.product.read("target/manifest.json"), "old");
    assert_eq!(setup.product.read(".floe/dbt/manifest.json"), "new\n");
    setup.program("dbt", "exit 2");
    let output = setup.floe("parse-project").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(setup.product.read(".floe/dbt/manifest.json"), "new\n");
}

#[test]
fn the_nodes_that_dbt_has_built_in_dagster_are_those_of_the_run() {
    let step = r#"exec "$FLOE_PROGRAM" build-asset "$FLOE_PRODUCT""#;
    let setup = Setup::with_script(&format!(
        ". ./parameters; export DAGSTER_PIPES_CONTEXT DAGSTER_PIPES_MESSAGES; {step}"
    ));
    of_dbt(&setup);
    let context = encode(&step_context("shop_dbt", &json!({})));
    let messages = encode(&json!({ "path": setup.product.path("messages") }));
    let parameters =
        format!("DAGSTER_PIPES_CONTEXT='{context}'\nDAGSTER_PIPES_MESSAGES='{messages}'\n");
    let folder = setup.product.path(".floe/orchestrator");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("parameters"), parameters).unwrap();
    let output = setup.run();
    let stderr = ended_with(&output, 1);
    assert!(stderr.contains("0 built, 1 failed · 0 checks passed, 1 failed · "), "{stderr}");
    let recorded: Json =
        serde_json::from_str(setup.product.read(".floe/runs.jsonl").lines().last().unwrap())
            .unwrap();
    let totals = &recorded["assets"][0];
    assert_eq!((&totals["key"], &totals["checks_failed"]), (&json!("totals"), &json!(1)));
}

#[test]
fn a_step_without_dagster_or_without_a_product_is_one_error() {
    let setup = Setup::with_script("exit 9");
    let output = setup.floe("build-asset").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: expected a process started by Dagster Pipes, found no variable `DAGSTER_PIPES_CONTEXT`\n"
    );
    let output = setup.step("orders", &json!({}));
    let stderr = ended_with(&output, 2);
    assert!(stderr.contains("compiled_artifacts.json: cannot read it: no such file"), "{stderr}");
    let messages = setup.messages();
    let closed = &messages[1]["params"]["exception"]["message"];
    assert!(closed.as_str().unwrap().contains("no such file"), "{closed}");

    setup.compile();
    let output = setup.step("nowhere", &json!({}));
    let stderr = ended_with(&output, 2);
    let expected = "expected orders, stg_orders, totals, found the asset `nowhere`";
    assert!(stderr.contains(expected), "{stderr}");
}
