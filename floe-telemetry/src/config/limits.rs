//! How much one span may carry.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// The recorder keeps at most this many attributes, events or links of one span.
pub(super) const MAX_COUNT: u32 = 128;

/// How much one span may carry
/// ([span limits](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)). What exceeds a
/// limit is dropped, and the span carries the number of what was dropped.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SpanLimits {
    /// Attributes of a span, at most 128, which is the default. Attributes that the collector adds to
    /// every span are not counted.
    #[cfg_attr(feature = "schema", schemars(range(max = 128)))]
    pub attribute_count: u32,
    /// Characters of a text value; longer texts are truncated. Default: no limit.
    pub attribute_value_length: Option<u32>,
    /// Events of a span, at most 128, which is the default.
    #[cfg_attr(feature = "schema", schemars(range(max = 128)))]
    pub event_count: u32,
    /// Links of a span, at most 128, which is the default.
    #[cfg_attr(feature = "schema", schemars(range(max = 128)))]
    pub link_count: u32,
    /// Attributes of an event. Default 128.
    pub attribute_count_per_event: u32,
    /// Attributes of a link. Default 128.
    pub attribute_count_per_link: u32,
}

setters! { SpanLimits {
    with_attribute_count(attribute_count: u32);
    with_attribute_value_length(attribute_value_length: some u32);
    with_event_count(event_count: u32);
    with_link_count(link_count: u32);
    with_attribute_count_per_event(attribute_count_per_event: u32);
    with_attribute_count_per_link(attribute_count_per_link: u32);
} }

impl Default for SpanLimits {
    fn default() -> Self {
        Self {
            attribute_count: 128,
            attribute_value_length: None,
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
            if count > MAX_COUNT {
                problems.add(
                    &format!("limits.{key}"),
                    format!("found {count}, accepted is at most {MAX_COUNT}"),
                );
            }
        }
    }
}
