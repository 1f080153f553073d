//! Redaction of log records on the caller's thread, which writes the line.
//!
//! So a record is redacted only once, and the exporters' queues get the redacted text.

use std::fmt::Display;

use floe_redact::{KeyMeaning, REDACTED};
use opentelemetry::{Key as OtelKey, StringValue};

use super::Redactor;

/// Keys that programs use for the text of an error.
const ERRORS: [&str; 2] = ["error", "err"];

impl Redactor {
    /// The redacted message, if it differs. Log messages quote input, as error messages do, so the policy for error
    /// text applies.
    pub fn log_message(&self, text: &str) -> Option<String> {
        self.redaction.error_text(text)
    }

    /// The redacted argument of an option in a list, if it differs.
    pub fn log_argument(&self, option: &StringValue, argument: &str) -> Option<String> {
        self.redaction.argument(option, argument)
    }

    /// The redacted name of a field or a target, if it differs. Names are cached, because they repeat.
    pub fn log_name(&mut self, name: &str) -> Option<&OtelKey> {
        self.keys.get(name, &self.redaction).redacted.as_ref()
    }

    /// A name known at compile time, or the mark of redaction if the name contains a secret.
    pub fn log_constant(&mut self, name: &'static str) -> &'static str {
        match self.log_name(name) {
            Some(_) => REDACTED,
            None => name,
        }
    }

    /// The redacted text of a field, if it differs.
    pub fn log_text(&mut self, key: &str, text: &str) -> Option<String> {
        let entry = self.keys.get(key, &self.redaction);
        match entry.meaning {
            KeyMeaning::Text if ERRORS.contains(&key) => self.redaction.error_text(text),
            _ => entry.apply(text, &self.redaction),
        }
    }

    /// The replacement of a number, a boolean or a nested value that is a secret under its key.
    pub fn log_typed(&mut self, key: &str, value: impl Display) -> Option<&'static str> {
        self.keys.get(key, &self.redaction).hidden(value, &self.redaction)
    }
}
