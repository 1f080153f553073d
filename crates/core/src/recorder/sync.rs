//! The synchronization primitives of the files that `tests/loom` compiles with its own version of this module, which
//! has loom's primitives.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A cell with the methods of loom's `UnsafeCell`. Loom checks with them that only one thread at a time has access.
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
