//! The compression of spans.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;
use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// Which consecutive short siblings become one span. Default: none.
///
/// The rules are those of Elastic's agents
/// ([span compression](https://github.com/elastic/apm/blob/main/specs/agents/handling-huge-traces/tracing-spans-compress.md)).
/// A span is compressed only if it has a parent in this process, no children, no error, no event and no link, and if it
/// is internal or the call of a database, whose context goes nowhere. The one span has the ids of the first, its start,
/// and the end of the last; `floe.composite.count` is their number, `floe.composite.sum_ns` the sum of their durations,
/// and `floe.composite.strategy` the rule.
///
/// ```
/// use std::time::Duration;
///
/// use floe_telemetry::TelemetryConfig;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: {service_name: orders}
/// span_compression: {exact_match_max_duration: 50ms}
/// ")?;
/// let compression = config.span_compression;
/// assert_eq!(compression.exact_match_max_duration, Some(Duration::from_millis(50)));
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SpanCompressionConfig {
    /// The longest span that is compressed with siblings of the same name, place and attributes (`exact_match`). Elastic's
    /// default is `50ms`. Default none: they are not compressed.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub exact_match_max_duration: Option<Duration>,
    /// The longest span that is compressed with siblings of the same scope and kind, and for the calls of a database, of
    /// the same database (`same_kind`). The one span has the attributes that are equal in all, and is called
    /// `Calls to …` if their names differ. Default none: they are not compressed.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub same_kind_max_duration: Option<Duration>,
}

impl SpanCompressionConfig {
    /// The longest span that is compressed; `None` if none is.
    pub(crate) fn longest(&self) -> Option<Duration> {
        self.exact_match_max_duration.max(self.same_kind_max_duration)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (name, duration) in [
            ("exact_match_max_duration", self.exact_match_max_duration),
            ("same_kind_max_duration", self.same_kind_max_duration),
        ] {
            if duration == Some(Duration::ZERO) {
                let message = "expected a duration of more than 0, found 0";
                problems.add(&format!("span_compression.{name}"), message);
            }
        }
    }
}
