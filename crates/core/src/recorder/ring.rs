//! A bounded queue between one writing and one reading thread. Neither thread ever blocks.
//!
//! The writer counts written items, the reader counts read items. The slots between the two counts are occupied, all
//! others are free. Each thread publishes its count after it has accessed the items. It loads the other thread's count
//! only if its cached copy indicates a full or empty queue, because the load may have to fetch a cache line from
//! another processor.
//!
//! The `unsafe` code of this file moves all attributes of a span in one loop. `tests/loom` tests it under every
//! interleaving of the two threads.
//!
//! A general-purpose queue moves items one by one and has a dynamic length. This one saves a tenth of the
//! instructions of a sampled span with three attributes.

#![expect(
    unsafe_code,
    reason = "the two threads access the slots alternately, which the compiler cannot check"
)]

#[cfg(all(target_arch = "x86_64", not(miri)))]
use std::arch::asm;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;

use super::sync::{Arc, AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// Prevents false sharing: the value has two cache lines of its own, because processors fetch pairs of lines.
#[repr(align(128))]
struct CachePadded<T>(pub(super) T);

struct Ring<T, const N: usize> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>; N]>,
    written: CachePadded<AtomicUsize>,
    read: CachePadded<AtomicUsize>,
    is_closed: AtomicBool,
}

// SAFETY: one thread moves an item in and another moves it out, so it must be `Send`. The two threads never
// access a slot at the same time: only the reader accesses the slots between the counts, only the writer
// the others. There is one reader and one writer, and their methods take `&mut self`. Storing a count with
// release and loading it with acquire transfers the slots from one thread to the other.
unsafe impl<T: Send, const N: usize> Send for Ring<T, N> {}
// SAFETY: as for `Send`.
unsafe impl<T: Send, const N: usize> Sync for Ring<T, N> {}

/// Creates a ring; `None` without memory. `N` must be a power of two.
pub(super) fn ring<T, const N: usize>() -> Option<(Writer<T, N>, Reader<T, N>)> {
    const { assert!(N.is_power_of_two()) };
    let ring = Arc::new(Ring {
        slots: free_slots()?,
        written: CachePadded(AtomicUsize::new(0)),
        read: CachePadded(AtomicUsize::new(0)),
        is_closed: AtomicBool::new(false),
    });

    Some((Writer::new(Arc::clone(&ring)), Reader::new(ring)))
}

/// Allocates the slots without touching them, so that the system provides their memory when it is used, even in
/// unoptimized builds.
fn free_slots<T, const N: usize>() -> Option<Box<[UnsafeCell<MaybeUninit<T>>; N]>> {
    let mut slots: Vec<UnsafeCell<MaybeUninit<T>>> = Vec::new();
    slots.try_reserve_exact(N).ok()?;
    if size_of::<UnsafeCell<MaybeUninit<T>>>() == size_of::<T>() {
        // SAFETY: the memory is reserved. The cell consists of an uninitialized item; loom's cell has more and is
        // larger.
        unsafe { slots.set_len(N) };
    } else {
        slots.resize_with(N, || UnsafeCell::new(MaybeUninit::uninit()));
    }
    slots.try_into().ok()
}

impl<T, const N: usize> Ring<T, N> {
    /// Returns the slot of the item that follows `count` others.
    #[inline]
    fn slot(&self, count: usize) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[count % N]
    }
}

