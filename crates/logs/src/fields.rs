//! Records the fields of an event into an entry, redacted.

use std::error::Error as StdError;
use std::fmt::{self, Debug, Write as _};

use opentelemetry::Key;
use tracing::Level;
use tracing::field::{Field, Visit};

use super::entry::Entry;
use crate::collector::Redactor;
use floe_telemetry_core::__sdk::bounded_text::Bounded;

/// The maximum number of sources of an error that are written.
const MAX_SOURCES: usize = 16;

pub(super) struct Fields<'a> {
    pub(super) entry: &'a mut Entry,
    pub(super) redactor: &'a mut Redactor,
    /// The record comes from the `log` facade, whose origin is in fields named `log.*`.
    pub(super) is_log: bool,
    pub(super) has_message: bool,
}

impl Fields<'_> {
    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result) {
        let is_error = field.name() == "error" && self.entry.level == Level::ERROR;
        self.write(field, is_error, write);
    }

    fn write(
        &mut self,
        field: &Field,
        is_error: bool,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
    ) {
        let name = field.name();
        if name == "message" {
            self.has_message = true;
            let redactor = &*self.redactor;
            return self.entry.set_message(write, |text| redactor.log_message(text));
        }
        if let Some(key) = self.key(name) {
            let redactor = &mut *self.redactor;
            let redact = |text: &str| redactor.log_text(name, text);
            let at = self.entry.add_text(key, write, redact);
            if is_error {
                self.entry.set_error(at);
            }
        }
    }

    /// The redacted key; `None` if the field is an origin of `log` or exceeds the limits.
    fn key(&mut self, name: &'static str) -> Option<Key> {
        let is_origin = self.is_log && name.starts_with("log.");
        if is_origin || !self.entry.take_room() {
            return None;
        }
        let safe = self.redactor.log_name(name).cloned();
        Some(safe.unwrap_or_else(|| Key::from_static_str(name)))
    }

    fn number(&mut self, field: &Field, add: impl FnOnce(&mut Entry, Key)) {
        if let Some(hidden) = self.redactor.log_number(field.name()) {
            return self.text(field, |text| text.write_str(hidden));
        }
        if let Some(key) = self.key(field.name()) {
            add(self.entry, key);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.is_log && field.name() == "log.target" {
            let safe = self.redactor.log_name(value);
            return self.entry.set_target(safe.map_or(value, Key::as_str));
        }
        self.text(field, |text| text.write_str(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if let Some(key) = self.key(field.name()) {
            self.entry.add_bool(key, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, |entry, key| entry.add_i64(key, value));
    }

    /// OpenTelemetry's integers are `i64`, so larger values become text.
    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.text(field, |text| write!(text, "{value}")),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, |entry, key| entry.add_f64(key, value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        self.write(field, true, |text| {
            write!(text, "{value}")?;
            let mut source = value.source();
            for _ in 0..MAX_SOURCES {
                let Some(error) = source else { break };
                write!(text, ": {error}")?;
                source = error.source();
            }
            Ok(())
        });
    }
}
