//! Alerts on the terminal.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::{Destination, Error, Lifecycle, LocalPath};
use floe_telemetry::sanitize_error_message;
use schemars::JsonSchema;
use serde::Deserialize;

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Terminal,
    name: "terminal",
    tracer: "floe.alert.terminal",
    api: "1.0",
    description: "prints alerts to standard error",
}

/// Prints an alert as one line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Terminal {
    /// A file to append the line to, instead of standard error.
    file: Option<LocalPath>,
}

impl Lifecycle for Terminal {}

impl AlertChannel for Terminal {
    fn destination(&self) -> Destination<'_> {
        Destination::new(if self.file.is_some() {
            "file"
        } else {
            "stderr"
        })
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let text = format!("{}: {}", message.name, message.summary);
        let text = sanitize_error_message(&text).replace(char::is_control, " ");
        let line = format!("alert: {}: {text}\n", message.severity.as_str());
        match &self.file {
            Some(file) => {
                let mut file = OpenOptions::new().create(true).append(true).open(&**file)?;
                file.write_all(line.as_bytes())?;
            }
            None => io::stderr().lock().write_all(line.as_bytes())?,
        }
        Ok(())
    }
}
