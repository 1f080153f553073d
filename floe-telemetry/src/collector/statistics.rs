//! What became of the spans.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::recorder;

/// What became of the spans of a provider. Every span that was started is counted in one of
/// these once it has ended and the queues are empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Spans that the collector took from the threads' buffers.
    pub collected: u64,
    /// Spans that an exporter accepted; with several exporters, each counts.
    pub exported: u64,
    /// Spans in batches that an exporter refused or failed to deliver.
    pub failed: u64,
    /// Spans dropped because an exporter's queue was full.
    pub dropped_queue_full: u64,
    /// Spans dropped because a thread's buffer was full, since the process started.
    pub dropped_buffer_full: u64,
    /// Spans that ended while there was no provider, since the process started.
    pub dropped_without_provider: u64,
}

/// Spans that ended while there was no provider.
static WITHOUT_PROVIDER: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_without_provider() {
    WITHOUT_PROVIDER.fetch_add(1, Ordering::Relaxed);
}

/// The counters behind [`Statistics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) collected: AtomicU64,
    pub(crate) exported: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) dropped_queue_full: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            collected: self.collected.load(Ordering::Relaxed),
            exported: self.exported.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            dropped_queue_full: self.dropped_queue_full.load(Ordering::Relaxed),
            dropped_buffer_full: recorder::dropped_spans(),
            dropped_without_provider: WITHOUT_PROVIDER.load(Ordering::Relaxed),
        }
    }
}
