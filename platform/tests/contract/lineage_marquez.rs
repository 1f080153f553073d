//! The contract of the plugin `marquez` (lineage backend).

use std::time::{Duration, SystemTime};

use floe_plugin::lineage::{Dataset, Job, LineageBackend, Parent, RunEvent, RunState};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, PluginType};
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential, failures, plugins};

const NAME: &str = "marquez";
const RUN: &str = "2866553f-1347-41ca-bd56-95659a3e1c5d";

/// The API of Marquez: `POST /api/v1/lineage` answers 201 without a body, or 422 with what is not valid.
fn api(request: &Received) -> Answer {
    match (&*request.method, &*request.path) {
        ("POST", "/api/v1/lineage") => match request.header("content-type") {
            Some("application/json") => match invalid(&request.json()) {
                None => Answer::text(201, ""),
                Some(what) => {
                    Answer::json(422, &json!({ "errors": [format!("{what} must not be null")] }))
                }
            },
            _ => Answer::json(
                415,
                &json!({ "code": 415, "message": "HTTP 415 Unsupported Media Type" }),
            ),
        },
        (_, "/api/v1/lineage") => {
            Answer::json(405, &json!({ "code": 405, "message": "HTTP 405 Method Not Allowed" }))
        }
        _ => Answer::json(404, &json!({ "code": 404, "message": "HTTP 404 Not Found" })),
    }
}

/// The part that an event lacks.
fn invalid(event: &Value) -> Option<&'static str> {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let is_uuid = |value: &Value| {
        let shape = value.as_str().unwrap_or_default();
        shape.replace(|digit: char| digit.is_ascii_hexdigit(), "0")
            == "00000000-0000-0000-0000-000000000000"
    };
    let is_job = |job: &Value| is_text(&job["namespace"]) && is_text(&job["name"]);
    let are_data = |data: &Value| data.as_array().is_some_and(|data| data.iter().all(is_job));
    let states = ["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"];
    let parts = [
        ("eventType", states.contains(&event["eventType"].as_str().unwrap_or_default())),
        ("eventTime", alerts::is_time(&event["eventTime"])),
        ("run.runId", is_uuid(&event["run"]["runId"])),
        ("job", is_job(&event["job"])),
        ("inputs", are_data(&event["inputs"])),
        ("outputs", are_data(&event["outputs"])),
        ("producer", is_text(&event["producer"])),
        ("schemaURL", is_text(&event["schemaURL"])),
    ];
    parts.into_iter().find(|(_, is_valid)| !is_valid).map(|(name, _)| name)
}

/// An event with everything that one can have.
pub(crate) fn event() -> RunEvent<'static> {
    let columns = vec![
        Column { name: "id", kind: ColumnType::Integer }.into(),
        Column { name: "total", kind: ColumnType::Real }.into(),
    ];
    let job = Job { namespace: "sales", name: "customer-360.stg_orders" };
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    RunEvent {
        parent: Some(Parent {
            run_id: "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1",
            job: Job { namespace: "sales", name: "customer-360" },
            root: None,
        }),
        trace: Some(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")),
        sql: Some("select * from orders"),
        inputs: vec![Dataset { namespace: "sqlite://", name: "orders", ..Dataset::default() }],
        outputs: vec![Dataset {
            namespace: "sqlite://",
            name: "stg_orders",
            columns,
            rows: Some(3),
        }],
        ..RunEvent::new(RunState::Complete, at, RUN, job)
    }
}

fn emit(url: &str, timeout: f64, event: &RunEvent<'_>) -> Result<(), Error> {
    let (_file, token) = credential(CANARY);
    let config = json!({ "url": url, "authorization": { "bearer": token }, "timeout": timeout });
    let plugins = plugins(PluginType::LineageBackend, NAME, config);
    plugins.one::<dyn LineageBackend>().unwrap().emit_event(event)
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` the events are read by openlineage-python";
    Contract::new(PluginType::LineageBackend, NAME, service).operation(
        "emit_event",
        &[
            "lineage.job_name=*",
            "lineage.event_type=COMPLETE",
            "lineage.namespace=sales",
            "lineage.run_id=2866553f-1347-41ca-bd56-95659a3e1c5d",
        ],
        || {
            let service = Service::start(api);
            emit(&service.url, 10.0, &event())?;
            let request = service.single();
            assert_eq!(request.header("authorization"), Some(&*format!("Bearer {CANARY}")));
            assert!(request.header("traceparent").is_some());
            assert_eq!(request.json(), event().to_json());
            let body = request.json();
            assert_eq!(body["eventTime"], "2001-09-09T01:46:40.000Z");
            assert_eq!(body["run"]["facets"]["parent"]["job"]["name"], "customer-360");
            let output = &body["outputs"][0];
            assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 3);
            Ok(())
        },
        || {
            let service = Service::start(api);
            let event = RunEvent { run_id: "not a UUID", ..event() };
            emit(&service.url, 10.0, &event)
        },
    )
}

#[test]
fn failures_of_marquez_are_clear_errors() {
    failures::check(|_| None, |url, timeout| emit(url, timeout, &event()));
    failures::check_retry(api, |url| emit(url, 10.0, &event()));
}

#[test]
fn every_state_is_an_event_that_marquez_accepts() {
    use RunState::{Abort, Complete, Fail, Start};
    for state in [Start, Complete, Fail, Abort] {
        let service = Service::start(api);
        let error = (state == Fail).then_some("the disk is full");
        let event = RunEvent { state, error, ..event() };
        emit(&service.url, 10.0, &event).unwrap();
        let body = service.single().json();
        assert_eq!(body["eventType"], state.as_str());
        let message = &body["run"]["facets"]["errorMessage"]["message"];
        assert_eq!(message.as_str(), error);
    }
}
