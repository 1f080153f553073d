//! The contract of the plugin `alertmanager` (alert channel).

use floe_plugin::Error;
use floe_plugin::alert::{AlertChannel, Message};
use serde_json::json;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential};

const NAME: &str = "alertmanager";

/// Answers a request as the `OpenAPI` document of Alertmanager describes.
fn api(request: &Received) -> Answer {
    match (&*request.method, &*request.path, request.header("content-type")) {
        ("POST", "/api/v2/alerts", Some("application/json")) => Answer::text(200, ""),
        _ => Answer::text(404, "404 page not found"),
    }
}

/// Sends an alert as the user `floe` with this password.
pub(crate) fn send_as(
    url: &str,
    timeout: f64,
    password: &str,
    message: &Message<'_>,
) -> Result<(), Error> {
    let (_file, password) = credential(password);
    let basic = json!({ "username": "floe", "password": password });
    let config = json!({ "url": url, "authorization": { "basic": basic }, "timeout": timeout });
    alerts::send(NAME, config, message)
}

fn send(url: &str, timeout: f64) -> Result<(), Error> {
    send_as(url, timeout, CANARY, &alerts::message())
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` Debian's Alertmanager";
    Contract::new::<dyn AlertChannel>(NAME, service).operation(
        "send_alert",
        &[
            "alert.channel=alertmanager",
            "alert.destination=http://127.0.0.1:*",
            "alert.severity=critical",
            "alert.delivery_status=delivered",
        ],
        || {
            let service = Service::start(api);
            send(&service.url, 10.0)?;
            let request = service.single();
            // This encodes `floe:c4n4ry-…`.
            let authorization = "Basic ZmxvZTpjNG40cnktWm05dlltRnlZbUY2Y1hWNA==";
            assert_eq!(request.header("authorization"), Some(authorization));
            assert!(request.header("traceparent").is_some());
            Ok(())
        },
        || {
            let service = Service::start(|request| Answer::text(401, &format!("{request:?}")));
            send(&service.url, 10.0)
        },
    )
}

#[test]
fn an_alert_without_optional_parts_has_no_empty_labels() {
    let service = Service::start(api);
    let message = Message::new("FloePipelineFailed", "no orders");
    alerts::send(NAME, json!({ "url": service.url }), &message).unwrap();
    let request = service.single();
    assert_eq!(request.header("authorization"), None);
    let alert = &request.json()[0];
    let labels = json!({ "alertname": "FloePipelineFailed", "severity": "warning" });
    assert_eq!(alert["labels"], labels);
    assert_eq!(alert["annotations"], json!({ "summary": "no orders" }));
}
