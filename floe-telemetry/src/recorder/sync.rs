//! What threads meet at in [`pending`](super::pending) and in [`ring`](super::ring) and its two ends.
//! `tests/loom` has another of the same name.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Memory that one thread at a time may look at. Loom's has these methods, and checks that.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(super) const fn new(content: T) -> Self {
        Self(std::cell::UnsafeCell::new(content))
    }

    #[inline]
    pub(super) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    #[inline]
    pub(super) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}
