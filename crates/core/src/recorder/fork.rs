//! Lets a thread or a buffer notice that its state belongs to an ancestor of the process, see
//! [`fork_handlers`](super::fork_handlers).
//!
//! A thread or a buffer stores the number of forks at its creation. A thread that was copied replaces its rings and its
//! ids at its next span.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use crate::clock::monotonic_now;

/// The maximum time for which [`try_lock`] waits. Locks are held briefly, so the time only runs out if a signal handler
/// forks while its own thread holds the lock, or if a fork has copied a lock that another thread held.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Returns the number of forks between the process that started the first provider and this one. Threads and buffers
/// with another number belong to an ancestor.
#[inline]
pub fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

pub(super) fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Reports once that this fork exports nothing, if a provider was active when the process was forked.
///
/// It neither allocates nor takes a lock, because the holder of a lock may not exist here.
#[cold]
#[cfg(unix)]
pub fn say_not_exported() {
    use crate::standard_error::write_if_room;

    const MESSAGE: &str = "warning: telemetry of this process is not exported: the process is a fork, and the \
                           provider belongs to its parent; initialize telemetry after the fork\n";

    if super::listeners::take_inherited() {
        write_if_room(MESSAGE);
    }
}

/// Does nothing, because forks are not detected.
#[cfg(not(unix))]
pub fn say_not_exported() {}

pub(super) fn lock<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn try_lock<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    let deadline = monotonic_now() + LOCK_TIMEOUT;
    loop {
        match lock.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) if monotonic_now() < deadline => thread::yield_now(),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}

/// A lock that a fork may copy while a thread holds it that does not exist in the child.
#[derive(Debug)]
pub struct CopiedLock<T> {
    content: Mutex<T>,
    /// Whether the lock was held for too long in a fork, which does not wait for it again.
    is_lost: AtomicBool,
}

impl<T> CopiedLock<T> {
    /// Creates a lock that nothing holds.
    pub const fn new(content: T) -> Self {
        Self { content: Mutex::new(content), is_lost: AtomicBool::new(false) }
    }

    /// Locks the content; `None` in a fork in which nothing releases it.
    #[inline]
    pub fn lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.content.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) => self.wait(),
        }
    }

    #[cold]
    fn wait(&self) -> Option<MutexGuard<'_, T>> {
        if forks() == 0 {
            return Some(lock(&self.content));
        }

        if self.is_lost.load(Ordering::Relaxed) {
            return None;
        }

        let guard = try_lock(&self.content);
        self.is_lost.store(guard.is_none(), Ordering::Relaxed);
        guard
    }
}
