//! A log record. `floe-telemetry-logs` fills it, with texts that are redacted and limited. Its attributes are its fields
//! and its identity: the floe keys of the resource, and the listed baggage.

use std::mem;
use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key, SpanId, TraceFlags, TraceId};

/// The scope of records of `tracing` and `log`. The target replaces the scope's name.
static SCOPE: LazyLock<InstrumentationScope> =
    LazyLock::new(|| InstrumentationScope::builder("floe.telemetry").build());

/// The ids of a record's span.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the ids of a span")]
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
    pub nested: u32,
    pub texts: String,
    pub message: Place,
    pub target: Option<Target>,
    /// The fields, followed by the identity.
    pub values: Vec<Field>,
    /// The number of fields.
    pub fields: u32,
}

/// The place of a text in the record's buffer.
pub type Place = Range<u32>;

/// The target of a record.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "not part of the public interface")]
pub enum Target {
    Static(&'static str),
    Text(Place),
}

/// A field, or a value of the identity.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "not part of the public interface")]
pub struct Field {
    pub key: Key,
    pub value: Stored,
}

/// A value as the record stores it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "not part of the public interface")]
pub enum Stored {
    Text(Place),
    Other(AnyValue),
}

/// A value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "not part of the public interface")]
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
    /// Clears the record for the next one, keeping its memory.
    pub fn begin(&mut self, observed_timestamp: SystemTime) {
        let mut texts = mem::take(&mut self.texts);
        let mut values = mem::take(&mut self.values);
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

    /// Whether the identity has this key.
    pub fn has_identity(&self, key: &Key) -> bool {
        self.split().1.iter().any(|field| field.key == *key)
    }

    /// Whether a field has this key.
    pub fn has_field(&self, key: &Key) -> bool {
        self.split().0.iter().any(|field| field.key == *key)
    }

    /// Adds a field, or replaces the value of an existing key.
    pub fn add(&mut self, key: Key, value: Stored) {
        let end = self.fields as usize;
        if let Some(known) = self.values[..end].iter_mut().find(|field| field.key == key) {
            known.value = value;
        } else {
            self.values.insert(end, Field { key, value });
            self.fields += 1;
        }
    }

    fn resolve<'a>(&'a self, field: &'a Field) -> (&'a Key, LogValue<'a>) {
        let value = match &field.value {
            Stored::Text(place) => LogValue::Text(self.text(place)),
            Stored::Other(value) => value.into(),
        };
        (&field.key, value)
    }

    /// Returns a text of the record.
    pub fn text(&self, place: &Place) -> &str {
        self.texts.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}

/// Converts a position, which always fits because of the limits of a record.
pub fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
