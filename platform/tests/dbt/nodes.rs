//! The spans and log records of the nodes that dbt Core reports.

use std::fs;
use std::process::Stdio;

use floe_tests::{MetricValue, ReceivedLog, ReceivedSpan, ReceivedStatus, Value, linked, tree};
use serde_json::{Value as Json, json};

use crate::program::in_a_node;
use crate::setup::{
    PLAY, Setup, TRACE_ID, TRACEPARENT, assert_attributes, assert_failed_hook, bytes,
    error_message, floe, nanos, recorded, single, text, text_of,
};

fn built() -> Vec<ReceivedSpan> {
    let setup = Setup::playing("build_ok", 0);
    let output = setup.build("build_ok.jsonl");
    assert_eq!((output.status.code(), text_of(&output.stderr)), (Some(0), String::new()));
    setup.spans()
}

#[test]
fn nodes_are_below_the_command_that_ran_them() {
    let spans = built();
    assert_eq!(
        tree(&spans),
        "\
dbt.build
  dbt.operation.corner_shop-on-run-start-0
  dbt.seed.raw_customers
  dbt.seed.raw_orders
  dbt.model.stg_orders
  dbt.model.stg_customers
  dbt.test.not_null_stg_orders_order_id
  dbt.test.unique_stg_orders_order_id
  dbt.model.named_customers
  dbt.model.orders_by_month
    dbt.batch.orders_by_month
    dbt.batch.orders_by_month
  dbt.snapshot.orders_snapshot
  dbt.model.customer_orders
  dbt.unit_test.revenue_is_a_sum
  dbt.model.city_revenue
  dbt.test.accepted_values_city_revenue_city__York
  dbt.test.no_negative_revenue
  dbt.operation.corner_shop-on-run-end-0"
    );
    let root = single(&spans, "dbt.build");
    assert_eq!((root.scope.as_str(), &root.status), ("floe.dbt.core", &ReceivedStatus::Ok));
    assert_eq!(root.resource.get("service.name"), Some(&"dbt".into()));
    assert_eq!(text(root, "dbt.invocation_id").map(|id| id.len()), Some(36));
    assert_attributes(
        root,
        &json!({ "dbt.command": "build", "dbt.operation": "build", "dbt.project_name": "corner_shop", "dbt.target": "dev", "dbt.version": "1.11.16", "dbt.adapter_type": "duckdb", "dbt.models_run": 5, "dbt.tests_run": 5, "dbt.failures": 0, "process.exit.code": 0 }),
    );
}

#[test]
fn a_node_has_its_times_and_attributes() {
    let spans = built();
    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(orders.status, ReceivedStatus::Ok);
    assert_eq!(
        (orders.start_unix_nano, orders.end_unix_nano),
        (nanos("23:51:30.256628"), nanos("23:51:30.802981"))
    );
    let events: Vec<_> =
        orders.events.iter().map(|event| (event.name.as_str(), event.unix_nano)).collect();
    assert_eq!(
        events,
        [("dbt.compile", nanos("23:51:30.301118")), ("dbt.execute", nanos("23:51:30.335681"))]
    );
    assert_attributes(
        orders,
        &json!({ "dbt.unique_id": "model.corner_shop.stg_orders", "dbt.node_type": "model", "dbt.model_name": "stg_orders", "dbt.materialization": "view", "dbt.relation": "\"corner_shop\".\"main\".\"stg_orders\"", "dbt.relative_path": "models/staging/stg_orders.sql", "dbt.status": "success", "dbt.node_outcome": "success", "dbt.adapter.message": "OK", "thread.name": "Thread-2 (worker)", "db.system.name": "duckdb", "db.namespace": "corner_shop|main", "db.collection.name": "stg_orders" }),
    );
}

#[test]
fn a_node_has_its_result_and_links_to_the_nodes_that_it_reads() {
    let spans = built();
    assert_attributes(
        single(&spans, "dbt.seed.raw_orders"),
        &json!({ "dbt.rows_affected": 40, "dbt.adapter.code": "INSERT", "dbt.materialization": "seed" }),
    );
    for (name, parents) in [
        ("dbt.seed.raw_orders", &[][..]),
        ("dbt.model.stg_orders", &["dbt.seed.raw_orders"]),
        ("dbt.model.customer_orders", &["dbt.model.named_customers", "dbt.model.stg_orders"]),
        ("dbt.test.no_negative_revenue", &["dbt.model.city_revenue"]),
        ("dbt.snapshot.orders_snapshot", &["dbt.model.stg_orders"]),
    ] {
        assert_eq!(linked(&spans, single(&spans, name)), parents, "{name}");
    }
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_eq!(test.attributes.get("db.collection.name"), None);
    assert_attributes(
        test,
        &json!({ "dbt.test_outcome": "passed", "dbt.failing_rows": 0, "quality.data_source": "model.corner_shop.stg_orders", "quality.pass_count": 1, "quality.fail_count": 0 }),
    );
}

