//! Limits the time for which a request may wait for its receiver.
//!
//! A thread waits in short steps. If a shutdown begins meanwhile, the request ends a moment before the shutdown, so
//! that its failure has a reason.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_sdk::__parts::collector::Ending;

/// The maximum time between two checks of the remaining time.
pub(super) const STEP: Duration = Duration::from_millis(20);

/// The end of the current export: its own deadline, or the deadline of a shutdown.
#[derive(Debug)]
pub(super) struct TimeLimit {
    deadline: Mutex<Instant>,
    ending: Arc<Ending>,
}

impl TimeLimit {
    pub(super) fn new(ending: Arc<Ending>) -> Self {
        Self { deadline: Mutex::new(monotonic_now()), ending }
    }

    /// Replaces the deadline, and returns the previous one.
    pub(super) fn set(&self, deadline: Instant) -> Instant {
        let mut current = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, deadline)
    }

    /// Returns the remaining time.
    pub(super) fn left(&self) -> Duration {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let end = self.ending.get().map_or(deadline, |end| end.min(deadline));
        end.saturating_duration_since(monotonic_now())
    }

    /// Whether a shutdown has begun.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.get().is_some()
    }

    /// Waits for `pause`, or until a shutdown begins.
    pub(super) fn pause(&self, pause: Duration) {
        self.ending.pause(pause);
    }
}
