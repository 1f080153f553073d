//! The limits of spans and log records.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// The maximum number of attributes, events or links that the limits can allow for a span.
pub(super) const MAX_SPAN_COUNT: u32 = 65_536;

/// The maximum number of attributes of a log record.
pub(super) const MAX_LOG_COUNT: u32 = 128;

/// The limits of a span
/// ([span limits](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)). Attributes, events and
/// links over a limit are dropped, and the span contains the number of dropped items.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SpanLimits {
    /// The maximum number of attributes of a span, at most 65,536. Default 128. A source location that does not fit is
    /// left out, and not counted as dropped. Attributes that the configuration adds to every span are always present.
    #[schemars(range(max = 65_536))]
    pub attribute_count: u32,
    /// The maximum number of characters of a text value. Longer texts are truncated after redaction. Default 65,536;
    /// `null` for no limit. The names of spans and events, and the keys of attributes, are always truncated to 1024
    /// characters.
    ///
    /// It applies to `exception.message` and `exception.stacktrace`, too, of which at most 16 KiB are recorded for each
    /// error. The description of a status has at most 500 characters of the message. If one of these three is cut, it
    /// ends in `…`; other values are cut without a mark, as specified.
    pub attribute_value_length: Option<u32>,
    /// The maximum number of events of a span, at most 65,536. Default 128.
    #[schemars(range(max = 65_536))]
    pub event_count: u32,
    /// The maximum number of links of a span, at most 65,536. Default 128.
    #[schemars(range(max = 65_536))]
    pub link_count: u32,
    /// The maximum number of attributes of an event. Default 128.
    pub attribute_count_per_event: u32,
    /// The maximum number of attributes of a link. Default 128.
    pub attribute_count_per_link: u32,
}

/// The limits of a log record ([log record
/// limits](https://opentelemetry.io/docs/specs/otel/logs/sdk/#logrecord-limits)). They apply to exported records.
/// Attributes over the limit are dropped, and the record contains their number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LogRecordLimits {
    /// The maximum number of attributes of a log record, at most 128. Default 128. Attributes from baggage and the floe
    /// identity are not counted.
    #[schemars(range(max = 128))]
    pub attribute_count: u32,
    /// The maximum number of characters of a text value, and of bytes of a binary value. Longer values are truncated
    /// after redaction. Default `null`: only the limit of 8 KiB for each text of a log record.
    pub attribute_value_length: Option<u32>,
}

impl Default for LogRecordLimits {
    fn default() -> Self {
        Self { attribute_count: MAX_LOG_COUNT, attribute_value_length: None }
    }
}

impl LogRecordLimits {
    pub(super) fn check(&self, problems: &mut Problems) {
        let count = self.attribute_count;
        if count > MAX_LOG_COUNT {
            problems.add(
                "log_record_limits.attribute_count",
                format!("expected at most {MAX_LOG_COUNT}, found {count}"),
            );
        }
    }
}

impl Default for SpanLimits {
    fn default() -> Self {
        Self {
            attribute_count: 128,
            attribute_value_length: Some(65_536),
            event_count: 128,
            link_count: 128,
            attribute_count_per_event: 128,
            attribute_count_per_link: 128,
        }
    }
}

impl SpanLimits {
    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, count) in [
            ("attribute_count", self.attribute_count),
            ("event_count", self.event_count),
            ("link_count", self.link_count),
        ] {
            if count > MAX_SPAN_COUNT {
                problems.add(
                    &format!("limits.{key}"),
                    format!("expected at most {MAX_SPAN_COUNT}, found {count}"),
                );
            }
        }
    }
}
