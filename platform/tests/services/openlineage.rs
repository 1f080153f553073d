//! openlineage-python: its classes read the events that the plugin posts.

use std::process::Command;
use std::time::{Duration, SystemTime};

use floe_plugin::lineage::{Dataset, Job, LineageBackend, Parent, RunEvent, RunState};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{ErrorKind, PluginType};
use serde_json::{Value, json};

use crate::process::{Process, place, plugins, script};

/// An event with everything but an error.
fn event() -> RunEvent<'static> {
    let columns = [
        ColumnType::Integer,
        ColumnType::Real,
        ColumnType::Text,
        ColumnType::Date,
    ];
    let columns = columns.map(|kind| Column {
        name: "column",
        kind,
    });
    RunEvent {
        state: RunState::Complete,
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_007),
        run_id: "2866553f-1347-41ca-bd56-95659a3e1c5d",
        job: Job {
            namespace: "sales",
            name: "customer-360.stg_orders",
        },
        parent: Some(Parent {
            run_id: "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1",
            job: Job {
                namespace: "sales",
                name: "customer-360",
            },
        }),
        trace: Some(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")),
        sql: Some("select * from orders"),
        error: None,
        inputs: vec![Dataset {
            namespace: "sqlite://",
            name: "orders",
            ..Dataset::default()
        }],
        outputs: vec![Dataset {
            namespace: "sqlite://",
            name: "stg_orders",
            columns: columns.to_vec(),
            rows: Some(3),
        }],
    }
}

#[test]
fn every_event_is_what_openlineage_reads() {
    let Some(place) = place() else {
        return;
    };
    let mut python = Command::new(place.join("venv/bin/python"));
    let mut server = Process::start(python.arg(script("openlineage_server.py")));
    let url = format!("http://127.0.0.1:{}", server.port());
    let plugins = plugins(PluginType::LineageBackend, "marquez", json!({ "url": url }));
    let backend = plugins.one::<dyn LineageBackend>().unwrap();
    let complete = event();
    let mut read = |event: &RunEvent<'_>| {
        backend.emit_event(event).unwrap();
        serde_json::from_str::<Value>(&server.line()).unwrap()
    };
    let found = read(&complete);
    let event = &found["event"];
    assert_eq!(event["eventType"], "COMPLETE");
    assert_eq!(event["eventTime"], "2001-09-09T01:46:40.007Z");
    assert_eq!(event["run"]["runId"], complete.run_id);
    let facets = &event["run"]["facets"];
    assert_eq!(
        facets["parent"]["run"]["runId"],
        "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1"
    );
    assert_eq!(facets["parent"]["job"]["name"], "customer-360");
    assert_eq!(facets["traceCorrelation"]["span_id"], "00f067aa0ba902b7");
    assert_eq!(
        event["job"]["facets"]["sql"]["query"],
        "select * from orders"
    );
    assert_eq!(event["inputs"][0]["name"], "orders");
    let output = &event["outputs"][0];
    assert_eq!(
        output["facets"]["schema"]["fields"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 3);
    let schemas: Vec<&str> = found["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .map(|it| &**it)
        .collect();
    let expected = [
        "outputStatistics",
        "parent",
        "schema",
        "sql",
        "traceCorrelation",
    ];
    assert_eq!(schemas, expected, "every facet was read by its class");

    for state in [
        RunState::Start,
        RunState::Running,
        RunState::Fail,
        RunState::Abort,
    ] {
        let error = (state == RunState::Fail).then_some("the disk is full");
        let found = read(&RunEvent {
            state,
            error,
            ..complete.clone()
        });
        assert_eq!(found["event"]["eventType"], state.as_str());
        let message = &found["event"]["run"]["facets"]["errorMessage"]["message"];
        assert_eq!(message.as_str(), error);
    }

    let error = backend
        .emit_event(&RunEvent {
            run_id: "no UUID",
            ..complete
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}
