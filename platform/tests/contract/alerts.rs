//! The common part of the contracts of alert channels.

use std::time::{Duration, SystemTime};

use floe_plugin::alert::{AlertChannel, Message, Severity, Violation};
use floe_plugin::{Error, PluginType};
use serde_json::Value;

use crate::plugins;

/// An alert with everything that one can have, at 2001-09-09T01:46:40Z.
pub(crate) const fn message() -> Message<'static> {
    Message {
        name: "FloeCheckFailed",
        severity: Severity::Critical,
        summary: "orders has <5 rows & no \"Zürich\"",
        description: Some("row_count: found 4\nexpected 5"),
        violation: Some(Violation::Quality),
        namespace: "sales",
        product: "customer-360",
        environment: "prod",
        asset: Some("stg_orders"),
        run_id: Some("2866553f-1347-41ca-bd56-95659a3e1c5d"),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        at: SystemTime::UNIX_EPOCH,
    }
}

pub(crate) fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// Sends an alert by a channel with this configuration.
pub(crate) fn send(channel: &str, config: Value, message: &Message<'_>) -> Result<(), Error> {
    let plugins = plugins(PluginType::AlertChannel, channel, config);
    let channel = plugins.one::<dyn AlertChannel>().unwrap();
    channel.send_alert(message)
}

/// Sends [`message`].
pub(crate) fn send_one(channel: &str, config: Value) -> Result<(), Error> {
    let message = Message { at: at(), ..message() };
    send(channel, config, &message)
}

/// Whether this is a time as RFC 3339 writes it, in UTC.
pub(crate) fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape = text.replace(|digit: char| digit.is_ascii_digit(), "0");
    shape == "0000-00-00T00:00:00.000Z"
}
