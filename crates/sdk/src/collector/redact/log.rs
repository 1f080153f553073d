//! Redacts log records on the thread that logs, before it writes the line.
//!
//! So a record is redacted only once, and the exporters' queues get the redacted text.

use std::fmt::Display;

use floe_redact::{KeyMeaning, REDACTED};
use opentelemetry::Key as OtelKey;

use super::Redactor;

/// Keys that programs use for the text of an error.
const ERRORS: [&str; 2] = ["error", "err"];

impl Redactor {
    /// Returns the redacted message; `None` if it is unchanged. Log messages quote input, as error messages do, so the
    /// policy for error text applies.
    pub fn log_message(&self, text: &str) -> Option<String> {
        self.redaction.error_text(text)
    }

    /// Returns the redacted items of a list, each with its index, where an item may be the name of the next one.
    pub fn log_list(&self, items: &[impl AsRef<str>]) -> Vec<(usize, String)> {
        self.redaction.list(items)
    }

    /// Returns the redacted name of a field or a target; `None` if it is unchanged. The result is cached.
    pub fn log_name(&mut self, name: &str) -> Option<&OtelKey> {
        self.keys.get(name, &self.redaction).redacted.as_ref()
    }

    /// Returns a name known at compile time, or `<REDACTED>` if the name contains a secret.
    pub fn log_constant(&mut self, name: &'static str) -> &'static str {
        match self.log_name(name) {
            Some(_) => REDACTED,
            None => name,
        }
    }

    /// Returns the redacted text of a field; `None` if it is unchanged.
    pub fn log_text(&mut self, key: &str, text: &str) -> Option<String> {
        let entry = self.keys.get(key, &self.redaction);
        match entry.meaning {
            KeyMeaning::Text if ERRORS.contains(&key) => self.redaction.error_text(text),
            _ => entry.apply(text, &self.redaction),
        }
    }

    /// Returns the replacement of a number, a boolean or a nested value that is a secret under its key.
    pub fn log_typed(&mut self, key: &str, value: impl Display) -> Option<&'static str> {
        self.keys.get(key, &self.redaction).hidden(value, &self.redaction)
    }
}
