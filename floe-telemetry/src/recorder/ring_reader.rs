//! The end of a [ring](super::ring) that reads.

#![expect(
    unsafe_code,
    reason = "the memory belongs to one thread or the other by turns, which the compiler cannot see"
)]

use std::ptr;

use super::ring::Ring;
use super::sync::{Arc, Ordering};

/// The end that reads.
#[derive(Debug)]
pub(super) struct Reader<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
    read: usize,
    /// How many were written when it was last looked.
    written: usize,
}

impl<T, const N: usize> Reader<T, N> {
    #[cold]
    pub(super) const fn new(ring: Arc<Ring<T, N>>) -> Self {
        Self {
            ring,
            written: 0,
            read: 0,
        }
    }

    /// How many items wait at this moment.
    #[inline]
    pub(super) fn waiting(&self) -> usize {
        let written = self.ring.written.0.load(Ordering::Acquire);
        written.wrapping_sub(self.read)
    }

    /// Moves out the next item, if there is one.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.has(1) == 0 {
            return None;
        }
        let item = self.ring.slot(self.read).with(|slot| {
            // SAFETY: it was written and not read, so it is there and the reader's, and that is
            // `self`, which is borrowed for writing. Afterwards it counts as read, so it is moved
            // once.
            unsafe { (*slot).assume_init_read() }
        });
        self.publish(1);
        Some(item)
    }

    /// Copies the next item to where it is wanted, if there is one. Whether there was.
    #[inline]
    pub(super) fn pop_to(&mut self, to: &mut T) -> bool
    where
        T: Copy,
    {
        if self.has(1) == 0 {
            return false;
        }
        self.ring.slot(self.read).with(|slot| {
            // SAFETY: it is there and the reader's, as in `pop`.
            *to = unsafe { (*slot).assume_init() };
        });
        self.publish(1);
        true
    }

    /// Moves the next items to the end of the vector, at most so many.
    #[inline]
    pub(super) fn pop_all(&mut self, items: usize, into: &mut Vec<T>) {
        let count = self.has(items);
        into.reserve(count);
        for at in 0..count {
            self.ring.slot(self.read.wrapping_add(at)).with(|slot| {
                // SAFETY: it is there and the reader's, as in `pop`. The vector has reserved room
                // for it behind what it has, and owns it only when all are there.
                unsafe {
                    let to = into.as_mut_ptr().add(into.len() + at);
                    ptr::copy_nonoverlapping(slot.cast(), to, 1);
                }
            });
        }
        // SAFETY: so many more were just moved in, and there is room for them. For a moment they count
        // as the ring's, too; nothing in between panics or looks.
        unsafe { into.set_len(into.len() + count) };
        self.publish(count);
    }

    /// How many of so many items are there.
    #[inline]
    fn has(&mut self, items: usize) -> usize {
        if self.written.wrapping_sub(self.read) < items {
            self.written = self.ring.written.0.load(Ordering::Acquire);
        }
        self.written.wrapping_sub(self.read).min(items)
    }

    #[inline]
    fn publish(&mut self, items: usize) {
        self.read = self.read.wrapping_add(items);
        self.ring.read.0.store(self.read, Ordering::Release);
    }

    /// Nobody writes any more, and all is read.
    pub(super) fn is_done(&self) -> bool {
        // What was written before the end is seen after it.
        self.ring.is_left.load(Ordering::Acquire) && self.waiting() == 0
    }
}

impl<T, const N: usize> Drop for Reader<T, N> {
    /// What nobody will read goes while there is still somebody whose it is.
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
