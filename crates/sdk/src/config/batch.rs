//! The queue and batch sizes of spans and log records.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// The largest queue. A longer one would exhaust the memory long before its content is exported.
pub(super) const MAX_QUEUE_SIZE: usize = 1_000_000;

/// The delay of a processor without one, in milliseconds: 0 in OpenTelemetry's variables and its file, and processors
/// that are not batch processors.
pub(super) const AT_ONCE: u64 = 1;

/// Defines the settings of a batch processor. Spans and log records differ only in the default delay,
/// which is the specification's.
macro_rules! batch_processor {
    ($(#[$attribute:meta])* $name:ident, $section:literal, $(#[$delay:meta])* $default_delay:literal) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[non_exhaustive]
        pub struct $name {
            /// The capacity of an exporter's queue, at most 1,000,000. Default 2048.
            #[schemars(range(min = 1, max = 1_000_000))]
            pub max_queue_size: usize,
            /// The size of the largest batch, at most `max_queue_size`. Default 512.
            #[schemars(range(min = 1))]
            pub max_export_batch_size: usize,
            $(#[$delay])*
            #[schemars(range(min = 1))]
            pub schedule_delay_millis: u64,
            /// The timeout of one export, in milliseconds. Default 30000.
            #[schemars(range(min = 1))]
            pub export_timeout_millis: u64,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    max_queue_size: 2048,
                    max_export_batch_size: 512,
                    schedule_delay_millis: $default_delay,
                    export_timeout_millis: 30_000,
                }
            }
        }

        impl $name {
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

            pub(super) fn check(&self, problems: &mut Problems) {
                for (name, is_zero) in [
                    ("max_queue_size", self.max_queue_size == 0),
                    ("max_export_batch_size", self.max_export_batch_size == 0),
                    ("schedule_delay_millis", self.schedule_delay_millis == 0),
                    ("export_timeout_millis", self.export_timeout_millis == 0),
                ] {
                    if is_zero {
                        problems.add(
                            &format!("{}.{name}", $section),
                            "expected 1 or more, found 0",
                        );
                    }
                }
                if self.max_queue_size > MAX_QUEUE_SIZE {
                    problems.add(
                        concat!($section, ".max_queue_size"),
                        format!(
                            "expected at most {MAX_QUEUE_SIZE}, found {}",
                            self.max_queue_size
                        ),
                    );
                }
                if self.max_export_batch_size > self.max_queue_size {
                    problems.add(
                        concat!($section, ".max_export_batch_size"),
                        format!(
                            "expected at most max_queue_size, which is {}, found {}",
                            self.max_queue_size, self.max_export_batch_size,
                        ),
                    );
                }
            }
        }
    };
}

batch_processor! {
    /// The queue and the batches of spans
    /// ([Batch span processor](https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor)).
    BatchSpanProcessorConfig, "batch_processor",
    /// The longest time until an incomplete batch is exported, in milliseconds. Default 5000.
    5000
}

batch_processor! {
    /// The queue and the batches of log records
    /// ([Batch log record processor](https://opentelemetry.io/docs/specs/otel/logs/sdk/#batching-processor)).
    BatchLogRecordProcessorConfig, "log_batch_processor",
    /// The longest time until an incomplete batch is exported, in milliseconds. Default 1000.
    1000
}
