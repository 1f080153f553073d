//! How often metrics are sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// How often metrics are sent
/// ([periodic reader](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct MetricsConfig {
    /// Milliseconds from one export to the next. Default 60000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_interval_millis: u64,
    /// How long one export may take, in milliseconds. Default 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_timeout_millis: u64,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            export_interval_millis: 60_000,
            export_timeout_millis: 30_000,
        }
    }
}

impl MetricsConfig {
    /// `export_interval_millis` as a duration.
    #[must_use]
    pub const fn export_interval(&self) -> Duration {
        Duration::from_millis(self.export_interval_millis)
    }

    /// `export_timeout_millis` as a duration.
    #[must_use]
    pub const fn export_timeout(&self) -> Duration {
        Duration::from_millis(self.export_timeout_millis)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, millis) in [
            ("export_interval_millis", self.export_interval_millis),
            ("export_timeout_millis", self.export_timeout_millis),
        ] {
            if millis == 0 {
                problems.add(&format!("metrics.{key}"), "found 0, accepted is 1 or more");
            }
        }
    }
}
