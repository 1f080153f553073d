//! A bounded queue between one thread that writes and one that reads. Neither ever waits.
//!
//! Both count what they have written and read, ever. What lies between is full, and the rest is
//! free. A thread publishes its own count after it has touched the items, and looks at the other's
//! only when it seems that there is nothing to do: each such look may have to fetch a line of the
//! cache from the other processor.
//!
//! This file and those of its two ends are the only ones with `unsafe`: a span's attributes go through
//! with one move. `tests/loom` runs them in all orders that threads can come in.

#![expect(
    unsafe_code,
    reason = "the memory belongs to one thread or the other by turns, which the compiler cannot see"
)]

use std::fmt;
use std::mem::MaybeUninit;

use super::ring_reader::Reader;
use super::ring_writer::Writer;
use super::sync::{Arc, AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// Alone in its lines of the cache, of which processors fetch two at a time.
#[repr(align(128))]
pub(super) struct Apart<T>(pub(super) T);

/// What both ends have.
pub(super) struct Ring<T, const N: usize> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>; N]>,
    pub(super) written: Apart<AtomicUsize>,
    pub(super) read: Apart<AtomicUsize>,
    /// Nobody writes any more.
    pub(super) is_left: AtomicBool,
}

// SAFETY: an item is moved in by one thread and moved out by another, so it must be `Send`. No two
// threads have access to it at once: between the counts it is the reader's, outside them the
// writer's, and there is one of each, which takes `&mut`. The counts hand it over by release and
// acquire.
unsafe impl<T: Send, const N: usize> Send for Ring<T, N> {}
// SAFETY: the same.
unsafe impl<T: Send, const N: usize> Sync for Ring<T, N> {}

/// A queue of `N` items, which is a power of two.
pub(super) fn ring<T, const N: usize>() -> (Writer<T, N>, Reader<T, N>) {
    const { assert!(N.is_power_of_two()) };
    let slots: Vec<_> = (0..N)
        .map(|_| UnsafeCell::new(MaybeUninit::uninit()))
        .collect();
    let ring = Arc::new(Ring {
        // It has that length.
        slots: slots.try_into().unwrap_or_else(|_| unreachable!()),
        written: Apart(AtomicUsize::new(0)),
        read: Apart(AtomicUsize::new(0)),
        is_left: AtomicBool::new(false),
    });
    (Writer::new(Arc::clone(&ring)), Reader::new(ring))
}

impl<T, const N: usize> Ring<T, N> {
    /// Where the item is that was written after `count` others.
    #[inline]
    pub(super) fn slot(&self, count: usize) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[count % N]
    }
}

impl<T, const N: usize> Drop for Ring<T, N> {
    /// The reader is gone, and what was written after that is still here.
    fn drop(&mut self) {
        let read = self.read.0.load(Ordering::Acquire);
        let written = self.written.0.load(Ordering::Acquire);
        for at in 0..written.wrapping_sub(read) {
            self.slot(read.wrapping_add(at)).with_mut(|slot| {
                // SAFETY: it was written and not read, and nobody else has the ring.
                unsafe { (*slot).assume_init_drop() };
            });
        }
    }
}

impl<T, const N: usize> fmt::Debug for Ring<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}
