//! The sensor that requests a run when the files of sources change.

use std::fs;

use floe_tests::ReceivedStatus;
use serde_json::{Value as Json, json};

use crate::setup::{
    Setup, TRACE_ID, assert_attributes, assert_one_trace, assert_success, is_error, single, text,
};

fn evaluate(setup: &Setup, cursor: Option<&str>) -> Json {
    let mut floe = setup.floe("evaluate-sensor");
    floe.args(["--name", "shop_sensor", "--job", "shop_job"]);
    if let Some(cursor) = cursor {
        floe.args(["--cursor", cursor]);
    }
    let output = floe.output().unwrap();
    assert_success(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_sensor_requests_a_run_in_its_trace_when_a_file_has_changed() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    let compiled = setup.spans().len();
    let sensors = || {
        let spans = setup.spans().split_off(compiled);
        assert_one_trace(&spans);
        spans
    };
    let first = evaluate(&setup, None);
    let cursor = first["cursor"].as_str().unwrap();
    let spans = sensors();
    let sensor = single(&spans, "dagster.sensor.shop_sensor");
    let traceparent = format!("00-{TRACE_ID}-{}-01", sensor.span_id);
    assert_eq!(
        first,
        json!({
            "cursor": cursor,
            "skip_reason": null,
            "tags": { "floe/traceparent": traceparent },
        })
    );
    assert_eq!(
        (&sensor.status, &*sensor.scope),
        (&ReceivedStatus::Ok, "floe.orchestrator.dagster")
    );
    assert_attributes(
        sensor,
        &json!({ "dagster.sensor_name": "shop_sensor", "dagster.job_name": "shop_job", "dagster.sensor.status": "requested", "orchestrator.operation": "sensor", "floe.product.name": "shop" }),
    );

    let reason = "no file of a source has changed";
    let skipped = json!({ "cursor": cursor, "skip_reason": reason, "tags": {} });
    assert_eq!(evaluate(&setup, Some(cursor)), skipped);
    assert_attributes(
        &sensors()[1],
        &json!({ "dagster.sensor.status": "skipped", "dagster.sensor.skip_reason": reason }),
    );
    setup.product.write("data/orders.csv", "order_id,ordered_on\n1,\n2,\n3,\n");
    let changed = evaluate(&setup, Some(cursor));
    assert_eq!(changed["skip_reason"], Json::Null);
    assert_ne!(changed["cursor"], cursor);
    fs::remove_file(setup.product.path("data/orders.csv")).unwrap();
    assert_eq!(evaluate(&setup, Some(cursor))["skip_reason"], "`data/orders.csv` does not exist");
}

#[test]
fn a_sensor_that_fails_is_one_error_and_its_span() {
    let setup = Setup::with_script("exit 9");
    let sensor = |setup: &Setup| {
        let mut floe = setup.floe("evaluate-sensor");
        let output = floe.args(["--name", "s", "--job", "j"]).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        (output.status.code(), stderr)
    };
    let (code, stderr) = sensor(&setup);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("compiled_artifacts.json"), "{stderr}");
    setup.compile();
    // The sensor fails because a file is in place of the folder.
    fs::remove_dir_all(setup.product.path("data")).unwrap();
    setup.product.write("data", "");
    let (code, stderr) = sensor(&setup);
    assert_eq!(code, Some(1), "{stderr}");
    let spans = setup.spans();
    assert!(is_error(single(&spans, "dagster.sensor.s"), "orders.csv"));
}
