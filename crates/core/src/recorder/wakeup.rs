//! Decides whether a thread that changes a state must wake the thread that waits for the change.
//!
//! The waiting thread requests a wake-up before it checks the state, and the other thread changes the state before it
//! checks for a request. The fences order the two steps of each thread, so at least one thread sees the change of the
//! other. `tests/loom` runs this file under every interleaving.

use super::sync::{AtomicBool, Ordering, fence};

/// Whether a thread waits for a wake-up.
#[derive(Debug)]
pub struct WakeUp(pub AtomicBool);

impl WakeUp {
    /// Requests a wake-up. The caller checks the state afterwards, and waits if it has not changed.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Withdraws the request, because the state has changed.
    pub fn withdraw(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Takes the request after a change of the state. Returns whether the waiting thread must be woken.
    pub fn take(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.swap(false, Ordering::Relaxed)
    }
}
