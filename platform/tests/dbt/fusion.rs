//! The spans of dbt Fusion, whose own spans are in its log.

use std::fs;

use floe_tests::{ReceivedSpan, ReceivedStatus, tree};
use serde_json::Value as Json;

use crate::setup::{
    INVOCATION, PLAY, Setup, assert_attributes, bytes, error_message, linked, recorded, single,
    text_of,
};

#[test]
fn a_command_with_two_invocations_of_dbt_fusion_is_one_trace() {
    let setup = Setup::playing("build_ok", 1);
    setup.program(
        "dbt",
        "cat begun.jsonl \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1",
    );
    // The first one is killed while it evaluates a node, and has ids of its own.
    let records = fs::read_to_string(recorded("fusion.jsonl")).unwrap();
    let begun: Vec<_> = records
        .split_inclusive('\n')
        .take_while(|line| !line.contains("\"Query executed\""))
        .collect();
    let mut begun = begun.concat();
    for (second, first) in [
        ("\"a0", "\"c0"),
        ("\"b0", "\"d0"),
        ("\"179", "\"178"),
        (INVOCATION, "019fb7d4-0000-7712-8d06-5ad013a23be9"),
    ] {
        begun = begun.replace(second, first);
    }
    fs::write(setup.path("begun.jsonl"), begun).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("FUSION", recorded("fusion.jsonl"));
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    assert_attributes(root, &[("dbt.invocation_id", INVOCATION.into())]);
    let two = |name: &str| {
        let mut found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        found.sort_by_key(|span| span.start_unix_nano);
        match found[..] {
            [first, second] => [first, second],
            _ => panic!("{}", tree(&spans)),
        }
    };
    for name in ["dbt.model.stg_orders", "Node evaluated (model.corner_shop.stg_orders)"] {
        let [first, second] = two(name);
        assert_eq!(error_message(first), "dbt ended before the node did");
        assert_eq!(first.end_unix_nano, 1_790_000_000_000_000_000);
        assert_eq!(second.status, ReceivedStatus::Ok);
    }
    let [_, orders] = two("dbt.model.stg_orders");
    let [_, phase] = two("Phase: RUN (nodes: 3)");
    assert_eq!(orders.parent_span_id, phase.span_id);
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_eq!(test.links[0].span_id, orders.span_id);
}

#[test]
fn an_error_of_dbt_fusion_without_a_message_has_its_status() {
    let setup = Setup::playing("build_ok", 1);
    setup.program("dbt", "cat \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1");
    let records = fs::read_to_string(recorded("fusion.jsonl")).unwrap();
    let records = records.replace("\"1 row failed\"", "null");
    fs::write(setup.path("fusion.jsonl"), records).unwrap();
    setup.command(&["build"]).env("FUSION", "fusion.jsonl").output().unwrap();
    let span = setup.span("dbt.test.unique_stg_orders_order_id");
    assert_eq!(error_message(&span), "fail");
}

#[test]
fn a_hook_of_dbt_fusion_that_failed_has_its_own_message() {
    let setup = Setup::new("cat hook.jsonl >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1");
    let id = "operation.corner_shop.corner_shop-on-run-start-0";
    let records = ["SpanStart", "SpanEnd"].map(|kind| {
        let record = serde_json::json!({
            "record_type": kind,
            "span_id": "b000000000000070",
            "span_name": format!("Node processed ({id})"),
            "start_time_unix_nano": "1790000000001000000",
            "end_time_unix_nano": "1790000000002000000",
            "event_type": "v1.public.events.fusion.node.NodeProcessed",
            "attributes": {
                "unique_id": id,
                "name": "corner_shop-on-run-start-0",
                "node_type": "NODE_TYPE_OPERATION",
                "node_outcome": "NODE_OUTCOME_ERROR",
            },
            "status": { "code": 2, "message": "Database Error: no such table" },
        });
        format!("{record}\n")
    });
    fs::write(setup.path("hook.jsonl"), records.concat()).unwrap();
    setup.command(&["build"]).output().unwrap();
    let hook = setup.span("dbt.operation.corner_shop-on-run-start-0");
    assert_eq!(error_message(&hook), "Database Error: no such table");
    assert_eq!(hook.end_unix_nano, 1_790_000_000_002_000_000);
}

/// A build of dbt Fusion in which a test and a model failed, and its spans.
fn failed_build() -> (Setup, Vec<ReceivedSpan>) {
    let setup = Setup::playing("build_ok", 1);
    // Fusion writes an event log like dbt Core's, too.
    setup.program(
        "dbt",
        &format!(
            "cat \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; {PLAY}\n\
             echo x > \"$DBT_LOG_PATH/query_log.sql\"; exit 1"
        ),
    );
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let first = events.lines().next().unwrap();
    let core: Json = serde_json::from_str(first).unwrap();
    let first = first.replace(core["info"]["invocation_id"].as_str().unwrap(), INVOCATION);
    fs::write(setup.path("core.jsonl"), first).unwrap();
    let (core, fusion) = (setup.path("core.jsonl"), recorded("fusion.jsonl"));
    let mut command = setup.command(&["build"]);
    let output = command.env("EVENTS", core).env("FUSION", fusion).output().unwrap();
    assert_eq!((output.status.code(), text_of(&output.stderr)), (Some(1), String::new()));
    let spans = setup.spans();
    (setup, spans)
}