fn assert_failed_model(spans: &[ReceivedSpan]) {
    let leaky = single(spans, "dbt.model.leaky");
    let message = error_message(leaky);
    assert!(
        message.starts_with("Runtime Error in model leaky (models/broken/leaky.sql)"),
        "{message}"
    );
    assert_attributes(leaky, &json!({ "error.type": "Runtime Error", "dbt.status": "error" }));
    assert_attributes(leaky, &json!({ "exception.message": message }));
}

fn assert_skipped_models(spans: &[ReceivedSpan]) {
    for (name, parent) in [
        ("dbt.model.below_leaky", "dbt.model.leaky"),
        ("dbt.model.below_tested", "dbt.model.tested"),
    ] {
        let skipped = single(spans, name);
        assert_eq!(skipped.status, ReceivedStatus::Unset);
        assert_attributes(
            skipped,
            &json!({ "dbt.node_outcome": "skipped", "dbt.node_skip_reason": "upstream" }),
        );
        assert_eq!(linked(spans, skipped), [parent]);
        assert!(skipped.end_unix_nano - skipped.start_unix_nano < 1_000_000_000);
    }
}

fn assert_failed_and_warned_tests(spans: &[ReceivedSpan]) {
    let failed = single(spans, "dbt.test.accepted_values_tested_order_id__1");
    assert_eq!(error_message(failed), "Got 39 results, configured to fail if != 0");
    assert_attributes(
        failed,
        &json!({ "error.type": "test_failed", "dbt.status": "fail", "dbt.test_outcome": "failed", "dbt.failing_rows": 39, "quality.provider": "dbt", "quality.check_name": "accepted_values_tested_order_id__1", "quality.data_source": "model.corner_shop.tested", "quality.fail_count": 1, "quality.pass_count": 0 }),
    );
    let warned = single(spans, "dbt.test.accepted_values_city_revenue_city__York");
    assert_eq!(warned.status, ReceivedStatus::Ok);
    assert_attributes(warned, &json!({ "dbt.test_outcome": "warned", "dbt.failing_rows": 2 }));
}

#[test]
fn failed_skipped_and_warned_nodes() {
    let setup = Setup::playing("build_failed", 1);
    assert_eq!(setup.build("build_failed.jsonl").status.code(), Some(1));
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    assert_eq!(error_message(root), "2 nodes failed");
    assert_attributes(
        root,
        &json!({ "error.type": "exit_1", "dbt.models_run": 7, "dbt.tests_run": 6, "dbt.failures": 2, "process.exit.code": 1 }),
    );
    let received = bytes(&setup.receiver);
    for secret in ["sk_live_12345", "jane@example.com"] {
        assert!(!received.contains(secret), "{secret} was sent");
    }
    assert_failed_model(&spans);
    assert_skipped_models(&spans);
    assert_failed_and_warned_tests(&spans);
}

#[test]
fn a_hook_that_fails_has_its_message_in_a_log_record_of_its_span() {
    let setup = Setup::playing("fail_fast", 1);
    let output = setup.build("fail_fast.jsonl");
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    assert_failed_hook(&spans);
    assert!(!bytes(&setup.receiver).contains("jane@example.com"));
    let failed = single(&spans, "dbt.operation.corner_shop-on-run-start-0");
    let logs = setup.receiver.logs();
    let of_hook = logs.iter().filter(|log| log.span_id == failed.span_id);
    let is_reason = |log: &ReceivedLog| format!("{:?}", log.body).contains("Conversion Error");
    assert_eq!(of_hook.filter(|log| is_reason(log)).count(), 1, "{logs:#?}");
}

#[test]
fn a_source_that_is_stale_is_an_error() {
    let setup = Setup::playing("freshness", 1);
    assert_eq!(text_of(&setup.build("freshness.jsonl").stderr), "");
    let source = setup.span("dbt.source.raw_orders");
    assert_eq!(error_message(&source), "the source is stale");
    assert_attributes(&source, &json!({ "dbt.status": "error" }));
}

