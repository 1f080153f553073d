//! The contract of the plugin `marquez` (lineage backend).

use floe_plugin::Error;
use floe_plugin::lineage::{LineageBackend, RunEvent};
use serde_json::json;

use crate::lineage_console::{ATTRIBUTES, event};
use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, with};

/// Answers a request as Marquez does: `POST /api/v1/lineage` gets 201 without a body.
fn api(request: &Received) -> Answer {
    match (&*request.method, &*request.path, request.header("content-type")) {
        ("POST", "/api/v1/lineage", Some("application/json")) => Answer::text(201, ""),
        _ => Answer::json(404, &json!({ "code": 404, "message": "HTTP 404 Not Found" })),
    }
}

fn emit(url: &str, timeout: f64, event: &RunEvent<'_>) -> Result<(), Error> {
    let (_file, token) = credential(CANARY);
    let config = json!({ "url": url, "authorization": { "bearer": token }, "timeout": timeout });
    with::<dyn LineageBackend, _>("marquez", config, |it| it.emit_event(event))
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` the events are read by openlineage-python";
    Contract::new::<dyn LineageBackend>("marquez", service).operation(
        "emit_event",
        ATTRIBUTES,
        || {
            let service = Service::start(api);
            emit(&service.url, 10.0, &event())?;
            let request = service.single();
            assert_eq!(request.header("authorization"), Some(&*format!("Bearer {CANARY}")));
            assert!(request.header("traceparent").is_some());
            assert_eq!(request.json(), event().to_json());
            Ok(())
        },
        || {
            let service = Service::start(|_| {
                Answer::json(422, &json!({ "errors": ["run.runId must not be null"] }))
            });
            emit(&service.url, 10.0, &event())
        },
    )
}
