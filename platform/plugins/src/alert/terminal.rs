//! Alerts on the terminal.

use std::io::{self, Write as _};

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Destination, Error, Lifecycle, OutputPath};
use floe_telemetry::{printable, sanitize_error_message};
use serde::Deserialize;

use crate::files::confine;

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Terminal,
    name: "terminal",
    tracer: "floe.alert.terminal",
    api: "1.0",
    description: "prints alerts to standard error",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terminal {
    /// A file to which alerts are appended, instead of standard error. A new file can be read only by its owner,
    /// because messages may contain data of the product.
    file: Option<OutputPath>,
}

impl Lifecycle for Terminal {}

impl AlertChannel for Terminal {
    fn destination(&self) -> Destination<'_> {
        Destination::new(if self.file.is_some() { "file" } else { "stderr" })
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let text = format!("{}: {}", message.name, message.summary);
        let text = sanitize_error_message(&text);
        let line = format!("alert: {}: {}\n", message.severity.as_str(), printable(&text));
        match &self.file {
            Some(file) => confine::append(file, &line),
            None => Ok(io::stderr().lock().write_all(line.as_bytes())?),
        }
    }
}