#[test]
fn spans_of_dbt_fusion_become_part_of_the_trace() {
    let (_setup, spans) = failed_build();
    assert_eq!(
        tree(&spans),
        "\
dbt.build
  Artifact: target/manifest.json
  Phase: RUN (nodes: 3)
    dbt.model.stg_orders
      Node evaluated (model.corner_shop.stg_orders)
        Query executed
    dbt.test.unique_stg_orders_order_id
      Node evaluated (test.corner_shop.unique_stg_orders_order_id.e3b841c71a)
    dbt.model.city_revenue
      Node evaluated (model.corner_shop.city_revenue)
        Query executed
    dbt.model.customer_orders
    dbt.model.named_customers
    dbt.model.orders_by_month"
    );
    let root = single(&spans, "dbt.build");
    assert_eq!(root.status, ReceivedStatus::Error("2 nodes failed".to_owned()));
    assert_attributes(
        root,
        &[
            ("dbt.invocation_id", INVOCATION.into()),
            ("dbt.models_run", 2.into()),
            ("dbt.tests_run", 1.into()),
            ("dbt.adapter_type", "snowflake".into()),
        ],
    );
    let query = spans.iter().find(|it| it.name == "Query executed").unwrap();
    assert_attributes(query, &[("db.system.name", "snowflake".into())]);
}

#[test]
fn a_node_of_dbt_fusion_has_its_times_and_its_result() {
    let (_setup, spans) = failed_build();
    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(orders.status, ReceivedStatus::Ok);
    assert_eq!(orders.start_unix_nano, 1_790_000_000_011_000_000);
    assert_eq!(orders.end_unix_nano, 1_790_000_000_060_000_000);
    assert_attributes(
        orders,
        &[
            ("dbt.unique_id", "model.corner_shop.stg_orders".into()),
            ("dbt.node_type", "model".into()),
            ("dbt.materialization", "view".into()),
            ("dbt.status", "success".into()),
            ("dbt.node_outcome", "success".into()),
            ("dbt.rows_affected", 40.into()),
            ("dbt.in_selection", true.into()),
            ("db.collection.name", "stg_orders".into()),
        ],
    );
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_attributes(
        test,
        &[
            ("dbt.status", "fail".into()),
            ("dbt.test_outcome", "failed".into()),
            ("dbt.failing_rows", 3.into()),
            ("error.type", "test_failed".into()),
            ("quality.data_source", "model.corner_shop.stg_orders".into()),
            ("quality.fail_count", 1.into()),
        ],
    );
    assert_eq!(linked(&spans, test), ["dbt.model.stg_orders"]);
    let revenue = single(&spans, "dbt.model.city_revenue");
    assert_attributes(
        revenue,
        &[("error.type", "Database Error".into()), ("dbt.node_error_type", "external".into())],
    );
    for (name, message) in [
        ("dbt.model.customer_orders", "dbt ended before the node did"),
        ("dbt.model.orders_by_month", "dbt canceled the node"),
    ] {
        let span = single(&spans, name);
        assert_eq!(error_message(span), message);
        assert_attributes(span, &[("dbt.node_outcome", "canceled".into())]);
    }
    let skipped = single(&spans, "dbt.model.named_customers");
    assert_eq!(skipped.status, ReceivedStatus::Unset);
    assert_attributes(skipped, &[("dbt.node_skip_reason", "upstream".into())]);
}

#[test]
fn log_records_of_dbt_fusion_belong_to_its_spans_without_credentials() {
    let (setup, spans) = failed_build();
    let root = single(&spans, "dbt.build");
    // A record belongs to the span that it was written in.
    let logs = setup.receiver.logs();
    let log = logs.iter().find(|log| log.body == Some("success stg_orders".into())).unwrap();
    let evaluated = single(&spans, "Node evaluated (model.corner_shop.stg_orders)");
    assert_eq!((&log.span_id, &log.trace_id), (&evaluated.span_id, &root.trace_id));
    assert_eq!(log.attributes["dbt.invocation_id"], INVOCATION.into());
    let received = bytes(&setup.receiver);
    for secret in ["hunter2horse", "hunter2@", "select 'hunter"] {
        assert!(!received.contains(secret), "{secret} was sent");
    }
    // What dbt writes beside its log is in its log folder.
    assert_eq!(fs::read_to_string(setup.path("logs/query_log.sql")).unwrap(), "x\n");
}
