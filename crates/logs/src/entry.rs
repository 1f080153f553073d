//! A redacted log record of limited size, before it is formatted or exported.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::time::SystemTime;

use floe_telemetry_sdk::__parts::logs::{MAX_FIELDS, SpanIds};
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;
use tracing::Level;

use crate::caught::caught;
use crate::char_boundary;
use crate::keys;
use floe_telemetry_core::__sdk::bounded_text::Bounded;

/// The limit for one text, in bytes.
pub(super) const MAX_TEXT: usize = 8 * 1024;

/// The limit for one text before redaction, which may shorten it, in bytes.
pub(super) const MAX_RAW: usize = 2 * MAX_TEXT;

/// The bytes of all texts of a record together after which further fields are dropped.
pub(super) const MAX_RECORD: usize = 32 * 1024;

/// How many bytes before the end of truncated text are searched for the start of the last word, which
/// is removed: redaction may not recognize a truncated secret.
const MAX_WORD: usize = 4 * 1024;

/// A log record. Its texts are stored in one buffer, which is reused for the next record.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    /// The name of the event, redacted, if the code gives it one.
    pub(super) event_name: Option<&'static str>,
    pub(super) span: Option<SpanIds>,
    /// Whether the identity contains values from baggage.
    pub(super) has_baggage: bool,
    /// Whether the user's formatting code panicked.
    pub(super) has_panicked: bool,
    /// The number of fields over the limits.
    pub(super) dropped_fields: u32,
    /// The bytes of nested values, which are not in `texts`.
    nested: usize,
    texts: String,
    /// Whether `message` is a message, and not the name of the event.
    pub(super) has_message: bool,
    message: Range<usize>,
    target: Target,
    identity: Vec<Field>,
    fields: Vec<Field>,
    /// The field with the error that the event is about.
    error: Option<usize>,
}

/// The place that a record comes from.
#[derive(Debug)]
enum Target {
    Static(&'static str),
    Text(Range<usize>),
}

#[derive(Debug)]
struct Field {
    key: Key,
    value: Stored,
}

#[derive(Debug)]
enum Stored {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(Range<usize>),
    List(Vec<AnyValue>),
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(&'a str),
    /// Values of one type that are not nested.
    List(&'a [AnyValue]),
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            time: SystemTime::UNIX_EPOCH,
            level: Level::INFO,
            event_name: None,
            span: None,
            has_baggage: false,
            has_panicked: false,
            dropped_fields: 0,
            nested: 0,
            texts: String::new(),
            has_message: false,
            message: 0..0,
            target: Target::Static(""),
            identity: Vec::new(),
            fields: Vec::new(),
            error: None,
        }
    }

    /// Clears the entry for the next record.
    pub(super) fn begin(&mut self, time: SystemTime) {
        self.time = time;
        (self.event_name, self.span) = (None, None);
        (self.has_baggage, self.has_panicked) = (false, false);
        (self.has_message, self.error) = (false, None);
        (self.dropped_fields, self.nested) = (0, 0);
        (self.message, self.target) = (0..0, Target::Static(""));
        self.texts.clear();
        self.identity.clear();
        self.fields.clear();
    }

    pub(super) fn message(&self) -> &str {
        self.text(&self.message)
    }

    pub(super) fn target(&self) -> &str {
        match &self.target {
            Target::Static(target) => target,
            Target::Text(range) => self.text(range),
        }
    }

    /// The target, for longer than the entry.
    pub(super) fn target_name(&self) -> Cow<'static, str> {
        match &self.target {
            Target::Static(target) => Cow::Borrowed(target),
            Target::Text(range) => Cow::Owned(self.text(range).to_owned()),
        }
    }

    /// The number of fields, with the ones of the identity.
    pub(super) const fn field_count(&self) -> usize {
        self.identity.len() + self.fields.len()
    }

    /// The identity. A field with the same key takes precedence.
    pub(super) fn identity(&self) -> impl Iterator<Item = (&Key, Value<'_>)> {
        let is_unique = |field: &&Field| self.fields.iter().all(|other| other.key != field.key);
        self.identity.iter().filter(is_unique).map(|field| self.resolve(field))
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&Key, Value<'_>)> {
        self.fields.iter().map(|field| self.resolve(field))
    }

    /// The event is about the error in this field.
    pub(super) const fn set_error(&mut self, field: usize) {
        self.error = Some(field);
    }

    /// The text of the error that the event is about, unless the code has set `exception.message` itself.
    pub(super) fn error(&self) -> Option<&str> {
        let field = self.fields.get(self.error?)?;
        let is_set = |field: &Field| field.key.as_str() == keys::EXCEPTION_MESSAGE;
        match &field.value {
            Stored::Text(range) if !self.fields.iter().any(is_set) => Some(self.text(range)),
            _ => None,
        }
    }

    pub(super) fn set_message(
        &mut self,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) {
        self.message = self.write(write, redact);
    }