#[test]
fn log_records_belong_to_the_spans_and_the_trace() {
    let setup = Setup::playing("build_failed", 1);
    let mut command = setup.command(&["build"]);
    let events = recorded("build_failed.jsonl");
    command.env("EVENTS", events).env("TRACEPARENT", TRACEPARENT).env("FLOE_LOG_LEVEL", "DEBUG");
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let mut logs = setup.receiver.logs();
    // The SDK logs its own work at this level, outside of any span, if another crate of the build enables that.
    logs.retain(|log| log.scope != "opentelemetry_sdk");
    assert!(spans.iter().all(|span| span.trace_id == TRACE_ID));
    let root = single(&spans, "dbt.build");
    assert_eq!(root.parent_span_id, "b7ad6b7169203331");
    assert!(logs.iter().all(|log| log.trace_id == TRACE_ID));
    let find = |message: &str| -> &ReceivedLog {
        let is_it = |log: &&ReceivedLog| matches!(&log.body, Some(Value::String(body)) if body.contains(message));
        logs.iter().find(is_it).unwrap_or_else(|| panic!("no record contains `{message}`"))
    };
    assert_eq!(find("Concurrency: 2 threads").span_id, root.span_id);
    for (message, span, severity) in [
        ("Began running node model.corner_shop.stg_orders", "dbt.model.stg_orders", "DEBUG"),
        ("Finished running node model.corner_shop.stg_orders", "dbt.model.stg_orders", "DEBUG"),
        (
            "1 of 1 START hook: corner_shop.on-run-start.0",
            "dbt.operation.corner_shop-on-run-start-0",
            "INFO",
        ),
        (
            "Failure in test accepted_values_tested",
            "dbt.test.accepted_values_tested_order_id__1",
            "ERROR",
        ),
    ] {
        let log = find(message);
        assert_eq!(log.span_id, single(&spans, span).span_id, "{message}");
        assert_eq!(
            (log.severity_text.as_str(), log.scope.as_str()),
            (severity, "dbt"),
            "{message}"
        );
        assert!(!format!("{:?}", log.body).contains("\\u{1b}"), "{:?}", log.body);
        assert!(log.attributes.contains_key("dbt.unique_id"), "{message}");
    }
    // The batches of a model have spans below the span of the model, and the records of a batch belong to its span.
    let batches: Vec<_> =
        spans.iter().filter(|span| span.name == "dbt.batch.orders_by_month").collect();
    let model = single(&spans, "dbt.model.orders_by_month");
    assert_eq!(batches.len(), 2);
    assert!(batches.iter().all(|batch| batch.parent_span_id == model.span_id));
    let of_batches = |log: &&ReceivedLog| batches.iter().any(|batch| batch.span_id == log.span_id);
    assert_eq!(logs.iter().filter(of_batches).count(), 4);
}

#[test]
fn the_manifest_of_a_project_in_another_folder_is_found() {
    let setup = Setup::new(PLAY);
    fs::create_dir_all(setup.path("sub/target")).unwrap();
    fs::copy(recorded("build_ok.manifest.json"), setup.path("sub/target/manifest.json")).unwrap();
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    for target in ["./target/", "sub/target/"] {
        let events = events.replace("./target/", target);
        fs::write(setup.path("events.jsonl"), events).unwrap();
        let mut command = setup.command(&["build", "--project-dir", "sub"]);
        let output = command.env("EVENTS", "events.jsonl").output().unwrap();
        assert_eq!(text_of(&output.stderr), "", "{target}");
        let spans = setup.spans();
        let orders = spans.iter().rfind(|it| it.name == "dbt.model.stg_orders");
        let linked = linked(&spans, orders.unwrap());
        assert_eq!(linked, ["dbt.seed.raw_orders"], "{target}");
    }
}

