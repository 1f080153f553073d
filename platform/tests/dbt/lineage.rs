//! The lineage events of recorded commands.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use floe_tests::{MetricValue, ReceivedPoint, ReceivedSpan, ReceivedStatus, ReservedPort};
use serde_json::Value as Json;

use crate::program::in_a_node;
use crate::setup::{Setup, error_message, recorded, single, text, text_of};

/// The lineage of a command that plays recorded events, in a file.
pub(crate) fn lineage(setup: &Setup, events: &str) -> (Output, Vec<Json>) {
    lineage_in(setup, events, &[])
}

/// The same with other variables in the environment.
pub(crate) fn lineage_in(
    setup: &Setup,
    events: &str,
    variables: &[(&str, &str)],
) -> (Output, Vec<Json>) {
    fs::copy(recorded("project/profiles.yml"), setup.path("profiles.yml")).unwrap();
    fs::copy(recorded("project/dbt_project.yml"), setup.path("dbt_project.yml")).unwrap();
    let mut command = setup.command(&["build"]);
    let output = command
        .envs(variables.iter().copied())
        .env("EVENTS", recorded(events))
        .env("OPENLINEAGE__TRANSPORT__TYPE", "file")
        .env("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", "events.jsonl")
        .env("OPENLINEAGE_PARENT_ID", "prod/nightly/2866553f-1347-41ca-bd56-95659a3e1c5d")
        .output()
        .unwrap();
    let text = fs::read_to_string(setup.path("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (output, events.collect())
}

#[track_caller]
pub(crate) fn event<'a>(events: &'a [Json], job: &str, state: &str) -> &'a Json {
    let found: Vec<_> = events
        .iter()
        .filter(|event| event["job"]["name"] == job && event["eventType"] == state)
        .collect();
    match found[..] {
        [event] => event,
        _ => panic!("{} events of {job} {state}", found.len()),
    }
}

#[test]
fn lineage_has_the_nodes_their_data_and_their_spans() {
    let setup = Setup::playing("build_ok", 0);
    let (output, events) = lineage(&setup, "build_ok.jsonl");
    assert_eq!((output.status.code(), text_of(&output.stderr)), (Some(0), String::new()));
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    // With those of the start and the end of the backend.
    let is_of_trace = |span: &&ReceivedSpan| span.trace_id == root.trace_id;
    assert_eq!(spans.iter().filter(is_of_trace).count(), spans.len());
    let started = event(&events, "dbt-run-corner_shop", "START");
    let run_id = started["run"]["runId"].as_str().unwrap();
    assert_eq!(text(root, "lineage.run_id").as_deref(), Some(run_id));
    assert_eq!(event(&events, "dbt-run-corner_shop", "COMPLETE")["run"]["runId"], run_id);
    assert_eq!(started["run"]["facets"]["parent"]["job"]["name"], "nightly");
    // Two of the command, and two of each of 2 seeds, 6 models, 4 tests, a unit test and a snapshot.
    assert_eq!(events.len(), 2 + 2 * 14);

    let orders = event(&events, "model.corner_shop.stg_orders", "COMPLETE");
    let span = single(&spans, "dbt.model.stg_orders");
    let facets = &orders["run"]["facets"];
    assert_eq!(orders["run"]["runId"], text(span, "lineage.run_id").unwrap().as_str());
    assert_eq!(facets["traceCorrelation"]["span_id"], span.span_id.as_str());
    assert_eq!(facets["parent"]["run"]["runId"], run_id);
    assert_eq!(facets["parent"]["root"]["job"]["name"], "nightly");
    let invocation = text(root, "dbt.invocation_id").unwrap();
    let tags = facets["tags"]["tags"].as_array().unwrap();
    let tag = |key: &str| tags.iter().find(|tag| tag["key"] == key).unwrap()["value"].clone();
    assert_eq!(tag("dbt_invocation_id"), invocation.as_str());
    assert_eq!(tag("traceparent"), format!("00-{}-{}-01", span.trace_id, span.span_id));
    assert_eq!(orders["eventTime"], "2026-11-21T23:51:30.802Z");
    let data = |data: &Json| format!("{} {}", data["namespace"], data["name"]).replace('"', "");
    assert_eq!(
        data(&orders["inputs"][0]),
        "duckdb://corner_shop.duckdb corner_shop.main.raw_orders"
    );
    assert_eq!(
        data(&orders["outputs"][0]),
        "duckdb://corner_shop.duckdb corner_shop.main.stg_orders"
    );
    assert_eq!(orders["outputs"][0]["facets"]["schema"]["fields"][0]["name"], "order_id");
    let seed = event(&events, "seed.corner_shop.raw_orders", "COMPLETE");
    let rows = &seed["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"];
    assert_eq!(*rows, 40);

    let test = "test.corner_shop.unique_stg_orders_order_id.e3b841c71a";
    let test = event(&events, test, "COMPLETE");
    assert_eq!(test["outputs"], serde_json::json!([]));
    let checks = &test["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"];
    let expected = serde_json::json!([{
        "assertion": "unique",
        "name": "unique_stg_orders_order_id",
        "success": true,
        "column": "order_id",
        "severity": "error",
        "actual": "0",
    }]);
    assert_eq!(*checks, expected);
    let emitted = spans.iter().filter(|span| span.name == "lineage.emit_event");
    // Each start is followed by an end, which has a span.
    assert_eq!(emitted.count() * 2, events.len());
}

