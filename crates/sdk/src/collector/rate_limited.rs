//! A rate limit for warnings.

use std::sync::Mutex;
use std::time::Duration;

use crate::clock::{Instant, monotonic_now};
use crate::lock::lock;

/// The minimum time between two warnings of one kind.
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

/// A rate limit of one event per minute.
#[derive(Debug, Default)]
pub struct RateLimited(Mutex<Option<Instant>>);

impl RateLimited {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Returns `true` at most once a minute.
    pub fn is_due(&self) -> bool {
        let mut last = lock(&self.0);
        let is_due = last.is_none_or(|last| last.elapsed() >= INTERVAL);
        if is_due {
            *last = Some(monotonic_now());
        }
        is_due
    }
}
