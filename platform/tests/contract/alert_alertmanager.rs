//! The contract of the plugin `alertmanager` (alert channel).

use floe_plugin::PluginType;
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential, failures};

const NAME: &str = "alertmanager";

/// The API, as its `OpenAPI` document describes it.
fn api(request: &Received) -> Answer {
    match (&*request.method, &*request.path) {
        ("POST", "/api/v2/alerts") => match request.header("content-type") {
            Some("application/json") if are_alerts(&request.json()) => Answer::text(200, ""),
            Some("application/json") => Answer::json(400, &json!("invalid alerts")),
            _ => Answer::json(415, &json!({ "code": 415, "message": "unsupported media type" })),
        },
        (_, "/api/v2/alerts") => Answer::json(405, &json!({ "code": 405, "message": "method" })),
        _ => Answer::text(404, "404 page not found"),
    }
}

fn are_alerts(body: &Value) -> bool {
    let is_label = |(name, value): (&String, &Value)| {
        let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
        let is_rest = |rest: char| rest.is_ascii_alphanumeric() || rest == '_';
        name.starts_with(is_first) && name.chars().all(is_rest) && value.is_string()
    };
    let is_alert = |alert: &Value| {
        let labels = alert["labels"].as_object();
        let annotations = alert["annotations"].as_object();
        labels.is_some_and(|labels| !labels.is_empty() && labels.iter().all(is_label))
            && annotations.is_none_or(|annotations| annotations.iter().all(is_label))
            && alerts::is_time(&alert["startsAt"])
    };
    body.as_array().is_some_and(|alerts| alerts.iter().all(is_alert))
}

fn config(url: &str, password: &str, timeout: f64) -> Value {
    let basic = json!({ "username": "floe", "password": password });
    json!({ "url": url, "authorization": { "basic": basic }, "timeout": timeout })
}

fn send(url: &str, timeout: f64) -> Result<(), floe_plugin::Error> {
    let (_file, password) = credential(CANARY);
    alerts::send_one(NAME, config(url, &password, timeout))
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` Debian's Alertmanager";
    Contract::new(PluginType::AlertChannel, NAME, service).operation(
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
            // floe:c4n4ry-…
            let authorization = "Basic ZmxvZTpjNG40cnktWm05dlltRnlZbUY2Y1hWNA==";
            assert_eq!(request.header("authorization"), Some(authorization));
            assert!(request.header("traceparent").is_some());
            let message = alerts::message();
            assert_eq!(
                request.json(),
                json!([{
                    "labels": {
                        "alertname": "FloeCheckFailed",
                        "severity": "critical",
                        "namespace": "sales",
                        "product": "customer-360",
                        "environment": "prod",
                        "asset": "stg_orders",
                        "violation": "quality",
                    },
                    "annotations": {
                        "summary": message.summary,
                        "description": message.description,
                        "run_id": message.run_id,
                        "trace_id": message.trace_id,
                    },
                    "startsAt": "2001-09-09T01:46:40.000Z",
                }])
            );
            Ok(())
        },
        || {
            let service = Service::start(|request| Answer::text(401, &format!("{request:?}")));
            send(&service.url, 10.0)
        },
    )
}

#[test]
fn failures_of_alertmanager_are_clear_errors() {
    failures::check(|_| None, send);
    failures::check_retry(api, |url| send(url, 10.0));
}

#[test]
fn the_stand_in_for_alertmanager_refuses_what_is_not_an_alert() {
    for body in [
        json!({}),
        json!([{ "labels": {}, "startsAt": "2001-09-09T01:46:40.000Z" }]),
        json!([{ "labels": { "a-b": "c" }, "startsAt": "2001-09-09T01:46:40.000Z" }]),
        json!([{ "labels": { "a": 1 }, "startsAt": "2001-09-09T01:46:40.000Z" }]),
        json!([{ "labels": { "a": "b" }, "startsAt": "yesterday" }]),
    ] {
        assert!(!are_alerts(&body), "{body}");
    }
}

#[test]
fn an_alert_without_optional_parts_has_no_empty_labels() {
    let service = Service::start(api);
    let message = floe_plugin::alert::Message::new("FloePipelineFailed", "no orders");
    alerts::send(NAME, json!({ "url": service.url }), &message).unwrap();
    let request = service.single();
    assert_eq!(request.header("authorization"), None);
    let alert = &request.json()[0];
    assert_eq!(
        alert["labels"],
        json!({ "alertname": "FloePipelineFailed", "severity": "warning" })
    );
    assert_eq!(alert["annotations"], json!({ "summary": "no orders" }));
}