#[test]
fn a_manifest_that_is_being_written_is_read_again() {
    // dbt announces the manifest before it is complete, and replaces it at the end without an event.
    let setup =
        Setup::new(&format!("{PLAY}; read line; mv target/whole.json target/manifest.json"));
    fs::create_dir(setup.path("target")).unwrap();
    let manifest = fs::read(recorded("build_ok.manifest.json")).unwrap();
    let half = &manifest[..manifest.len() / 2];
    fs::write(setup.path("target/manifest.json"), half).unwrap();
    fs::write(setup.path("target/whole.json"), &manifest).unwrap();
    let mut command = setup.command(&["build"]);
    let mut child = command
        .env("EVENTS", recorded("build_ok.jsonl"))
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // All events were read while the manifest was incomplete.
    let nodes = setup.receiver.wait_for_spans(18);
    assert!(nodes.iter().all(|span| span.name != "dbt.build"));
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    assert_eq!(text(&setup.span("dbt.build"), "dbt.project_name").as_deref(), Some("corner_shop"));
}

#[test]
fn a_command_with_two_invocations_of_dbt_is_one_trace() {
    let setup = in_a_node(&format!("EVENTS=\"$SECOND\"; {PLAY}"));
    let manifest = recorded("build_ok.manifest.json");
    fs::create_dir(setup.path("target")).unwrap();
    fs::copy(manifest, setup.path("target/manifest.json")).unwrap();
    // dbt writes the manifest for the last time at its end, when no node needs it.
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let last = events.rfind("./target/manifest.json").unwrap();
    let (before, after) = events.split_at(last);
    let second = format!("{before}{}", after.replace("target/manifest", "nosuch"));
    assert!(before.contains("./target/manifest.json"));
    fs::write(setup.path("second.jsonl"), second).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", "begun.jsonl").env("SECOND", "second.jsonl");
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    for name in ["dbt.seed.raw_customers", "dbt.seed.raw_orders"] {
        let mut seeds: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        seeds.sort_by_key(|span| text(span, "dbt.status"));
        let [first, second] = seeds[..] else {
            panic!("{}", tree(&spans));
        };
        assert_eq!(error_message(first), "dbt ended before the node did");
        assert_eq!(second.status, ReceivedStatus::Ok);
        assert_eq!(first.parent_span_id, root.span_id);
        assert_eq!(second.parent_span_id, root.span_id);
    }
    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(linked(&spans, orders), ["dbt.seed.raw_orders"]);
}

#[test]
fn a_command_in_a_step_of_dagster_has_the_id_of_its_run() {
    const STEP: &str =
        include_str!("../../../integrations/floe-dagster-pipes/tests/recorded/context.param");
    const RUN_ID: &str = "ef568635-3e3e-40d4-8cff-9cb625bf43d6";
    let setup = Setup::playing("build_ok", 0);
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl")).env("DAGSTER_PIPES_CONTEXT", STEP);
    command.output().unwrap();
    let root = setup.span("dbt.build");
    assert_eq!(text(&root, "dagster.run_id").as_deref(), Some(RUN_ID));
}

#[test]
fn a_project_that_does_not_parse_has_its_message_and_no_nodes() {
    let setup = Setup::playing("parse_error", 2);
    // These are the results of an earlier run.
    fs::write(
        setup.path("target/run_results.json"),
        r#"{"results": [{"unique_id": "model.corner_shop.stale", "status": "success"}]}"#,
    )
    .unwrap();
    assert_eq!(setup.build("parse_error.jsonl").status.code(), Some(2));
    let spans = setup.spans();
    assert_eq!(tree(&spans), "dbt.build");
    let message = error_message(&spans[0]);
    assert!(message.contains("depends on a node named 'nosuch' which was not found"), "{message}");
    assert!(!bytes(&setup.receiver).contains("stale"));
}

#[test]
fn lines_that_are_not_events_are_skipped() {
    let setup = Setup::playing("build_ok", 0);
    setup.program(
        "dbt",
        &format!(
            "exec 3>>\"$DBT_LOG_PATH/dbt.log\"\n\
             echo 'Running with dbt=1.3.0' >&3; echo '[1, 2' >&3; echo '{{\"info\": 3}}' >&3; echo '{{}}' >&3\n\
             head -c 5000000 /dev/zero | tr '\\0' 'x' >&3; echo >&3\n\
             {PLAY}; printf '{{\"info\": {{\"na' >&3"
        ),
    );
    let output = setup.build("build_ok.jsonl");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text_of(&output.stderr),
        "warning: expected dbt's JSON log, found 4 lines in dbt's log that are not events\n\
         warning: 1 lines of dbt's log were dropped, expected at most 1024 KiB in a line and 64 MiB in all lines that wait for processing\n"
    );
    assert_eq!(setup.spans().len(), 19);
    assert_eq!(setup.span("dbt.build").status, ReceivedStatus::Ok);
}

