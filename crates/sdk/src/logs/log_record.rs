//! A log record, which is redacted and limited while it is filled. Its attributes are its fields and its identity: the
//! floe keys of the resource, and the listed baggage.

use std::fmt::{self, Write as _};
use std::mem;
use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key, SpanId, TraceFlags, TraceId};

use crate::bounded_text::Bounded;
use crate::caught::caught;
use crate::char_boundary;

/// The maximum number of bytes that are removed as the last word of a truncated text. The word is removed, because
/// redaction may not recognize a truncated secret.
const MAX_WORD: usize = 4 * 1024;

/// The scope of records of `tracing` and `log`. The target replaces the scope's name.
static SCOPE: LazyLock<InstrumentationScope> =
    LazyLock::new(|| InstrumentationScope::builder("floe.telemetry").build());

/// The ids of a record's span.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, missing_docs, reason = "the ids of a span")]
pub struct SpanIds {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub flags: TraceFlags,
}

/// A log record. Its texts are in one buffer, so that a thread reuses the memory of the last record, and the copy for
/// exporters needs few allocations.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of OpenTelemetry's log data model")]
pub struct LogRecord {
    /// The scope of the logger; `None` for records of `tracing` and `log`.
    pub scope: Option<Arc<InstrumentationScope>>,
    pub event_name: Option<&'static str>,
    pub timestamp: Option<SystemTime>,
    pub observed_timestamp: Option<SystemTime>,
    pub severity_number: Option<Severity>,
    pub severity_text: Option<&'static str>,
    /// Whether the identity contains values from baggage.
    pub has_baggage: bool,
    /// Whether the user's formatting code panicked.
    pub has_panicked: bool,
    /// The number of fields that were dropped because of the limits.
    pub dropped_attributes: u32,
    /// Whether the message is a real message instead of the name of the event.
    pub has_message: bool,
    /// A body that is not a message.
    pub body: Option<Box<AnyValue>>,
    pub span: Option<SpanIds>,
    /// The bytes of nested values, which `texts` does not contain.
    nested: u32,
    texts: String,
    message: Place,
    target: Option<Target>,
    /// The fields, followed by the identity.
    values: Vec<Field>,
    fields: u32,
}

type Place = Range<u32>;

#[derive(Clone, Debug)]
enum Target {
    Static(&'static str),
    Text(Place),
}

#[derive(Clone, Debug)]
struct Field {
    key: Key,
    value: Stored,
}

#[derive(Clone, Debug)]
enum Stored {
    Text(Place),
    Other(AnyValue),
}

/// A value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, missing_docs, reason = "not part of the public interface")]
pub enum LogValue<'a> {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(&'a str),
    /// Bytes and nested values.
    Other(&'a AnyValue),
}

impl<'a> From<&'a AnyValue> for LogValue<'a> {
    fn from(value: &'a AnyValue) -> Self {
        match value {
            AnyValue::Boolean(value) => Self::Bool(*value),
            AnyValue::Double(value) => Self::F64(*value),
            AnyValue::Int(value) => Self::I64(*value),
            AnyValue::String(text) => Self::Text(text.as_str()),
            value => Self::Other(value),
        }
    }
}

impl LogRecord {
    /// The maximum number of attributes of a record.
    pub const MAX_FIELDS: usize = 128;

    /// The limit for one text, in bytes.
    pub const MAX_TEXT: usize = 8 * 1024;

    /// The limit for one text before redaction, in bytes. Redaction may shorten the text.
    pub const MAX_RAW: usize = 2 * Self::MAX_TEXT;

    /// The size of a record's texts and nested values, in bytes. Once it is reached, further fields are dropped.
    pub const MAX_RECORD: usize = 32 * 1024;

    /// Clears the record for the next one, keeping its memory.
    pub fn begin(&mut self, observed_timestamp: SystemTime) {
        let (mut texts, mut values) = (mem::take(&mut self.texts), mem::take(&mut self.values));
        texts.clear();
        values.clear();
        let observed_timestamp = Some(observed_timestamp);
        *self = Self { observed_timestamp, texts, values, ..Self::default() };
    }

    /// Returns the scope. Exporters replace its name with the target, if there is one.
    pub fn scope(&self) -> &InstrumentationScope {
        self.scope.as_deref().unwrap_or(&SCOPE)
    }

    /// Returns the text of the log line.
    pub fn message(&self) -> &str {
        self.text(&self.message)
    }

