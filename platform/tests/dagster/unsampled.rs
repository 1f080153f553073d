//! A run that is not sampled, and whose assets are built by processes of their own: its trace is exported if it fails.

use std::fs;
use std::process::{Command, Output};

use floe_tests::{ReceivedSpan, ReceivedStatus};
use serde_json::json;

use crate::models::{built_by_dbt, real_dbt};
use crate::real::real;
use crate::setup::{Setup, parent, single, text};
use crate::steps::{encode, is_error, step_context};

const SAMPLING: &str = "\ntelemetry: { sampling: { prod: 0.0 } }\n";

/// A program that starts the steps as Dagster does, one after the other, and ends at the first that fails.
const DAGSTER: &str = "
for key in orders stg_orders totals; do
export DAGSTER_PIPES_CONTEXT=$(cat \"$FLOE_PRODUCT/$key.context\")
\"$FLOE_PROGRAM\" build-asset \"$FLOE_PRODUCT\" || exit 1
done";

fn setup(dagster: &str) -> Setup {
    let setup = Setup::with_script(dagster);
    for key in ["orders", "stg_orders", "totals"] {
        let context = encode(&step_context(key, &json!({})));
        setup.product.write(&format!("{key}.context"), &context);
    }
    setup.product.append("manifest.yaml", SAMPLING);
    setup
}

/// `floe run --env prod`, which begins the trace.
fn command(setup: &Setup) -> Command {
    let messages = json!({ "path": setup.product.path("messages") });
    let mut floe = setup.floe("run");
    floe.args(["--env", "prod", "--orchestrator", "dagster"])
        .env_remove("TRACEPARENT")
        .env("DAGSTER_PIPES_MESSAGES", encode(&messages));
    floe
}

fn run(setup: &Setup) -> Output {
    command(setup).output().unwrap()
}

/// The files of the product's folder for spans.
fn files(setup: &Setup) -> Vec<String> {
    let entries = fs::read_dir(setup.product.path(".floe")).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("step_spans")).collect()
}

/// There is one root, and every other span has its parent.
fn assert_one_trace(spans: &[ReceivedSpan]) {
    let root = single(spans, "floe.pipeline.run");
    for span in spans {
        assert_eq!(span.trace_id, root.trace_id, "{}", span.name);
        let is_root = span.span_id == root.span_id;
        assert_eq!(parent(spans, span).is_empty(), is_root, "{}", span.name);
    }
    assert_eq!(root.parent_span_id, "");
}

const FAILING: &str = "SELECT nope() AS order_id FROM {{ source('orders') }}";

#[test]
fn the_trace_of_a_run_that_fails_has_its_steps_and_that_of_another_is_not_exported() {
    let setup = setup(&format!("echo $TRACEPARENT > \"$FLOE_PRODUCT/given\"{DAGSTER}"));
    let output = run(&setup);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(setup.spans(), []);
    assert_eq!(files(&setup), Vec::<String>::new());
    // The flag of a random id, without that of a sampled one.
    let given = setup.product.read("given");
    assert!(given.ends_with("-02\n"), "{given}");

    setup.product.write("models/stg_orders.sql", FAILING);
    let output = run(&setup);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    let orders = single(&spans, "dagster.asset.orders");
    assert_eq!(orders.status, ReceivedStatus::Ok);
    let failed = single(&spans, "dagster.asset.stg_orders");
    assert!(is_error(failed, "no such function: nope"), "{failed:?}");
    for asset in [orders, failed] {
        assert_eq!(parent(&spans, asset), "orchestrator.run");
    }
    let materialize = single(&spans, "compute.materialize");
    assert_eq!(parent(&spans, materialize), "dagster.io.write");
    assert_eq!(files(&setup), Vec::<String>::new());

    let csv = "order_id,ordered_on\npassword=c4n4ry99,\n";
    setup.product.write("data/orders.csv", csv);
    assert_eq!(run(&setup).status.code(), Some(1));
    let spans = &setup.spans()[spans.len()..];
    assert_one_trace(spans);
    let orders = single(spans, "dagster.asset.orders");
    assert!(is_error(orders, "expected a whole number"), "{orders:?}");
    let all = format!("{spans:?}");
    assert!(!all.contains("c4n4ry99"), "{all}");
}

#[test]
fn a_run_in_a_trace_of_others_follows_their_decision() {
    let setup = setup(DAGSTER);
    setup.product.write("models/stg_orders.sql", FAILING);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let output = command(&setup).env("TRACEPARENT", parent).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(setup.spans(), []);
}

#[test]
fn a_run_that_is_interrupted_sends_the_spans_of_its_steps() {
    let setup = setup(&format!("{DAGSTER}\nkill -TERM $PPID\nexec sleep 1000"));
    let output = run(&setup);
    assert_eq!(output.status.code(), None, "{}", text(&output.stderr));
    let spans = setup.spans();
    assert_one_trace(&spans);
    single(&spans, "dagster.asset.totals");
    assert_eq!(files(&setup), Vec::<String>::new());
}

#[test]
fn the_next_run_removes_the_spans_of_one_that_was_killed() {
    let setup = setup(&format!(
        "{DAGSTER}\n[ -e \"$FLOE_PRODUCT/killed\" ] || {{ touch \"$FLOE_PRODUCT/killed\"; kill -KILL $PPID; }}"
    ));
    let output = run(&setup);
    assert_eq!(output.status.code(), None, "{}", text(&output.stderr));
    assert_eq!(files(&setup).len(), 2, "the file and its lock");
    let output = run(&setup);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(files(&setup), Vec::<String>::new());
    assert_eq!(setup.spans(), []);
}

#[test]
fn real_dagster_that_fails_without_being_sampled_has_its_assets_and_those_of_dbt() {
    let (Some(programs), Some(dbt)) = (real(), real_dbt()) else {
        return;
    };
    let setup = built_by_dbt(&programs.join("dagster"), &dbt);
    setup.product.append("manifest.yaml", SAMPLING);
    let output = command_of_dagster(&setup).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(setup.spans(), []);
    let query = "SELECT cast('seven' AS integer) AS order_id FROM {{ source('orders') }}\n";
    setup.product.write("models/stg_orders.sql", query);
    let output = command_of_dagster(&setup).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let spans = setup.spans();
    println!("{} spans", spans.len());
    assert_one_trace(&spans);
    single(&spans, "dagster.asset.orders");
    for name in ["dagster.asset.stg_orders", "dbt.run", "dbt.model.stg_orders"] {
        assert!(is_error(single(&spans, name), "Conversion Error"), "{name}");
    }
    assert_eq!(files(&setup), Vec::<String>::new());
}

/// As [`command`], where Dagster sets its own variables.
fn command_of_dagster(setup: &Setup) -> Command {
    let mut floe = command(setup);
    floe.env_remove("DAGSTER_PIPES_MESSAGES");
    floe
}