#[test]
fn lineage_of_failed_skipped_and_unfinished_nodes() {
    let setup = Setup::playing("build_failed", 1);
    let (output, events) = lineage(&setup, "build_failed.jsonl");
    assert_eq!((output.status.code(), text_of(&output.stderr)), (Some(1), String::new()));
    let failed = event(&events, "dbt-run-corner_shop", "FAIL");
    let message = |event: &Json| event["run"]["facets"]["errorMessage"]["message"].clone();
    assert_eq!(message(failed), "2 nodes failed");
    let leaky = setup.span("dbt.model.leaky");
    let of_leaky = event(&events, "model.corner_shop.leaky", "FAIL");
    assert_eq!(message(of_leaky), error_message(&leaky));
    let states: Vec<_> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    let count = |state| states.iter().filter(|it| **it == state).count();
    assert_eq!(count("START"), events.len() / 2);
    let (skipped, errors) = (count("ABORT"), count("FAIL"));
    let of_status = |status: &str| {
        let spans = setup.spans();
        let found = spans.iter().filter(|span| text(span, "dbt.status").as_deref() == Some(status));
        found.count()
    };
    assert_eq!(skipped, of_status("skipped"));
    assert_eq!(errors, 1 + of_status("error") + of_status("fail"));
    // The same as metrics.
    let points = setup.receiver.points();
    let sum = |metric: &str, label: &str, status: &str| -> f64 {
        let points = points.iter().filter(|point| point.name == metric);
        let points = points.filter(|point| point.attributes[label] == status.into());
        let value = |point: &ReceivedPoint| match point.value {
            MetricValue::Sum(value) => value,
            _ => panic!("{point:?}"),
        };
        points.map(value).sum()
    };
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    for (metric, label, status, expected) in [
        ("floe.dbt.nodes", "floe.dbt.status", "failed", errors - 1),
        ("floe.dbt.nodes", "floe.dbt.status", "skipped", skipped),
        ("floe.lineage.events", "floe.lineage.status", "emitted", events.len()),
        ("floe.lineage.events", "floe.lineage.status", "failed", 0),
    ] {
        let difference = sum(metric, label, status) - count(expected);
        assert!(difference.abs() < 0.1, "{metric} {status}: {difference}");
    }
    let all = serde_json::to_string(&events).unwrap();
    for secret in ["sk_live_12345", "jane@example.com"] {
        assert!(!all.contains(secret), "{secret}");
    }

    // dbt is killed while a node runs.
    let setup = in_a_node("kill -KILL $$");
    let (output, events) = lineage(&setup, setup.path("begun.jsonl").to_str().unwrap());
    assert_eq!(output.status.signal(), Some(9));
    let last = events.last().unwrap();
    assert_eq!(
        (&last["job"]["name"], &last["eventType"]),
        (&"dbt-run-corner_shop".into(), &"ABORT".into())
    );
    let open = |event: &&Json| event["eventType"] == "START";
    assert_eq!(events.iter().filter(open).count() * 2, events.len());
    let aborted = event(&events, "seed.corner_shop.raw_orders", "ABORT");
    let ids = &aborted["run"]["facets"]["traceCorrelation"];
    let seed = setup.span("dbt.seed.raw_orders");
    assert_eq!(ids["span_id"], seed.span_id.as_str());
    let run_id = text(&seed, "lineage.run_id");
    assert_eq!(aborted["run"]["runId"].as_str(), run_id.as_deref());
}

#[test]
fn a_lineage_backend_that_fails_costs_its_events_only() {
    let setup = Setup::playing("build_ok", 0);
    let closed = ReservedPort::new();
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    let output = command.env("OPENLINEAGE_URL", closed.endpoint()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = text_of(&output.stderr);
    assert!(stderr.starts_with("warning: 30 lineage events were not sent: "), "{stderr}");
    // After three failures, no other event is tried.
    let spans = setup.spans();
    let emitted = spans.iter().filter(|span| span.name == "lineage.emit_event");
    assert_eq!(emitted.count(), 3);
    assert_eq!(single(&spans, "dbt.build").status, ReceivedStatus::Ok);

    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    let output = command.env("OPENLINEAGE__TRANSPORT__TYPE", "kafka").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text_of(&output.stderr),
        "warning: lineage: expected http, file, console, found the transport `kafka`\n"
    );
}
