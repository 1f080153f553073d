//! Tells the waiting threads of a provider's exporters when their time ends.

use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};

use crate::clock::{Instant, monotonic_now};

/// The end of exports, which a shutdown sets once.
#[derive(Debug, Default)]
pub struct Ending {
    end: OnceLock<Instant>,
    /// Tasks that wait for the end, or have waited: one for each runtime of an exporter.
    waiting: Mutex<Vec<Waker>>,
}

impl Ending {
    /// Begins the shutdown.
    pub fn begin(&self, end: Instant) {
        let _ = self.end.set(end);
        let waiting = mem::take(&mut *self.waiting());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns the end of exports; `None` before the shutdown.
    #[must_use]
    pub fn get(&self) -> Option<Instant> {
        self.end.get().copied()
    }

    /// Whether the time of the shutdown has passed.
    pub(crate) fn has_passed(&self) -> bool {
        self.get().is_some_and(|end| end <= monotonic_now())
    }

    /// Waits until the shutdown begins. A call after its beginning waits forever.
    pub fn begins(&self) -> impl Future<Output = ()> + '_ {
        let had_begun = self.get().is_some();
        poll_fn(move |context| {
            if had_begun {
                return Poll::Pending;
            }
            let mut waiting = self.waiting();
            if self.get().is_some() {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !waiting.iter().any(|known| known.will_wake(waker)) {
                waiting.push(waker.clone());
            }
            Poll::Pending
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
