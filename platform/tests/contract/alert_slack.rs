//! The contract of the plugin `slack` (alert channel).

use floe_plugin::alert::AlertChannel;
use floe_plugin::{Error, ErrorKind};
use serde_json::json;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, assert_failed, credential, failures};

const NAME: &str = "slack";

/// Answers a request as Slack documents its incoming webhook: each error has a status and a word.
fn api(request: &Received) -> Answer {
    if request.path != format!("/services/T0/B0/{CANARY}") {
        return Answer::text(404, "no_service");
    }
    match (&*request.method, request.header("content-type")) {
        ("POST", Some("application/json")) => Answer::text(200, "ok"),
        _ => Answer::text(400, "invalid_payload"),
    }
}

fn send(url: &str, timeout: f64) -> Result<(), Error> {
    let (_file, webhook) = credential(&format!("{url}/services/T0/B0/{CANARY}"));
    alerts::send_one(NAME, json!({ "webhook": webhook, "timeout": timeout }))
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn AlertChannel>(NAME, "stand-in").operation(
        "send_alert",
        &[
            "alert.channel=slack",
            "alert.destination=http://127.0.0.1:*",
            "alert.severity=critical",
            "alert.delivery_status=delivered",
        ],
        || {
            let service = Service::start(api);
            send(&service.url, 10.0)?;
            let request = service.single();
            assert!(request.header("traceparent").is_some());
            let body = request.json();
            let title = "[critical] orders has &lt;5 rows &amp; no \"Zürich\"";
            assert_eq!(body["text"], title);
            let text = |text: &str| json!({ "type": "mrkdwn", "text": text });
            let fields = [
                "*alertname*\nFloeCheckFailed",
                "*severity*\ncritical",
                "*namespace*\nsales",
                "*product*\ncustomer-360",
                "*environment*\nprod",
                "*asset*\nstg_orders",
                "*violation*\nquality",
                "*run_id*\n2866553f-1347-41ca-bd56-95659a3e1c5d",
                "*trace_id*\n4bf92f3577b34da6a3ce929d0e0e4736",
            ];
            assert_eq!(
                body["blocks"],
                json!([
                    { "type": "section", "text": text(&format!("*{title}*")) },
                    { "type": "section", "text": text("row_count: found 4\nexpected 5") },
                    { "type": "section", "fields": fields.map(text) },
                ])
            );
            Ok(())
        },
        || {
            let service = Service::start(|request| Answer::text(404, &request.path));
            send(&service.url, 10.0)
        },
    )
}

#[test]
fn failures_of_slack_are_clear_errors() {
    failures::check(|_| None, send);
    failures::check_retry(api, |url| send(url, 10.0));
    for (status, word, kind) in [
        (400, "invalid_payload", ErrorKind::Rejected),
        (403, "action_prohibited", ErrorKind::Unauthorized),
        (404, "channel_not_found", ErrorKind::NotFound),
        (410, "channel_is_archived", ErrorKind::Rejected),
        (500, "rollup_error", ErrorKind::InvalidResponse),
        // A page with the status 200 is not a delivery.
        (200, "<html>Log in</html>", ErrorKind::InvalidResponse),
    ] {
        let service = Service::start(move |_| Answer::text(status, word));
        let error = send(&service.url, 10.0).unwrap_err();
        let text = if status == 200 { "expected the response `ok`" } else { word };
        assert_failed(&error, kind, text);
    }
}

#[test]
fn a_credential_that_crosses_the_end_of_a_quotation_is_not_cut() {
    // The first 200 characters end in the middle of the credential.
    let echo = format!("{}{CANARY}", "x".repeat(190));
    let service = Service::start(move |_| Answer::text(400, &echo));
    let (_file, webhook) = credential(&format!("{}/{CANARY}", service.url));
    let error = alerts::send_one(NAME, json!({ "webhook": webhook })).unwrap_err();
    let found = error.to_string();
    assert!(!found.contains(&CANARY[..4]), "{found}");
}
