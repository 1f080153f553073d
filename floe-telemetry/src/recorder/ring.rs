//! A bounded queue between one thread that writes and one that reads. Neither ever waits.
//!
//! Both ends count the items they have written or read since the beginning. The slots between the two
//! counts are occupied, the others are free. A thread publishes its own count after it has touched the
//! items, and loads the other thread's count only when the queue looks full or empty: each such load may
//! have to fetch a cache line from the other processor.
//!
//! This is the only file with `unsafe` in the recorder: a span's attributes are moved with one loop.
//! `tests/loom` runs it under every interleaving of the two threads.

#![expect(
    unsafe_code,
    reason = "the slots belong to one thread or the other by turns, which the compiler cannot see"
)]

#[cfg(all(target_arch = "x86_64", not(miri)))]
use std::arch::asm;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;

use super::sync::{Arc, AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// Alone in its lines of the cache, of which processors fetch two at a time.
#[repr(align(128))]
struct Apart<T>(pub(super) T);

/// What both ends have.
struct Ring<T, const N: usize> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>; N]>,
    written: Apart<AtomicUsize>,
    read: Apart<AtomicUsize>,
    /// The writer is gone.
    is_closed: AtomicBool,
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
        is_closed: AtomicBool::new(false),
    });
    (Writer::new(Arc::clone(&ring)), Reader::new(ring))
}

impl<T, const N: usize> Ring<T, N> {
    /// Where the item is that was written after `count` others.
    #[inline]
    fn slot(&self, count: usize) -> &UnsafeCell<MaybeUninit<T>> {
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

/// How far ahead of what is written memory is asked for, in bytes: the attributes of three spans, or
/// the heads of eight.
#[cfg(all(target_arch = "x86_64", not(miri)))]
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
    const fn new(ring: Arc<Ring<T, N>>) -> Self {
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
        #[cfg(all(target_arch = "x86_64", not(miri)))]
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
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
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
        self.ring.is_closed.store(true, Ordering::Release);
    }
}

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
    const fn new(ring: Arc<Ring<T, N>>) -> Self {
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

    /// The writer is gone and every item was read.
    pub(super) fn is_done(&self) -> bool {
        // What was written before the end is seen after it.
        self.ring.is_closed.load(Ordering::Acquire) && self.waiting() == 0
    }
}

impl<T, const N: usize> Drop for Reader<T, N> {
    /// What nobody will read goes while there is still somebody whose it is.
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