#[test]
fn without_a_destination_the_trace_is_printed_to_standard_error() {
    let setup = Setup::playing("build_ok", 0);
    let mut command = setup.command(&["build"]);
    command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("EVENTS", recorded("build_ok.jsonl"));
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stdout), "");
    let stderr = text_of(&output.stderr);
    assert!(stderr.contains("· 19 spans ·"), "{stderr}");
    assert!(stderr.contains("✓ dbt.model.stg_orders"), "{stderr}");
}

#[test]
fn the_ids_of_a_command_in_a_product_are_found() {
    const DAGSTER: &str = "8b4c1f0e-6b0c-4a5e-9d3b-0c9a4ef2b111";
    let setup = Setup::playing("build_ok", 0);
    let product = "name: shop\nversion: 1.0.0\nmodels:\n  - { name: totals, layer: gold }\n";
    fs::write(setup.path("floe.yaml"), product).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl")).env("DAGSTER_RUN_ID", DAGSTER);
    assert_eq!(text_of(&command.output().unwrap().stderr), "");
    let root = setup.span("dbt.build");
    let invocation = text(&root, "dbt.invocation_id").unwrap();
    for id in [&invocation, &root.trace_id, &root.span_id, DAGSTER] {
        let found = floe()
            .args(["find", setup.folder.path().to_str().unwrap(), id, "--json"])
            .output()
            .unwrap();
        assert_eq!(text_of(&found.stderr), "", "{id}");
        let found: Json = serde_json::from_slice(&found.stdout).unwrap();
        let run = &found["runs"][0];
        assert_eq!(run["command"], "dbt build");
        assert_eq!(run["trace_id"], root.trace_id.as_str());
        assert_eq!(run["dbt_invocation_id"], invocation.as_str());
        assert_eq!(run["dagster_run_id"], DAGSTER);
    }
    // The records of dbt's log have the same ids.
    let logs = setup.receiver.logs();
    let of_log = |message: &str| {
        let is_it = |log: &&ReceivedLog| matches!(&log.body, Some(Value::String(body)) if body.contains(message));
        logs.iter().find(is_it).unwrap()
    };
    for message in ["Concurrency: 2 threads", "OK created sql view model main.stg_orders"] {
        let log = of_log(message);
        assert_eq!(log.attributes["dagster.run_id"], DAGSTER);
        assert_eq!(log.attributes["dbt.invocation_id"], invocation.as_str());
    }
}

#[test]
fn a_failed_command_that_is_not_recorded_has_no_trace_in_the_history() {
    for sampler in ["always_off", "always_on"] {
        let setup = Setup::playing("build_failed", 1);
        fs::write(setup.path("floe.yaml"), "name: shop\nversion: 1.0.0\n").unwrap();
        let mut command = setup.command(&["build"]);
        command.env("EVENTS", recorded("build_failed.jsonl")).env("OTEL_TRACES_SAMPLER", sampler);
        assert_eq!(command.output().unwrap().status.code(), Some(1));
        let history = fs::read_to_string(setup.path(".floe/runs.jsonl")).unwrap();
        let run: Json = serde_json::from_str(history.lines().last().unwrap()).unwrap();
        let root = setup.spans().into_iter().find(|span| span.name == "dbt.build");
        let trace_id = root.map(|span| span.trace_id);
        assert_eq!(run["status"], "failed");
        assert_eq!(run["trace_id"].as_str(), trace_id.as_deref(), "{sampler}");
    }
}

#[test]
fn nodes_are_counted_by_their_outcome() {
    let setup = Setup::playing("build_failed", 1);
    setup.build("build_failed.jsonl");
    let spans = setup.spans();
    let of_status = |found: &[&str]| {
        let is_it = |span: &&ReceivedSpan| {
            text(span, "dbt.status").is_some_and(|status| found.contains(&&*status))
        };
        spans.iter().filter(is_it).count()
    };
    for (status, expected) in
        [("failed", of_status(&["error", "fail"])), ("skipped", of_status(&["skipped"]))]
    {
        let sum = counted(&setup, status);
        let expected = f64::from(u32::try_from(expected).unwrap());
        assert!(expected > 0.0, "{status}: {sum} of {expected}");
        assert!((sum - expected).abs() < 0.1, "{status}: {sum} of {expected}");
    }
}

