//! openlineage-python: its classes read the events that the plugin posts.

use std::process::Command;

use floe_plugin::ErrorKind;
use floe_plugin::lineage::{LineageBackend, RunEvent, RunState};
use serde_json::{Value, json};

use super::process::{Process, place, script};
use crate::lineage_console::event;
use crate::with;

fn assert_run(event: &Value) {
    let facets = &event["run"]["facets"];
    assert_eq!(facets["parent"]["run"]["runId"], "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1");
    assert_eq!(facets["parent"]["job"]["name"], "customer-360");
    assert_eq!(facets["traceCorrelation"]["span_id"], "00f067aa0ba902b7");
    let tag = |key: &str, value: &str| json!({ "key": key, "value": value, "source": "floe" });
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let tags = json!([tag("traceparent", traceparent), tag("dagster_run_id", "8b4c")]);
    assert_eq!(facets["tags"]["tags"], tags);
    assert_eq!(facets["processing_engine"]["name"], "floe");
}

fn assert_job_and_datasets(event: &Value) {
    assert_eq!(event["job"]["facets"]["jobType"]["jobType"], "MODEL");
    assert_eq!(event["job"]["facets"]["sql"]["query"], "select * from orders");
    assert_eq!(event["inputs"][0]["name"], "orders");
    let output = &event["outputs"][0];
    assert_eq!(output["facets"]["schema"]["fields"].as_array().unwrap().len(), 4);
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 3);
}

/// Asserts that every facet was read by its class.
fn assert_schemas(found: &Value) {
    let schemas: Vec<&str> = found["schemas"].as_object().unwrap().keys().map(|it| &**it).collect();
    let expected = [
        "jobType",
        "outputStatistics",
        "parent",
        "processing_engine",
        "schema",
        "sql",
        "tags",
        "traceCorrelation",
    ];
    assert_eq!(schemas, expected);
}

#[test]
fn every_event_is_what_openlineage_reads() {
    let place = place();
    let mut python = Command::new(place.join("venv/bin/python"));
    let mut server = Process::start(python.arg(script("openlineage_server.py")));
    let url = format!("http://127.0.0.1:{}", server.port());
    let emit = |event: &RunEvent<'_>| {
        let config = json!({ "url": url });
        with::<dyn LineageBackend, _>("marquez", config, |it| it.emit_event(event))
    };
    let complete = event();
    let mut read = |event: &RunEvent<'_>| {
        emit(event).unwrap();
        serde_json::from_str::<Value>(&server.line()).unwrap()
    };
    let found = read(&complete);
    let event = &found["event"];
    assert_eq!(event["eventType"], "COMPLETE");
    assert_eq!(event["eventTime"], "2001-09-09T01:46:40.000Z");
    assert_eq!(event["run"]["runId"], complete.run_id);
    assert_run(event);
    assert_job_and_datasets(event);
    assert_schemas(&found);

    for state in [RunState::Start, RunState::Fail, RunState::Abort] {
        let error = (state == RunState::Fail).then_some("the disk is full");
        let found = read(&RunEvent { state, error, ..complete.clone() });
        assert_eq!(found["event"]["eventType"], state.as_str());
        let message = &found["event"]["run"]["facets"]["errorMessage"]["message"];
        assert_eq!(message.as_str(), error);
    }

    let error = emit(&RunEvent { run_id: "no UUID", ..complete }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}