    /// Returns the exported body.
    pub fn body(&self) -> Option<LogValue<'_>> {
        let message = self.has_message.then(|| LogValue::Text(self.message()));
        self.body.as_deref().map(LogValue::from).or(message)
    }

    /// Returns the target, which exporters use as the name of the scope.
    pub fn target(&self) -> Option<&str> {
        Some(match self.target.as_ref()? {
            Target::Static(target) => target,
            Target::Text(place) => self.text(place),
        })
    }

    /// Returns the attributes of the identity, without those whose key a field also has.
    pub fn identity(&self) -> impl Iterator<Item = (&Key, LogValue<'_>)> {
        let identity = self.split().1.iter();
        identity.filter(|it| !self.has_field(&it.key)).map(|field| self.resolve(field))
    }

    /// Returns the fields.
    pub fn fields(&self) -> impl Iterator<Item = (&Key, LogValue<'_>)> {
        self.split().0.iter().map(|field| self.resolve(field))
    }

    /// Returns the attributes: the identity, then the fields.
    pub fn attributes(&self) -> impl Iterator<Item = (&Key, LogValue<'_>)> {
        self.identity().chain(self.fields())
    }

    fn split(&self) -> (&[Field], &[Field]) {
        self.values.split_at(self.fields as usize)
    }

    /// Returns the size in bytes: that of the texts, and an estimate of the rest.
    pub(super) fn size(&self) -> usize {
        let values = self.values.iter().map(|it| size_of::<Field>() + it.key.as_str().len());
        size_of::<Self>() + self.texts.len() + self.nested as usize + values.sum::<usize>()
    }

    /// Sets the message: writes, redacts and then truncates it.
    pub fn set_message(
        &mut self,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) {
        self.message = self.write(write, redact);
    }

    /// Sets a target that needs no redaction. A long target is truncated.
    pub fn set_target(&mut self, target: &str) {
        let target = self.write(|text| text.write_str(target), |_| None);
        self.target = Some(Target::Text(target));
    }

    /// Sets a static target that needs no redaction, without a copy.
    pub fn set_static_target(&mut self, target: &'static str) {
        if target.len() > LogRecord::MAX_TEXT {
            return self.set_target(target);
        }
        self.target = Some(Target::Static(target));
    }

    /// Adds a value to the identity. `safe` is the redacted value, if it differs.
    pub fn add_identity(&mut self, key: Key, value: &str, safe: Option<String>) {
        let value = self.write(|text| text.write_str(value), |_| safe);
        self.values.push(Field { key, value: Stored::Text(value) });
    }

    /// Whether the identity has this key.
    pub fn has_identity(&self, key: &Key) -> bool {
        self.split().1.iter().any(|field| field.key == *key)
    }

    /// Whether a field has this key.
    pub fn has_field(&self, key: &Key) -> bool {
        self.split().0.iter().any(|field| field.key == *key)
    }

    /// Returns whether the limits permit another field. If they do not, the field is counted as dropped.
    pub fn take_room(&mut self) -> bool {
        let has_room = self.split().0.len() < LogRecord::MAX_FIELDS && self.take_nested(0);
        let dropped = self.dropped_attributes.saturating_add(u32::from(!has_room));
        self.dropped_attributes = dropped;
        has_room
    }

    /// Counts the bytes of a nested value, and returns whether the record was below its limit before.
    pub fn take_nested(&mut self, bytes: usize) -> bool {
        let has_room = self.texts.len() + (self.nested as usize) < LogRecord::MAX_RECORD;
        self.nested = self.nested.saturating_add(position(bytes));
        has_room
    }

    /// Returns a redacted and truncated text for a nested value.
    pub fn nested_text(
        &mut self,
        text: &str,
        redact: impl FnOnce(&str) -> Option<String>,
    ) -> String {
        let place = self.write(|out| out.write_str(text), redact);
        let text = self.text(&place).to_owned();
        self.texts.truncate(place.start as usize);
        self.take_nested(text.len());
        text
    }

    /// Adds a field with a text, which is written, redacted and then truncated.
    pub fn add_text(
        &mut self,
        key: Key,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) {
        let value = Stored::Text(self.write(write, redact));
        self.add(key, value);
    }

    /// Adds a field with a value that is already redacted.
    pub fn add_value(&mut self, key: Key, value: AnyValue) {
        self.add(key, Stored::Other(value));
    }

    /// Adds a field, or replaces the value of an existing key.
    fn add(&mut self, key: Key, value: Stored) {
        let end = self.fields as usize;
        if let Some(known) = self.values[..end].iter_mut().find(|field| field.key == key) {
            known.value = value;
        } else {
            self.values.insert(end, Field { key, value });
            self.fields += 1;
        }
    }

    /// Writes a text, redacts it and then truncates it, so that a secret across the limit is recognized.
    fn write(
        &mut self,
        write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result,
        redact: impl FnOnce(&str) -> Option<String>,
    ) -> Place {
        let start = self.texts.len();
        let mut bounded = Bounded::new(&mut self.texts, LogRecord::MAX_RAW);
        // A full buffer or the user's `Display` returns an error, and `Display` may panic. The text that was written
        // before is kept.
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
        if self.texts.len() > start + LogRecord::MAX_TEXT {
            self.texts.truncate(char_boundary::floor(&self.texts, start + LogRecord::MAX_TEXT));
            is_truncated = true;
        }
        if is_truncated {
            self.texts.push('…');
        }
        position(start)..position(self.texts.len())
    }

    fn resolve<'a>(&'a self, field: &'a Field) -> (&'a Key, LogValue<'a>) {
        let value = match &field.value {
            Stored::Text(place) => LogValue::Text(self.text(place)),
            Stored::Other(value) => value.into(),
        };
        (&field.key, value)
    }

    fn text(&self, place: &Place) -> &str {
        self.texts.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}

/// Converts a position, which always fits because of the limits of a record.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
