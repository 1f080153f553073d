//! A record while the logging thread fills it. Each text is redacted, and then truncated, on its way in, so that lines and
//! the queues of exporters contain the same text.

use std::fmt::{self, Display, Write as _};

use floe_redact::REDACTED;
use floe_telemetry_core::__sdk::bounded_text::Bounded;
use floe_telemetry_core::__sdk::char_boundary;
use floe_telemetry_sdk::__parts::logs::{Field, LogRecord, Place, Stored, Target, position};
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;

use crate::caught::caught;
use crate::collector::{Redaction, Redactor};
use crate::keys;

/// The maximum number of attributes of a record.
pub(super) const MAX_FIELDS: usize = 128;

/// The limit for one text, in bytes.
pub(super) const MAX_TEXT: usize = 8 * 1024;

/// The limit for one text before redaction, in bytes. Redaction may shorten the text.
pub(super) const MAX_RAW: usize = 2 * MAX_TEXT;

/// The size of a record's texts and nested values, in bytes. Once it is reached, further fields are dropped.
pub(super) const MAX_RECORD: usize = 32 * 1024;

/// The maximum number of bytes that are removed as the last word of a truncated text. The word is removed, because
/// redaction may not recognize a truncated secret.
const MAX_WORD: usize = 4 * 1024;

/// Keys of the texts of errors: those that programs use, and those of the conventions.
const ERRORS: [&str; 4] = ["error", "err", keys::EXCEPTION_MESSAGE, keys::EXCEPTION_STACKTRACE];

#[derive(Debug)]
pub(super) struct Draft {
    pub(super) record: LogRecord,
    pub(super) redactor: Redactor,
}

impl Draft {
    pub(super) fn new(redaction: Redaction) -> Self {
        Self { record: LogRecord::default(), redactor: Redactor::new(redaction) }
    }

    /// Returns the redacted key of a field.
    pub(super) fn key(&mut self, key: &Key) -> Key {
        self.redactor.key(key.as_str()).unwrap_or(key).clone()
    }

    /// Returns a name known at compile time, or `<REDACTED>` if the name contains a secret.
    pub(super) fn constant(&mut self, name: &'static str) -> &'static str {
        if self.redactor.key(name).is_some() { REDACTED } else { name }
    }

    /// Sets the message. It quotes input, as error messages do.
    pub(super) fn set_message(&mut self, write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result) {
        self.record.message = self.write(write, |redactor, text| redactor.rules().log_text(text));
    }

    pub(super) fn set_target(&mut self, target: &str) {
        let safe = self.redactor.key(target).cloned();
        let shown = safe.as_ref().map_or(target, Key::as_str);
        let target = self.write(|out| out.write_str(shown), |_, _| None);
        self.record.target = Some(Target::Text(target));
    }

    /// Sets a static target, without a copy if it needs neither redaction nor truncation.
    pub(super) fn set_static_target(&mut self, target: &'static str) {
        if target.len() > MAX_TEXT || self.redactor.key(target).is_some() {
            return self.set_target(target);
        }
        self.record.target = Some(Target::Static(target));
    }

    /// Adds a value to the identity. If it is not redacted yet, it is redacted like a value of its key.
    pub(super) fn add_identity(&mut self, key: Key, value: &str, is_redacted: bool) {
        let text = self.write(
            |out| out.write_str(value),
            |redactor, text| {
                if is_redacted { None } else { redact(redactor, Some(key.as_str()), text) }
            },
        );
        self.record.values.push(Field { key, value: Stored::Text(text) });
    }

    /// Returns whether the limits permit another field. If they do not, the field is counted as dropped.
    pub(super) fn take_room(&mut self) -> bool {
        let has_room = (self.record.fields as usize) < MAX_FIELDS && self.take_nested(0);
        let dropped = &mut self.record.dropped_attributes;
        *dropped = dropped.saturating_add(u32::from(!has_room));
        has_room
    }

    /// Counts the bytes of a nested value, and returns whether the record was below its limit before.
    pub(super) fn take_nested(&mut self, bytes: usize) -> bool {
        let record = &mut self.record;
        let has_room = record.texts.len() + (record.nested as usize) < MAX_RECORD;
        record.nested = record.nested.saturating_add(position(bytes));
        has_room
    }

    /// Adds a field under the redacted key `safe`. The text is redacted like a value of the original key `name`.
    pub(super) fn add_text(
        &mut self,
        name: &str,
        safe: Key,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
    ) {
        let text = self.write(write, |redactor, text| redact(redactor, Some(name), text));
        self.record.add(safe, Stored::Text(text));
    }

    /// Adds a number or a boolean.
    pub(super) fn add_typed<T>(&mut self, name: &str, safe: Key, value: T)
    where
        T: Copy + Display + Into<AnyValue>,
    {
        match self.redactor.hidden(name, value) {
            Some(hidden) => self.add_text(name, safe, |text| text.write_str(hidden)),
            None => self.record.add(safe, Stored::Other(value.into())),
        }
    }

    /// Writes a text, redacts it and then truncates it, so that a secret across the limit is recognized.
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&mut Redactor, &str) -> Option<String>,
    ) -> Place {
        let Self { record, redactor } = self;
        let texts = &mut record.texts;
        let start = texts.len();
        let mut bounded = Bounded::new(texts, MAX_RAW);
        // A full buffer or the user's `Display` returns an error, and `Display` may panic. The text that was written
        // before is kept.
        let written = caught(|| write(&mut bounded));
        let mut is_truncated = bounded.is_cut() || written.is_err();
        record.has_panicked |= written.is_err();
        if is_truncated {
            let from = char_boundary::floor(texts, texts.len().saturating_sub(MAX_WORD).max(start));
            let tail = texts.get(from..).unwrap_or_default();
            let last_word = tail.rfind(char::is_whitespace).unwrap_or_default();
            texts.truncate(from + last_word);
        }
        if let Some(safe) = redact(redactor, texts.get(start..).unwrap_or_default()) {
            texts.truncate(start);
            texts.push_str(&safe);
        }
        if texts.len() > start + MAX_TEXT {
            texts.truncate(char_boundary::floor(texts, start + MAX_TEXT));
            is_truncated = true;
        }
        if is_truncated {
            texts.push('…');
        }
        position(start)..position(texts.len())
    }
}

/// Returns the redacted text under this key, or of a body, which has no key; `None` if it is unchanged.
pub(super) fn redact(redactor: &mut Redactor, key: Option<&str>, text: &str) -> Option<String> {
    match key {
        Some(key) => redactor.text(key, text, ERRORS.contains(&key)),
        None => redactor.rules().log_text(text),
    }
}
