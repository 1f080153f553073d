//! The queue and batch sizes of spans and log records.

use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at_most, below, not_zero};

/// The maximum size of a queue. The items of a longer queue would exhaust the memory long before they are exported.
pub(super) const MAX_QUEUE_SIZE: usize = 1_000_000;

/// The delay, in milliseconds, of a processor that does not batch. It also replaces a delay of 0 in OpenTelemetry's
/// variables and configuration file.
pub(super) const AT_ONCE: u64 = 1;

/// Replaces a timeout of 0, which means no limit. The value is almost 25 days, in milliseconds.
pub(super) const NO_LIMIT: u64 = 2_147_483_647;

pub(super) const fn without_limit(timeout: u64) -> u64 {
    if timeout == 0 { NO_LIMIT } else { timeout }
}

/// The queue and the batches of spans
/// ([Batch span processor](https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor)).
pub type BatchSpanProcessorConfig = BatchProcessorConfig<5000>;

/// The queue and the batches of log records
/// ([Batch log record processor](https://opentelemetry.io/docs/specs/otel/logs/sdk/#batching-processor)).
pub type BatchLogRecordProcessorConfig = BatchProcessorConfig<1000>;

/// The queue and the batches of a signal. `DELAY` is the default of `schedule_delay_millis` in the specification.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BatchProcessorConfig<const DELAY: u64> {
    /// The maximum number of spans or log records in an exporter's queue, at most 1,000,000. Default 2048.
    #[serde(default = "default_queue")]
    pub max_queue_size: usize,
    /// The maximum number of spans or log records in a batch, at most `max_queue_size`. Default 512.
    #[serde(default = "default_batch")]
    pub max_export_batch_size: usize,
    /// The maximum time for which a span or log record waits in an incomplete batch, in milliseconds. Default 5000 for
    /// spans, and 1000 for log records.
    #[serde(default = "default_delay::<DELAY>")]
    pub schedule_delay_millis: u64,
    /// The timeout of one export, in milliseconds. Default 30000.
    #[serde(default = "default_timeout")]
    pub export_timeout_millis: u64,
}

// One function for each field, because serde has no default for a whole struct with a const parameter.
const fn default_queue() -> usize {
    2048
}

const fn default_batch() -> usize {
    512
}

const fn default_delay<const DELAY: u64>() -> u64 {
    DELAY
}

const fn default_timeout() -> u64 {
    30_000
}

impl<const DELAY: u64> Default for BatchProcessorConfig<DELAY> {
    fn default() -> Self {
        Self {
            max_queue_size: default_queue(),
            max_export_batch_size: default_batch(),
            schedule_delay_millis: DELAY,
            export_timeout_millis: default_timeout(),
        }
    }
}

impl<const DELAY: u64> BatchProcessorConfig<DELAY> {
    pub(super) fn check(&self, section: &str) -> Result<(), Mistake> {
        let queue = self.max_queue_size;
        let batch = self.max_export_batch_size;
        for (key, number) in [
            ("max_queue_size", queue as u64),
            ("max_export_batch_size", batch as u64),
            ("schedule_delay_millis", self.schedule_delay_millis),
            ("export_timeout_millis", self.export_timeout_millis),
        ] {
            not_zero(&below(section, key), number)?;
        }
        at_most(&below(section, "max_queue_size"), MAX_QUEUE_SIZE, queue)?;
        if batch > queue {
            let message =
                format!("expected at most max_queue_size, which is {queue}, found {batch}");
            return Err(Mistake::new(below(section, "max_export_batch_size"), message));
        }
        Ok(())
    }
}
