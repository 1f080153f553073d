//! The contract of the plugin `webhook` (alert channel).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::alert::Message;
use floe_plugin::{Error, PluginType, Plugins, Selection};
use serde_json::json;
use standardwebhooks::Webhook;
use ureq::http::HeaderMap;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential, failures};

const NAME: &str = "webhook";
const KEY: &[u8] = b"a key of at least 24 bytes";

/// A receiver by the rules of Standard Webhooks, which verifies the signature.
fn receiver(request: &Received) -> Answer {
    if request.method != "POST" || !request.path.starts_with("/hooks/") {
        return Answer::text(404, "");
    }
    if request.header("content-type") != Some("application/json") {
        return Answer::text(415, "");
    }
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = request.header(name).unwrap_or_default();
        headers.insert(name, value.parse().unwrap());
    }
    let key = Webhook::from_bytes(KEY.to_vec()).unwrap();
    // Also that the time is that of now.
    let is_signed = key.verify(&request.body, &headers).is_ok();
    let body = request.json();
    let is_event = body["type"] == "floe.alert" && alerts::is_time(&body["timestamp"]);
    match (is_signed, is_event) {
        (false, _) => Answer::text(401, "the signature is not valid"),
        (true, false) => Answer::text(400, "this is no event"),
        (true, true) => Answer::text(204, ""),
    }
}

fn send_by(url: &str, timeout: f64, key: &[u8], message: &Message<'_>) -> Result<(), Error> {
    let (_url, url) = credential(&format!("{url}/hooks/{CANARY}"));
    let (_key, key) = credential(&format!("whsec_{}", STANDARD.encode(key)));
    let config = json!({ "url": url, "signing_key": key, "timeout": timeout });
    alerts::send(NAME, config, message)
}

fn send(url: &str, timeout: f64) -> Result<(), Error> {
    let message = Message { at: alerts::at(), ..alerts::message() };
    send_by(url, timeout, KEY, &message)
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::AlertChannel, NAME, "stand-in").operation(
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
            let service = Service::start(receiver);
            let message = Message { at: alerts::at(), ..alerts::message() };
            send_by(&service.url, 10.0, b"another key of 24 bytes or more", &message)
        },
    )
}

#[test]
fn failures_of_a_webhook_are_clear_errors() {
    failures::check(|_| None, send);
    failures::check_retry(receiver, |url| send(url, 10.0));
}

#[test]
fn the_id_is_that_of_the_alert() {
    let service = Service::start(receiver);
    let one = Message { at: alerts::at(), ..alerts::message() };
    let other = Message { summary: "another", ..one };
    for message in [&one, &one, &other] {
        send_by(&service.url, 10.0, KEY, message).unwrap();
    }
    let received = service.received();
    let ids: Vec<_> = received.iter().map(|it| it.header("webhook-id").unwrap()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert!(ids[0].starts_with("msg_"), "{ids:?}");
}

#[test]
fn a_webhook_can_have_a_token_and_no_signature() {
    let service = Service::start(|_| Answer::text(200, ""));
    let (_url, url) = credential(&service.url);
    let (_token, token) = credential(CANARY);
    let config = json!({ "url": url, "authorization": { "bearer": token } });
    alerts::send_one(NAME, config).unwrap();
    let request = service.single();
    assert_eq!(request.path, "/");
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {CANARY}")));
    assert_eq!(request.header("webhook-signature"), None);
}

#[test]
fn a_signing_key_that_is_none_is_an_error_at_the_start_without_the_key() {
    for key in [CANARY.to_owned(), format!("whsec_{CANARY}"), "whsec_c2hvcnQ=".to_owned()] {
        let (_file, key) = credential(&key);
        let config = json!({ "url": "${env:PATH}", "signing_key": key });
        let chosen = Selection::new(PluginType::AlertChannel, NAME, config);
        let error = Plugins::configure(&[chosen]).unwrap().start(|_| true).unwrap_err();
        assert!(error.to_string().contains("expected `whsec_`"), "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}
