//! A log record of OpenTelemetry's API, before it is redacted.
//!
//! This crate has its own type, because the SDK's record cannot be changed once it has attributes. Its records take the
//! same path as records of `tracing`, with the same limits and redaction.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Severity};
use opentelemetry::{Key, SpanId, TraceFlags, TraceId};

use super::LogRecord as Record;

/// The ids of a record's span.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, missing_docs, reason = "the ids of a span")]
pub struct SpanIds {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub flags: TraceFlags,
}

/// A log record of a [`RecorderLogger`](super::RecorderLogger).
///
/// It stores at most 128 attributes with distinct keys. For each key, the last value is exported. Further keys are
/// counted as dropped.
#[derive(Clone, Debug, Default)]
pub struct RecorderLogRecord(pub(super) ApiRecord);

/// The part of a record that the program sets.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    missing_docs,
    reason = "the methods of `LogRecord` set the fields"
)]
pub struct ApiRecord {
    pub event_name: Option<&'static str>,
    pub target: Option<Cow<'static, str>>,
    pub timestamp: Option<SystemTime>,
    pub observed_timestamp: Option<SystemTime>,
    pub severity_number: Option<Severity>,
    pub severity_text: Option<&'static str>,
    pub body: Option<AnyValue>,
    pub attributes: Vec<(Key, AnyValue)>,
    pub dropped_attributes: u32,
    pub span: Option<SpanIds>,
}

impl LogRecord for RecorderLogRecord {
    fn set_event_name(&mut self, name: &'static str) {
        self.0.event_name = Some(name);
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        self.0.target = Some(target.into());
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        self.0.timestamp = Some(timestamp);
    }

    fn set_observed_timestamp(&mut self, timestamp: SystemTime) {
        self.0.observed_timestamp = Some(timestamp);
    }

    fn set_severity_text(&mut self, text: &'static str) {
        self.0.severity_text = Some(text);
    }

    fn set_severity_number(&mut self, number: Severity) {
        self.0.severity_number = Some(number);
    }

    fn set_body(&mut self, body: AnyValue) {
        self.0.body = Some(body);
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        for (key, value) in attributes {
            self.add_attribute(key, value);
        }
    }

    fn add_attribute<K: Into<Key>, V: Into<AnyValue>>(&mut self, key: K, value: V) {
        let (key, value) = (key.into(), value.into());
        let has_room = self.0.attributes.len() < Record::MAX_FIELDS;
        match self.0.attributes.iter_mut().find(|(own, _)| *own == key) {
            Some((_, own)) => *own = value,
            None if has_room => self.0.attributes.push((key, value)),
            None => self.0.dropped_attributes = self.0.dropped_attributes.saturating_add(1),
        }
    }

    fn set_trace_context(
        &mut self,
        trace_id: TraceId,
        span_id: SpanId,
        trace_flags: Option<TraceFlags>,
    ) {
        self.0.span = Some(SpanIds { trace_id, span_id, flags: trace_flags.unwrap_or_default() });
    }
}
