//! The limits of spans.

use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at_most};

/// The maximum of `attribute_count`.
pub(super) const MAX_SPAN_COUNT: u32 = 65_536;

/// The limits of spans ([span limits](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)). Attributes
/// over a limit, and events and links over 128 each, are dropped, and the span contains the number of dropped ones. A
/// log record has at most 128 attributes, and 8 KiB for each text.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SpanLimits {
    /// The maximum number of attributes of a span, an event or a link, at most 65,536. Default 128. Attributes of the
    /// source location that do not fit are left out, and not counted as dropped. The attributes that the configuration
    /// adds to every span, and the floe identity, are never left out.
    pub attribute_count: u32,
    /// The maximum number of characters of a text value. Longer texts are truncated after redaction. Default 65,536;
    /// `null` for no limit. The names of spans and events, and the keys of
    /// attributes, are always truncated to 1024 characters.
    ///
    /// The limit applies to `exception.message` and `exception.stacktrace`, too, of which at most 16 KiB are recorded
    /// for each error. The description of a status has at most 500 characters of the message. If one of these three is
    /// cut, it ends in `…`; other values are cut without a mark, as specified.
    pub attribute_value_length: Option<u32>,
}

impl Default for SpanLimits {
    fn default() -> Self {
        Self { attribute_count: 128, attribute_value_length: Some(65_536) }
    }
}

impl SpanLimits {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        at_most("limits.attribute_count", MAX_SPAN_COUNT, self.attribute_count)
    }
}
