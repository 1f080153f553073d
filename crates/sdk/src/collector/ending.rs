//! The time at which a shutdown ends. Threads can wait until the shutdown sets it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Instant, monotonic_now};

/// The time at which the exports of a shutdown must end, or at which a shutdown has ended. It is set once.
#[derive(Debug, Default)]
pub struct Ending {
    end: Mutex<Option<Instant>>,
    begins: Condvar,
}

impl Ending {
    /// Sets the end. A second call has no effect.
    pub fn begin(&self, end: Instant) {
        self.end().get_or_insert(end);
        self.begins.notify_all();
    }

    /// Returns the end; `None` if it is not set.
    pub fn get(&self) -> Option<Instant> {
        *self.end()
    }

    /// Whether the end is set and has passed.
    pub(crate) fn has_passed(&self) -> bool {
        self.get().is_some_and(|end| end <= monotonic_now())
    }

    /// Waits for `pause`, or until the end is set. An end that is already set does not shorten the pause.
    pub fn pause(&self, pause: Duration) {
        let end = self.end();
        let had_begun = end.is_some();
        let waited = self.begins.wait_timeout_while(end, pause, |end| had_begun || end.is_none());
        drop(waited);
    }

    /// Waits until the end is set, and returns whether it was set within `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let waited = self.begins.wait_timeout_while(self.end(), timeout, |end| end.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }

    fn end(&self) -> MutexGuard<'_, Option<Instant>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