impl<T, const N: usize> Drop for Ring<T, N> {
    /// Drops the items written after the reader was dropped.
    fn drop(&mut self) {
        let read = self.read.0.load(Ordering::Acquire);
        let written = self.written.0.load(Ordering::Acquire);
        for at in 0..written.wrapping_sub(read) {
            self.slot(read.wrapping_add(at)).with_mut(|slot| {
                // SAFETY: the item was written and not read, and writer and reader are both dropped.
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

/// Prefetches a cache line ahead of `slot` for writing, because the reader accessed it last. Otherwise stores to the
/// line would miss the cache. A load that depends on a pending store, or the next atomic operation of the host, would
/// then wait for them. The first lines of a ring are not prefetched.
#[inline]
fn fetch_ahead<T>(slot: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        /// The distance in bytes: the attributes of three spans, or the heads of eight.
        const AHEAD: usize = 512;

        let ahead = ptr::from_ref(slot).wrapping_byte_add(AHEAD);
        // The intrinsic compiles to a prefetch for reading, unless the target is a processor of 2014 or later, and the
        // write would have to fetch the line again. Older processors execute this instruction as a no-op.
        // SAFETY: a prefetch has no visible effect and is valid for any address.
        unsafe {
            asm!("prefetchw [{}]", in(reg) ahead, options(readonly, nostack, preserves_flags));
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = slot;
}

#[derive(Debug)]
pub(super) struct Writer<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
    written: usize,
    /// The reader's count at the last load.
    read: usize,
}

impl<T, const N: usize> Writer<T, N> {
    #[cold]
    const fn new(ring: Arc<Ring<T, N>>) -> Self {
        Self { ring, written: 0, read: 0 }
    }

    #[inline]
    pub(super) fn has_room_for(&mut self, items: usize) -> bool {
        self.free() >= items || {
            self.read = self.ring.read.0.load(Ordering::Acquire);
            self.free() >= items
        }
    }

    /// Returns the number of free slots at the last load of the reader's count. There may be more by now.
    #[inline]
    const fn free(&self) -> usize {
        N - self.written.wrapping_sub(self.read)
    }

    #[inline]
    pub(super) const fn written(&self) -> usize {
        self.written
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) -> Result<(), T> {
        if !self.has_room_for(1) {
            return Err(item);
        }

        let slot = self.ring.slot(self.written);
        slot.with_mut(|slot| {
            // SAFETY: the slot is free, so only the writer accesses it, which is borrowed mutably. The
            // previous item was moved out.
            unsafe { (*slot).write(item) };
        });

        fetch_ahead(slot);
        self.publish(1);
        Ok(())
    }

    /// Moves all items if there is room for all, otherwise none. Returns whether there was room.
    #[inline]
    pub(super) fn push_all(&mut self, items: &mut Vec<T>) -> bool {
        let count = items.len();
        if count == 0 {
            return true;
        }

        if !self.has_room_for(count) {
            return false;
        }

        let from = items.as_ptr();
        // SAFETY: 0 does not exceed the capacity. The vector no longer owns the items, so that they are
        // not dropped twice.
        unsafe { items.set_len(0) };
        // Borrowed once, because the compiler assumes that an item may overwrite the pointer to the slots.
        let slots = &*self.ring.slots;
        for at in 0..count {
            let slot = &slots[self.written.wrapping_add(at) % N];
            slot.with_mut(|slot| {
                // SAFETY: only the writer accesses the free slot, as in `push`. The item is one of
                // the `count` items in the vector's allocation, and is moved once.
                unsafe { ptr::copy_nonoverlapping(from.add(at), slot.cast(), 1) };
            });

            fetch_ahead(slot);
        }

        self.publish(count);
        true
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

/// Counts, on any thread, the items that were written to a ring.
#[derive(Debug)]
pub(super) struct Progress<T, const N: usize>(Arc<Ring<T, N>>);

impl<T, const N: usize> Progress<T, N> {
    pub(super) fn written(&self) -> u64 {
        self.0.written.0.load(Ordering::Acquire) as u64
    }
}

#[derive(Debug)]
pub(super) struct Reader<T, const N: usize> {
    ring: Arc<Ring<T, N>>,
    read: usize,
    /// The writer's count at the last load.
    written: usize,
}

impl<T, const N: usize> Reader<T, N> {
    #[cold]
    const fn new(ring: Arc<Ring<T, N>>) -> Self {
        Self { ring, written: 0, read: 0 }
    }

    pub(super) fn progress(&self) -> Progress<T, N> {
        Progress(Arc::clone(&self.ring))
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        let written = self.ring.written.0.load(Ordering::Acquire);
        written.wrapping_sub(self.read)
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.available(1) == 0 {
            return None;
        }

        let item = self.ring.slot(self.read).with(|slot| {
            // SAFETY: the item was written and not read, so only the reader accesses it, which is
            // borrowed mutably. It is then counted as read, so it is moved only once.
            unsafe { (*slot).assume_init_read() }
        });

        self.publish(1);
        Some(item)
    }

    #[inline]
    pub(super) fn pop_to(&mut self, to: &mut T) -> bool
    where
        T: Copy,
    {
        if self.available(1) == 0 {
            return false;
        }

        self.ring.slot(self.read).with(|slot| {
            // SAFETY: only the reader accesses the written item, as in `pop`.
            *to = unsafe { (*slot).assume_init() };
        });

        self.publish(1);
        true
    }

    #[inline]
    pub(super) fn pop_all(&mut self, items: usize, into: &mut Vec<T>) {
        let count = self.available(items);
        into.reserve(count);
        for at in 0..count {
            self.ring.slot(self.read.wrapping_add(at)).with(|slot| {
                // SAFETY: only the reader accesses the written item, as in `pop`. The vector has reserved
                // memory for it after its last item, and owns it only after `set_len`.
                unsafe {
                    let to = into.as_mut_ptr().add(into.len() + at);
                    ptr::copy_nonoverlapping(slot.cast(), to, 1);
                }
            });
        }

        // SAFETY: `count` items were moved to the reserved memory. Until `publish` the ring owns them, too,
        // but nothing in between panics or reads them.
        unsafe { into.set_len(into.len() + count) };
        self.publish(count);
    }

    #[inline]
    fn available(&mut self, items: usize) -> usize {
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

    pub(super) fn is_closed(&self) -> bool {
        self.ring.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn is_done(&self) -> bool {
        // The flag is loaded first, because all items were written before it was set.
        self.is_closed() && self.len() == 0
    }
}

impl<T, const N: usize> Drop for Reader<T, N> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
