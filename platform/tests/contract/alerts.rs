//! Sends alerts for the contracts of all alert channels.

use std::time::{Duration, SystemTime};

use floe_plugin::Error;
use floe_plugin::alert::{AlertChannel, Message, Severity};
use serde_json::Value;

use crate::with;

/// Returns an alert with all optional properties, at 2001-09-09T01:46:40Z.
pub(crate) fn message() -> Message<'static> {
    Message {
        severity: Severity::Critical,
        description: Some("row_count: found 4\nexpected 5"),
        violation: Some("quality"),
        namespace: "sales",
        product: "customer-360",
        environment: "prod",
        asset: Some("stg_orders"),
        run_id: Some("2866553f-1347-41ca-bd56-95659a3e1c5d"),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
        ..Message::new("FloeCheckFailed", "orders has <5 rows & no \"Zürich\"")
    }
}

pub(crate) fn send(channel: &str, config: Value, message: &Message<'_>) -> Result<(), Error> {
    with::<dyn AlertChannel, _>(channel, config, |channel| channel.send_alert(message))
}

pub(crate) fn send_one(channel: &str, config: Value) -> Result<(), Error> {
    send(channel, config, &message())
}
