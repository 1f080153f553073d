//! The stage alone, so that a benchmark can say what it costs.

use opentelemetry::Key;

use super::{Redactor, Seen};
use crate::attributes::AttributeValue;
use crate::recorder::SpanRecord;

/// A clean span that passes the redaction again and again. Not part of the public interface.
#[derive(Debug)]
pub struct RedactionStage {
    redactor: Redactor,
    record: SpanRecord,
    /// What the collector remembers for each place in the source.
    seen: Seen,
}

impl RedactionStage {
    /// A span with these attributes, whose texts are made at run time.
    #[must_use]
    pub fn new(attributes: &[(&'static str, &str)]) -> Self {
        let mut record = SpanRecord::blank();
        for (key, text) in attributes {
            let value = AttributeValue::Text((*text).to_owned().into());
            record.attributes.push(Key::from_static_str(key), value);
        }
        Self {
            redactor: Redactor::default(),
            record,
            seen: Seen::default(),
        }
    }

    /// What the collector does with the span; the number of its attributes.
    pub fn pass(&mut self) -> usize {
        self.redactor.record(&mut self.record, &mut self.seen);
        self.record.attributes.as_slice().len()
    }
}
