//! What operators are told: that spans are lost, and not more often than they can read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pipeline::Pipeline;
use crate::clock::monotonic_now;
use crate::recorder;

/// At most one warning of a kind in this time.
const EVERY: Duration = Duration::from_mins(1);

/// Lets something through once in a while.
#[derive(Debug, Default)]
pub(crate) struct RateLimited(Mutex<Option<Instant>>);

impl RateLimited {
    pub(crate) fn is_due(&self) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.is_none_or(|last| last.elapsed() >= EVERY);
        if is_due {
            *told = Some(monotonic_now());
        }
        is_due
    }
}

/// The drops that were told of.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    buffer_full: u64,
    queue_full: u64,
    rarely: RateLimited,
}

impl Warnings {
    /// Warns of spans that were dropped since the last warning.
    pub(super) fn tell(&mut self, pipeline: Option<&Pipeline>) {
        let buffer_full = recorder::dropped_spans();
        let queue_full = pipeline.map_or(0, Pipeline::dropped);
        let is_new = buffer_full > self.buffer_full || queue_full > self.queue_full;
        if is_new && self.rarely.is_due() {
            tracing::warn!(
                buffer_full = buffer_full - self.buffer_full,
                queue_full = queue_full.saturating_sub(self.queue_full),
                "spans were dropped"
            );
            self.buffer_full = buffer_full;
            self.queue_full = queue_full;
        }
    }
}
