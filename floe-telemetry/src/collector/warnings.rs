//! The warning about dropped spans.

use super::guarded_message::guarded_message;
use super::rate_limited::RateLimited;
use crate::recorder;

/// The numbers of dropped spans at the last warning.
#[derive(Debug, Default)]
pub(super) struct DropWarnings {
    buffer_full: u64,
    memory: u64,
    queue_full: u64,
    rate: RateLimited,
}

impl DropWarnings {
    /// Warns about spans that were dropped since the last warning. `queue_full` is the total number
    /// of spans that were dropped because an exporter's queue was full.
    pub(super) fn warn(&mut self, queue_full: u64) {
        let memory = recorder::dropped_for_memory();
        let buffer_full = recorder::dropped_spans().saturating_sub(memory);
        let is_new =
            buffer_full > self.buffer_full || memory > self.memory || queue_full > self.queue_full;
        if is_new && self.rate.is_due() {
            guarded_message(|| {
                tracing::warn!(
                    buffer_full = buffer_full.saturating_sub(self.buffer_full),
                    memory = memory - self.memory,
                    queue_full = queue_full.saturating_sub(self.queue_full),
                    "spans were dropped"
                );
            });
            self.buffer_full = buffer_full;
            self.memory = memory;
            self.queue_full = queue_full;
        }
    }
}