/// Returns the recorded build of [`built`], with another status and response of the adapter for some nodes.
fn with_statuses(statuses: &[(&str, &str, &str)]) -> String {
    let log = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let change = |line: &str| {
        let mut event: Json = serde_json::from_str(line).unwrap();
        let name = event["data"]["node_info"]["node_name"].clone();
        let changed =
            statuses.iter().find(|it| event["info"]["name"] == "NodeFinished" && name == it.0);
        if let Some((_, status, response)) = changed {
            let result = &mut event["data"]["run_result"];
            result["status"] = (*status).into();
            result["adapter_response"] = json!({ "_message": response });
        }
        format!("{event}\n")
    };
    log.lines().map(change).collect()
}

/// dbt State reuses nodes: by the status `reused` in dbt 1.12 and Fusion, by `no-op` before, and tests also by `pass`.
#[test]
fn nodes_that_dbt_leaves_unchanged_are_neither_built_nor_passed() {
    let setup = Setup::playing("build_ok", 0);
    let events = with_statuses(&[
        ("stg_orders", "reused", ""),
        ("stg_customers", "no-op", "NO-OP"),
        ("unique_stg_orders_order_id", "reused", ""),
        ("not_null_stg_orders_order_id", "pass", "NO-OP"),
    ]);
    fs::write(setup.path("events"), events).unwrap();
    let output = setup.command(&["build"]).env("EVENTS", setup.path("events")).output().unwrap();
    assert_eq!((output.status.code(), text_of(&output.stderr)), (Some(0), String::new()));
    let spans = setup.spans();
    for (name, status, reason) in [
        ("dbt.model.stg_orders", "reused", "cached"),
        ("dbt.model.stg_customers", "no-op", "no_op"),
        ("dbt.test.unique_stg_orders_order_id", "reused", "cached"),
        ("dbt.test.not_null_stg_orders_order_id", "pass", "cached"),
    ] {
        let unchanged = single(&spans, name);
        assert_eq!(unchanged.status, ReceivedStatus::Unset, "{name}");
        assert_attributes(
            unchanged,
            &json!({ "dbt.status": status, "dbt.node_outcome": "skipped", "dbt.node_skip_reason": reason }),
        );
        for absent in ["dbt.materialization", "dbt.test_outcome", "quality.pass_count"] {
            assert_eq!(unchanged.attributes.get(absent), None, "{name}");
        }
    }
    let root = single(&spans, "dbt.build");
    assert_eq!(root.status, ReceivedStatus::Ok);
    assert_attributes(root, &json!({ "dbt.models_run": 3, "dbt.tests_run": 3, "dbt.failures": 0 }));
    let unchanged = counted(&setup, "unchanged");
    assert!((unchanged - 4.0).abs() < 0.1, "{unchanged}");
}

/// Returns the number of nodes with this status, by the metric.
fn counted(setup: &Setup, status: &str) -> f64 {
    let points = setup.receiver.points();
    let nodes = points
        .iter()
        .filter(|point| point.name == "floe.dbt.nodes")
        .filter(|point| point.attributes["floe.dbt.status"] == status);
    nodes
        .inspect(|point| assert!(point.attributes.contains_key("floe.dbt.resource_type")))
        .map(|point| match point.value {
            MetricValue::Sum(value) => value,
            _ => panic!("{point:?}"),
        })
        .sum()
}

/// A model that fails has no materialization, and is not counted, where dbt only compiles models.
#[test]
fn a_model_that_a_command_without_builds_cannot_compile_is_not_counted() {
    let log = fs::read_to_string(recorded("build_failed.jsonl")).unwrap();
    let mut arguments: Json = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    arguments["info"]["name"] = "MainReportArgs".into();
    for (command, is_counted) in
        [("run", true), ("compile", false), ("docs generate", false), ("show", false)]
    {
        let setup = Setup::playing("build_failed", 1);
        let invocation = format!("dbt {command}");
        arguments["data"] = serde_json::json!({ "args": { "invocation_command": invocation } });
        let events = setup.path("events");
        fs::write(&events, format!("{arguments}\n{log}")).unwrap();
        let words: Vec<_> = command.split(' ').collect();
        setup.command(&words).env("EVENTS", &events).output().unwrap();
        let spans = setup.spans();
        let command = single(&spans, &format!("dbt.{}", command.replace(' ', ".")));
        assert_eq!(command.attributes["dbt.models_run"] != 0, is_counted, "{}", command.name);
    }
}
