//! A log record on its way to the exporters.
//!
//! The record of OpenTelemetry's SDK has room for five attributes in place and is cloned from an empty one, since only
//! a logger of the SDK creates it. This one takes what it needs, all exporters share it, and an exporter of the SDK gets
//! one of theirs when its batch is exported.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key};

use super::SpanIds;

/// A log record that is redacted and limited.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    missing_docs,
    reason = "the fields of OpenTelemetry's log data model"
)]
pub struct ExportRecord {
    pub scope: Arc<InstrumentationScope>,
    /// Replaces the name of the scope.
    pub target: Option<Cow<'static, str>>,
    pub event_name: Option<&'static str>,
    pub timestamp: Option<SystemTime>,
    pub observed_timestamp: SystemTime,
    pub severity_number: Option<Severity>,
    pub severity_text: Option<&'static str>,
    pub body: Option<AnyValue>,
    pub attributes: Vec<(Key, AnyValue)>,
    pub dropped_attributes: u32,
    pub span: Option<SpanIds>,
}

impl ExportRecord {
    /// A record without anything but the time at which it was observed.
    #[must_use]
    pub const fn new(scope: Arc<InstrumentationScope>, observed_timestamp: SystemTime) -> Self {
        Self {
            scope,
            target: None,
            event_name: None,
            timestamp: None,
            observed_timestamp,
            severity_number: None,
            severity_text: None,
            body: None,
            attributes: Vec::new(),
            dropped_attributes: 0,
            span: None,
        }
    }

    /// The bytes of the record: its texts, and an estimate of the rest.
    pub(super) fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(pair_size);
        size_of::<Self>() + self.body.as_ref().map_or(0, heap_bytes) + attributes.sum::<usize>()
    }
}

fn pair_size((key, value): &(Key, AnyValue)) -> usize {
    size_of::<(Key, AnyValue)>() + key.as_str().len() + heap_bytes(value)
}

/// The bytes that a value owns.
fn heap_bytes(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(items) => {
            let nested = items.iter().map(heap_bytes);
            size_of_val(&items[..]) + nested.sum::<usize>()
        }
        AnyValue::Map(items) => {
            let nested = items.iter().map(|(key, value)| key.as_str().len() + heap_bytes(value));
            items.len() * size_of::<(Key, AnyValue)>() + nested.sum::<usize>()
        }
        _ => 0,
    }
}
