//! The contract of the plugin `slack` (alert channel).

use floe_plugin::{Error, ErrorKind, PluginType};
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, alerts, credential, failures};

const NAME: &str = "slack";

/// An incoming webhook, as Slack documents it: errors are words, by status.
fn api(request: &Received) -> Answer {
    if request.path != format!("/services/T0/B0/{CANARY}") {
        return Answer::text(404, "no_service");
    }
    if request.method != "POST" {
        return Answer::text(405, "");
    }
    if request.header("content-type") != Some("application/json") {
        return Answer::text(400, "invalid_payload");
    }
    let body = request.json();
    if body["text"].as_str().is_none_or(str::is_empty) {
        return Answer::text(400, "no_text");
    }
    match body["blocks"].as_array() {
        Some(blocks) if blocks.len() <= 50 && blocks.iter().all(is_section) => {
            Answer::text(200, "ok")
        }
        _ => Answer::text(400, "invalid_blocks"),
    }
}

fn is_section(block: &Value) -> bool {
    let is_text = |text: &Value, longest: usize| {
        let length = text["text"].as_str().map_or(0, |text| text.chars().count());
        text["type"] == "mrkdwn" && (1..=longest).contains(&length)
    };
    let has_text = is_text(&block["text"], 3000);
    let has_fields = block["fields"].as_array().is_some_and(|fields| {
        (1..=10).contains(&fields.len()) && fields.iter().all(|field| is_text(field, 2000))
    });
    block["type"] == "section" && (has_text || has_fields)
}

fn send(url: &str, timeout: f64) -> Result<(), Error> {
    let (_file, webhook) = credential(&format!("{url}/services/T0/B0/{CANARY}"));
    alerts::send_one(NAME, json!({ "webhook": webhook, "timeout": timeout }))
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::AlertChannel, NAME, "stand-in").operation(
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
            let blocks = &body["blocks"];
            assert_eq!(blocks[0]["text"]["text"], format!("*{title}*"));
            assert_eq!(blocks[1]["text"]["text"], "row_count: found 4\nexpected 5");
            let fields = blocks[2]["fields"].as_array().unwrap();
            let texts: Vec<&str> = fields.iter().map(|it| it["text"].as_str().unwrap()).collect();
            assert_eq!(
                texts,
                [
                    "*Alert*\nFloeCheckFailed",
                    "*Namespace*\nsales",
                    "*Product*\ncustomer-360",
                    "*Environment*\nprod",
                    "*Asset*\nstg_orders",
                    "*Violation*\nquality",
                    "*Run*\n2866553f-1347-41ca-bd56-95659a3e1c5d",
                    "*Trace*\n4bf92f3577b34da6a3ce929d0e0e4736",
                ]
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
    ] {
        let service = Service::start(move |_| Answer::text(status, word));
        let error = send(&service.url, 10.0).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_page_with_the_status_200_is_not_a_delivery() {
    let service = Service::start(|_| Answer::text(200, "<html>Log in to continue</html>"));
    let error = send(&service.url, 10.0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.to_string().contains("not Slack's `ok`"), "{error}");
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
