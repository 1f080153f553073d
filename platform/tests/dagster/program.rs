//! Runs in which Dagster, or a program in its place, fails or is not started.

use std::fs;
use std::path::Path;

use floe_tests::{ReceivedStatus, wait_until};
use serde_json::json;

use crate::setup::{
    RUN_ID, Setup, assert_attributes, assert_one_trace, encode, ended_with, is_error, parent,
    single, step_context, text,
};

#[test]
fn a_dagster_that_does_not_work_is_one_error() {
    for (script, error) in [
        ("echo nonsense", "dagster ended with the exit code 0, but did not build `orders`"),
        ("echo 'No such option' >&2; exit 5", "dagster ended with the exit code 5: No such option"),
        ("kill -9 $$", "dagster was killed (signal: 9"),
    ] {
        let setup = Setup::with_script(script);
        let output = setup.run();
        let stderr = ended_with(&output, 1);
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        assert!(stderr.contains(error), "{stderr}");
        let spans = setup.spans();
        assert_one_trace(&spans);
        assert!(matches!(single(&spans, "floe.pipeline.run").status, ReceivedStatus::Error(_)));
        let results = setup.product.read(".floe/run_results.json");
        assert!(results.contains("\"failed\""), "{results}");
        assert!(!setup.product.path(".floe/warehouse.db").exists());
    }
    let setup = Setup::new(Path::new("/no/such/dagster"), 0);
    let output = setup.run();
    let stderr = text(&output.stderr);
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.contains("dagster: `/no/such/dagster` is not installed"), "{stderr}");
}

#[test]
fn a_query_with_a_credential_is_an_error_before_dagster_starts() {
    let setup = Setup::with_script("echo must not run >&2; exit 9");
    setup.product.write(
        "models/stg_orders.sql",
        "SELECT 'password=hunter2-hunter2' AS text, * FROM {{ source('orders') }}",
    );
    let output = setup.floe("run").output().unwrap();
    let stderr = text(&output.stderr);
    let error = "floe.yaml: `stg_orders` contains a credential, which the artifacts must not pass on to dagster, expected `--orchestrator local`, or no credential\n";
    assert!(stderr.ends_with(error), "{stderr}");
    assert!(!stderr.contains("hunter2"), "{stderr}");
    assert!(!stderr.contains("must not run"), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_dagster_that_dies_leaves_no_process_and_no_span_open() {
    // The program starts the process of an asset whose query does not end, and kills itself.
    let setup = Setup::with_script(
        "echo \"$BAGGAGE\" > \"$FLOE_PRODUCT/baggage\"\n\
         \"$FLOE_PROGRAM\" build-asset \"$FLOE_PRODUCT\" &\n\
         echo $! > \"$FLOE_PRODUCT/process\"\n\
         until grep -q stg_orders \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\"; do sleep 0.02; done 2>/dev/null\n\
         kill -9 $$",
    );
    setup.product.write(
        "models/stg_orders.sql",
        "WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS order_id FROM n",
    );
    let messages = setup.product.path("messages");
    let context = step_context("stg_orders", &json!({}));
    let mut floe = setup.floe("run");
    let output = floe
        // With this delay, the process exports no span before it is killed, however long it lives.
        .env("OTEL_BSP_SCHEDULE_DELAY", "600000")
        .env("DAGSTER_PIPES_CONTEXT", encode(&context))
        .env("DAGSTER_PIPES_MESSAGES", encode(&json!({ "path": messages })))
        .output()
        .unwrap();
    let stderr = ended_with(&output, 1);
    assert!(stderr.contains("dagster was killed (signal: 9"), "{stderr}");
    let baggage = setup.product.read("baggage");
    for entry in ["floe.namespace=retail", "floe.product.name=shop", "team=shop"] {
        assert!(baggage.contains(entry), "{baggage}");
    }
    let process = setup.product.read("process");
    // A process that has ended is a zombie until its status is read.
    let is_alive = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    // The process was killed, but may not have ended yet.
    wait_until(|| !is_alive());
    let spans = setup.spans();
    assert_one_trace(&spans);
    let asset = single(&spans, "dagster.asset.stg_orders");
    assert!(is_error(asset, "ended without a result"), "{:?}", asset.status);
    assert_eq!(parent(&spans, asset), "orchestrator.run");
    assert_attributes(asset, &json!({ "dagster.asset.status": "canceled" }));
    for name in ["floe.pipeline.run", "orchestrator.run"] {
        assert_attributes(single(&spans, name), &json!({ "dagster.run_id": RUN_ID }));
    }
}

#[test]
fn an_orchestrator_that_does_not_exist_is_refused() {
    let setup = Setup::with_script("exit 9");
    let output = setup.floe("run").args(["--orchestrator", "airflow"]).output().unwrap();
    let stderr = ended_with(&output, 2);
    assert!(
        stderr.contains("there is no orchestrator plugin `airflow`; the program is linked with: "),
        "{stderr}"
    );
    // The command line takes precedence over the manifest.
    let output = setup.floe("run").args(["--orchestrator", "local"]).output();
    assert!(output.unwrap().status.success());
    single(&setup.spans(), "floe.asset.totals");
}