    pub(super) fn set_target(&mut self, target: &str) {
        let target = self.write(|text| text.write_str(target), |_| None);
        self.target = Target::Text(target);
    }

    /// Sets a target that needs no redaction. One that is too long is truncated.
    pub(super) fn set_static_target(&mut self, target: &'static str) {
        if target.len() > MAX_TEXT {
            return self.set_target(target);
        }
        self.target = Target::Static(target);
    }

    pub(super) fn add_identity(&mut self, key: Key, value: &str, safe: Option<String>) {
        let value = self.write(|text| text.write_str(value), |_| safe);
        self.identity.push(Field { key, value: Stored::Text(value) });
    }

    pub(super) fn retain_identity(&mut self, keep: impl Fn(&Key) -> bool) {
        self.identity.retain(|field| keep(&field.key));
    }

    pub(super) fn has_identity(&self, key: &Key) -> bool {
        self.identity.iter().any(|field| field.key == *key)
    }

    pub(super) fn has_field(&self, key: &Key) -> bool {
        self.fields.iter().any(|field| field.key == *key)
    }

    /// Whether the limits permit one more field. One for which there is no room is counted.
    pub(super) fn take_room(&mut self) -> bool {
        let has_room = self.fields.len() < MAX_FIELDS && self.take_nested(0);
        self.dropped_fields += u32::from(!has_room);
        has_room
    }

    /// Adds the bytes of a nested value, and returns whether the limit permits it.
    pub(super) fn take_nested(&mut self, bytes: usize) -> bool {
        let has_room = self.texts.len() + self.nested < MAX_RECORD;
        self.nested += bytes;
        has_room
    }

    /// Redacts and truncates a text that is not a field.
    pub(super) fn nested_text(
        &mut self,
        text: &str,
        redact: impl FnOnce(&str) -> Option<String>,
    ) -> String {
        let range = self.write(|out| out.write_str(text), redact);
        self.text(&range).to_owned()
    }

    /// Adds a text, and returns the number of its field.
    pub(super) fn add_text(
        &mut self,
        key: Key,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) -> usize {
        let value = Stored::Text(self.write(write, redact));
        self.add(key, value)
    }

    pub(super) fn add_bool(&mut self, key: Key, value: bool) {
        let _ = self.add(key, Stored::Bool(value));
    }

    pub(super) fn add_i64(&mut self, key: Key, value: i64) {
        let _ = self.add(key, Stored::I64(value));
    }

    pub(super) fn add_f64(&mut self, key: Key, value: f64) {
        let _ = self.add(key, Stored::F64(value));
    }

    /// Adds values that are redacted.
    pub(super) fn add_list(&mut self, key: Key, values: Vec<AnyValue>) {
        let _ = self.add(key, Stored::List(values));
    }

    /// Adds a field or replaces the value of an existing key, and returns the number of the field.
    fn add(&mut self, key: Key, value: Stored) -> usize {
        let known = self.fields.iter().position(|field| field.key == key);
        match known {
            Some(at) => self.fields[at].value = value,
            None => self.fields.push(Field { key, value }),
        }
        known.unwrap_or(self.fields.len() - 1)
    }

    /// Writes a text, redacts it and then truncates it, so that a secret across the truncation limit
    /// is recognized.
    fn write(
        &mut self,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) -> Range<usize> {
        let start = self.texts.len();
        let mut bounded = Bounded::new(&mut self.texts, MAX_RAW);
        // A full buffer or the user's `Display` returns an error, and the latter may panic. The text
        // that was written before is kept.
        let written = caught(|| write(&mut bounded));
        let mut is_truncated = bounded.is_cut() || written.is_err();
        self.has_panicked |= written.is_err();
        if is_truncated {
            let end = self.texts.len();
            let from = end.saturating_sub(MAX_WORD).max(start);
            let from = char_boundary::floor(&self.texts, from);
            let tail = self.texts.get(from..).unwrap_or_default();
            let last_word = tail.rfind(char::is_whitespace).unwrap_or_default();
            self.texts.truncate(from + last_word);
        }
        if let Some(safe) = redact(self.texts.get(start..).unwrap_or_default()) {
            self.texts.truncate(start);
            self.texts.push_str(&safe);
        }
        if self.texts.len() > start + MAX_TEXT {
            self.texts.truncate(char_boundary::floor(&self.texts, start + MAX_TEXT));
            is_truncated = true;
        }
        if is_truncated {
            self.texts.push('…');
        }
        start..self.texts.len()
    }

    fn resolve<'a>(&'a self, field: &'a Field) -> (&'a Key, Value<'a>) {
        let value = match &field.value {
            Stored::Bool(value) => Value::Bool(*value),
            Stored::F64(value) => Value::F64(*value),
            Stored::I64(value) => Value::I64(*value),
            Stored::Text(range) => Value::Text(self.text(range)),
            Stored::List(items) => Value::List(items),
        };
        (&field.key, value)
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.texts.get(range.clone()).unwrap_or_default()
    }
}
