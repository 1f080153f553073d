//! The end of a [ring](super::ring) that writes.

#![expect(
    unsafe_code,
    reason = "the memory belongs to one thread or the other by turns, which the compiler cannot see"
)]

#[cfg(target_arch = "x86_64")]
use std::arch::asm;
use std::ptr;

use super::ring::Ring;
use super::sync::{Arc, Ordering};

/// How far ahead of what is written memory is asked for, in bytes: the attributes of three spans, or
/// the heads of eight.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 512;

/// The end that writes.
#[derive(Debug)]
pub(super) struct Writer<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
    written: usize,
    /// How many were read when it was last looked.
    read: usize,
}

impl<T, const N: usize> Writer<T, N> {
    #[cold]
    pub(super) const fn new(ring: Arc<Ring<T, N>>) -> Self {
        Self {
            ring,
            written: 0,
            read: 0,
        }
    }

    /// Whether so many more fit.
    #[inline]
    pub(super) fn has_room_for(&mut self, items: usize) -> bool {
        self.free() >= items || {
            self.read = self.ring.read.0.load(Ordering::Acquire);
            self.free() >= items
        }
    }

    /// How many were free when it was last looked. No fewer are now.
    #[inline]
    const fn free(&self) -> usize {
        N - self.written.wrapping_sub(self.read)
    }

    /// How many were written, ever.
    #[inline]
    pub(super) const fn written(&self) -> usize {
        self.written
    }

    /// Writes an item, if there is room.
    #[inline]
    pub(super) fn push(&mut self, item: T) -> Result<(), T> {
        if !self.has_room_for(1) {
            return Err(item);
        }
        self.ring.slot(self.written).with_mut(|slot| {
            // SAFETY: the slot is free, so it is the writer's, and that is `self`, which is borrowed
            // for writing. What was in it has been moved out.
            unsafe { (*slot).write(item) };
        });
        self.publish(1);
        self.fetch_ahead(1);
        Ok(())
    }

    /// Moves all items out of the vector, if there is room for all. Whether there was.
    #[inline]
    pub(super) fn push_all(&mut self, items: &mut Vec<T>) -> bool {
        let count = items.len();
        if !self.has_room_for(count) {
            return false;
        }
        let from = items.as_ptr();
        // SAFETY: none is fewer than there are. From here on the vector does not own them, so
        // nobody drops them twice, whatever happens.
        unsafe { items.set_len(0) };
        for at in 0..count {
            self.ring
                .slot(self.written.wrapping_add(at))
                .with_mut(|slot| {
                    // SAFETY: the slot is free and the writer's, as in `push`. The item is one of the
                    // `count` that the vector had, whose memory it keeps, and is moved once.
                    unsafe { ptr::copy_nonoverlapping(from.add(at), slot.cast(), 1) };
                });
        }
        self.publish(count);
        self.fetch_ahead(count);
        true
    }

    /// Asks the processor for the memory of as many items, some way ahead, to write to it: the reader
    /// had it last. Otherwise what reads what was just written in other pieces waits for that, and so
    /// does the next lock of the host's.
    #[inline]
    fn fetch_ahead(&self, items: usize) {
        #[cfg(target_arch = "x86_64")]
        for at in 0..items {
            let ahead = AHEAD / size_of::<T>().max(1) + at;
            let slot = ptr::from_ref(self.ring.slot(self.written.wrapping_add(ahead)));
            // The intrinsic would ask for memory to be read, which has to be asked for again to be
            // written, unless the program is compiled for a processor of 2014 or later. Those before
            // do nothing here.
            // SAFETY: it is a hint, which changes nothing and may be given for any address.
            unsafe {
                asm!("prefetchw [{}]", in(reg) slot, options(readonly, nostack, preserves_flags));
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = items;
    }

    #[inline]
    fn publish(&mut self, items: usize) {
        self.written = self.written.wrapping_add(items);
        self.ring.written.0.store(self.written, Ordering::Release);
    }
}

impl<T, const N: usize> Drop for Writer<T, N> {
    fn drop(&mut self) {
        self.ring.is_left.store(true, Ordering::Release);
    }
}
