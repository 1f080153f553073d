//! Debian's Alertmanager: its API returns the alert that was sent.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use floe_plugin::ErrorKind;
use floe_plugin::alert::Message;
use floe_tests::ReservedPort;
use serde_json::{Value, json};

use super::process::{Process, place};
use crate::alert_alertmanager::send_as;
use crate::alerts;

const CONFIG: &str = "route: { receiver: none }\nreceivers: [{ name: none }]\n";

/// The user `floe` with the password `hunter2`.
const USERS: &str =
    "basic_auth_users:\n  floe: $2b$04$//6j9rTXyHj3jtV2fPUtNOfEE/CZJlKZBzoZQxxfTJe2Jfr.w2TmK\n";

fn alertmanager(place: &Path, folder: &Path, port: u16) -> Process {
    let config = folder.join("config.yml");
    let users = folder.join("web.yml");
    std::fs::write(&config, CONFIG).unwrap();
    std::fs::write(&users, USERS).unwrap();
    Process::start(
        Command::new(place.join("root/usr/bin/prometheus-alertmanager"))
            .current_dir(place.join("root"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--web.config.file={}", users.display()))
            .arg(format!("--storage.path={}", folder.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address="),
    )
}

/// Returns the labels and the annotations that Alertmanager receives for [`alerts::message`].
fn expected() -> (Value, Value) {
    let message = alerts::message();
    let labels = json!({
        "alertname": "FloeCheckFailed",
        "severity": "critical",
        "namespace": "sales",
        "product": "customer-360",
        "environment": "prod",
        "asset": "stg_orders",
        "violation": "quality",
    });
    let annotations = json!({
        "summary": message.summary,
        "description": message.description,
        "run_id": message.run_id,
        "trace_id": message.trace_id,
    });
    (labels, annotations)
}

#[test]
fn an_alert_is_stored_once_with_its_labels_and_annotations() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let reserved = ReservedPort::new();
    let url = format!("http://127.0.0.1:{}", reserved.number());
    let mut alertmanager = alertmanager(&place, folder.path(), reserved.number());
    let get = |path: &str| {
        let request = ureq::get(format!("{url}{path}"));
        // This encodes `floe:hunter2`.
        let authorized = request.header("authorization", "Basic ZmxvZTpodW50ZXIy");
        authorized.call().ok()?.body_mut().read_to_string().ok()
    };
    alertmanager.poll(|| get("/-/ready"));

    let at = SystemTime::now() - Duration::from_secs(60);
    let message = Message { at, ..alerts::message() };
    let send = |password: &str, message: &Message<'_>| send_as(&url, 60.0, password, message);
    send("hunter2", &message).unwrap();
    // An alert of the next run with the same cause creates no second alert, but replaces the id of the run.
    let run_id = Some("9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1");
    let again = Message { run_id, ..message };
    send("hunter2", &again).unwrap();

    let alerts = alertmanager.poll(|| {
        let alerts: Value = serde_json::from_str(&get("/api/v2/alerts")?).ok()?;
        let is_second = alerts[0]["annotations"]["run_id"].as_str() == run_id;
        is_second.then_some(alerts)
    });
    assert_eq!(alerts.as_array().unwrap().len(), 1, "{alerts}");
    let alert = &alerts[0];
    let (labels, mut annotations) = expected();
    annotations["run_id"] = json!(run_id);
    assert_eq!(alert["labels"], labels);
    assert_eq!(alert["annotations"], annotations);
    assert_eq!(alert["startsAt"], floe_plugin::rfc3339(at));
    assert_eq!(alert["status"]["state"], "active");

    let error = send("wrong", &message).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
}
