//! A record whose attributes are limited.

use floe_telemetry_sdk::__parts::logs::ExportRecord;
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;

use crate::char_boundary;
use crate::config::LogRecordLimits;

/// A record, and how many attributes it may still get. It must be redacted already: a truncated credential might no
/// longer be recognised.
#[derive(Debug)]
pub(super) struct LimitedRecord {
    record: ExportRecord,
    limits: LogRecordLimits,
    count: u32,
}

impl LimitedRecord {
    /// Adds attributes to `record`, of which `dropped` were dropped before. Those that it has are not counted.
    pub(super) const fn new(
        mut record: ExportRecord,
        limits: LogRecordLimits,
        dropped: u32,
    ) -> Self {
        record.dropped_attributes = dropped;
        Self { record, limits, count: 0 }
    }

    /// Adds an attribute, or counts it as dropped.
    pub(super) fn add(&mut self, key: Key, mut value: AnyValue) {
        if self.count >= self.limits.attribute_count {
            let dropped = &mut self.record.dropped_attributes;
            *dropped = dropped.saturating_add(1);
            return;
        }
        self.count += 1;
        if let Some(limit) = self.limits.attribute_value_length {
            truncate(&mut value, usize::try_from(limit).unwrap_or(usize::MAX));
        }
        self.record.attributes.push((key, value));
    }

    pub(super) fn finish(self) -> ExportRecord {
        self.record
    }
}

/// Truncates texts to `limit` characters, and bytes to as many.
fn truncate(value: &mut AnyValue, limit: usize) {
    match value {
        AnyValue::String(text) => {
            let short = char_boundary::beginning(text.as_str(), limit);
            if short.len() < text.as_str().len() {
                *text = short.to_owned().into();
            }
        }
        AnyValue::Bytes(bytes) => bytes.truncate(limit),
        AnyValue::ListAny(items) => items.iter_mut().for_each(|item| truncate(item, limit)),
        AnyValue::Map(items) => items.values_mut().for_each(|item| truncate(item, limit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_truncated_between_characters() {
        let mut value: AnyValue =
            [AnyValue::from("früh"), AnyValue::from(&b"early"[..])].into_iter().collect();
        truncate(&mut value, 3);
        let expected: AnyValue =
            [AnyValue::from("frü"), AnyValue::from(&b"ear"[..])].into_iter().collect();
        assert_eq!(value, expected);
    }
}
