//! The contract of the plugin `webhook` (alert channel).

use floe_plugin::Error;
use floe_plugin::alert::AlertChannel;
use serde_json::json;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential, failures};

const NAME: &str = "webhook";

fn receiver(request: &Received) -> Answer {
    match (&*request.method, request.header("content-type")) {
        ("POST", Some("application/json")) => Answer::text(204, ""),
        _ => Answer::text(415, ""),
    }
}

fn send(url: &str, timeout: f64) -> Result<(), Error> {
    let (_url, url) = credential(&format!("{url}/hooks/{CANARY}"));
    let (_token, token) = credential(CANARY);
    let authorization = json!({ "bearer": token });
    alerts::send_one(
        NAME,
        json!({ "url": url, "authorization": authorization, "timeout": timeout }),
    )
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn AlertChannel>(NAME, "stand-in").operation(
        "send_alert",
        &[
            "alert.channel=webhook",
            "alert.destination=http://127.0.0.1:*",
            "alert.severity=critical",
            "alert.delivery_status=delivered",
        ],
        || {
            let service = Service::start(receiver);
            send(&service.url, 10.0)?;
            let request = service.single();
            assert_eq!(request.path, format!("/hooks/{CANARY}"));
            assert_eq!(request.header("authorization"), Some(&*format!("Bearer {CANARY}")));
            assert!(request.header("traceparent").is_some());
            let message = alerts::message();
            assert_eq!(
                request.json(),
                json!({
                    "type": "floe.alert",
                    "timestamp": "2001-09-09T01:46:40.000Z",
                    "data": {
                        "name": "FloeCheckFailed",
                        "severity": "critical",
                        "summary": message.summary,
                        "description": message.description,
                        "violation": "quality",
                        "namespace": "sales",
                        "product": "customer-360",
                        "environment": "prod",
                        "asset": "stg_orders",
                        "run_id": message.run_id,
                        "trace_id": message.trace_id,
                    },
                })
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
fn failures_of_a_webhook_are_clear_errors() {
    failures::check(|_| None, send);
    failures::check_retry(receiver, |url| send(url, 10.0));
}
