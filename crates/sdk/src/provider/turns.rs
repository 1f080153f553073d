//! The turns of the threads of the program that do the work of a provider without threads.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::clock::{Instant, monotonic_now};
use crate::collector::Ending;

/// One thread at a time flushes a provider, so that none works longer than its own timeout.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The thread that works.
    taken_by: Mutex<Option<ThreadId>>,
    changed: Condvar,
}

impl Turns {
    /// Waits until no other thread works, at most for `timeout`. The work has so many steps, one for each signal that is
    /// exported. `None` if one does, or if this one does already.
    pub(super) fn take<'a>(
        &'a self,
        timeout: Duration,
        deadline: Option<Instant>,
        ending: &'a Ending,
        steps: u32,
    ) -> Option<Turn<'a>> {
        let this = thread::current().id();
        let taken_by = self.taken_by.lock().unwrap_or_else(PoisonError::into_inner);
        if *taken_by == Some(this) {
            return None;
        }
        let waited = (self.changed).wait_timeout_while(taken_by, timeout, |by| by.is_some());
        let mut taken_by = waited.unwrap_or_else(PoisonError::into_inner).0;
        if taken_by.is_some() {
            return None;
        }
        *taken_by = Some(this);
        Some(Turn { work: Some((self, ending)), deadline, steps })
    }
}

/// The work of this thread, until it is dropped. The default is no work.
#[derive(Debug, Default)]
pub(super) struct Turn<'a> {
    work: Option<(&'a Turns, &'a Ending)>,
    deadline: Option<Instant>,
    /// The steps that have not begun.
    steps: u32,
}

impl Turn<'_> {
    /// Begins the next step, and returns its time: an equal part of what is left, so that a receiver that hangs does not
    /// take the time of the others.
    pub(super) fn next_step(&mut self) -> Option<Duration> {
        let (_, ending) = self.work?;
        let now = monotonic_now();
        let time = self.deadline?.saturating_duration_since(now) / self.steps.max(1);
        self.steps = self.steps.saturating_sub(1);
        ending.set_turn(Some(now + time));
        Some(time)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some((turns, ending)) = self.work else {
            return;
        };
        ending.set_turn(None);
        *turns.taken_by.lock().unwrap_or_else(PoisonError::into_inner) = None;
        turns.changed.notify_one();
    }
}
