//! Queue and batch sizes of log records.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::batch::BatchSpanProcessorConfig;
use super::problems::Problems;

/// How log records wait for export
/// ([Batch log record processor](https://opentelemetry.io/docs/specs/otel/logs/sdk/#batching-processor)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct BatchLogRecordProcessorConfig {
    /// Records that may wait in front of an exporter, at most 1,000,000. Default 2048.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_queue_size: usize,
    /// Records that are exported at once. Default 512.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub max_export_batch_size: usize,
    /// How long a record waits for its batch to fill, in milliseconds. Default 1000: people look for
    /// what was logged sooner than for spans.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub schedule_delay_millis: u64,
    /// How long one export may take, in milliseconds. Default 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_timeout_millis: u64,
}

impl Default for BatchLogRecordProcessorConfig {
    fn default() -> Self {
        Self {
            max_queue_size: 2048,
            max_export_batch_size: 512,
            schedule_delay_millis: 1000,
            export_timeout_millis: 30_000,
        }
    }
}

impl BatchLogRecordProcessorConfig {
    /// `schedule_delay_millis` as a duration.
    #[must_use]
    pub const fn schedule_delay(&self) -> Duration {
        Duration::from_millis(self.schedule_delay_millis)
    }

    /// `export_timeout_millis` as a duration.
    #[must_use]
    pub const fn export_timeout(&self) -> Duration {
        Duration::from_millis(self.export_timeout_millis)
    }

    /// The rules are those of spans.
    pub(super) fn check(&self, problems: &mut Problems) {
        let Self {
            max_queue_size,
            max_export_batch_size,
            schedule_delay_millis,
            export_timeout_millis,
        } = *self;
        let same = BatchSpanProcessorConfig {
            max_queue_size,
            max_export_batch_size,
            schedule_delay_millis,
            export_timeout_millis,
        };
        same.check_as("log_batch_processor", problems);
    }
}
