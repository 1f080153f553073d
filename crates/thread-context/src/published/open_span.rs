//! A table with a place for each open span of the process, which readers find by the address of the table. It includes
//! spans of tasks that wait for their next poll and so are on no thread.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::now;
use super::{Attributes, is_on};

/// The number of places allocated at once.
const CHUNK: usize = 1024;

/// The maximum number of chunks, so at most about a million spans are listed.
const CHUNKS: usize = 1024;

/// The chunks, of which the first ones are allocated. They are never freed.
static TABLE: [AtomicPtr<Place>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];

#[derive(Debug)]
struct Free {
    places: Vec<&'static Place>,
    chunks: usize,
}

/// The free places, created on first use in a process. A fork creates its own, because a missing thread of the parent
/// may hold the lock.
static FREE: AtomicPtr<Mutex<Free>> = AtomicPtr::new(ptr::null_mut());

fn free() -> MutexGuard<'static, Free> {
    let mut free = FREE.load(Ordering::Acquire);
    if free.is_null() {
        let is_used = |chunk: &&AtomicPtr<Place>| !chunk.load(Ordering::Relaxed).is_null();
        let leaked: &'static Mutex<Free> = Box::leak(Box::new(Mutex::new(Free {
            places: Vec::new(),
            chunks: TABLE.iter().take_while(is_used).count(),
        })));

        let made = ptr::from_ref(leaked).cast_mut();
        let before = ptr::null_mut();
        free = match FREE.compare_exchange(before, made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => made,
            Err(other) => other,
        };
    }
    #[expect(unsafe_code, reason = "the pointer was a reference when it was stored")]
    // SAFETY: the pointer is not null, and refers to a value that is never freed.
    let free = unsafe { &*free };
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Empties the table in a fork, so that no span of the parent stays listed. It runs before `fork` returns, so it uses
/// only atomics.
pub(crate) fn forked() {
    FREE.store(ptr::null_mut(), Ordering::Relaxed);
    for chunk in &TABLE {
        let chunk = chunk.load(Ordering::Relaxed).cast_const();
        if chunk.is_null() {
            return;
        }
        #[expect(unsafe_code, reason = "the pointer was a slice when it was stored")]
        // SAFETY: `acquire` stores chunks of this length, which are never freed.
        let places = unsafe { std::slice::from_raw_parts(chunk, CHUNK) };
        for place in places {
            place.span_id.store(0, Ordering::Relaxed);
        }
    }
}

/// Returns the address of the table.
pub fn table() -> *const () {
    ptr::from_ref(&TABLE).cast()
}

#[derive(Debug, Default)]
#[repr(C, align(64))]
struct Place {
    trace_id: [AtomicU64; 2],
    /// The id of the span; zero without one.
    span_id: AtomicU64,
    parent: AtomicU64,
    /// The start in nanoseconds of the monotonic clock, stored by the kernel and at most a few milliseconds old.
    since: AtomicU64,
    attributes: AtomicPtr<Attributes>,
}

/// A place in the table, reused for each span of its owner. Only one thread at a time opens and closes it.
#[derive(Debug)]
pub struct OpenSpan {
    place: AtomicPtr<Place>,
}

impl OpenSpan {
    /// Creates a value without a place.
    pub const fn new() -> Self {
        Self { place: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn place(&self) -> Option<&'static Place> {
        #[expect(unsafe_code, reason = "the pointer was a reference when it was stored")]
        // SAFETY: `acquire` stores a reference to a place that is never freed.
        unsafe {
            self.place.load(Ordering::Relaxed).cast_const().as_ref()
        }
    }

    /// Lists a span until it ends, unless it is already listed, the table is full, or [`switch`](crate::switch) is off.
    #[inline]
    pub fn open(
        &self,
        trace_id: [u8; 16],
        span_id: [u8; 8],
        parent: [u8; 8],
        of: &'static Attributes,
    ) {
        if !is_on() {
            return;
        }
        if let Some(place) = self.place().or_else(|| self.acquire()) {
            let [span_id, parent] = [span_id, parent].map(u64::from_ne_bytes);
            if place.span_id.load(Ordering::Relaxed) != span_id {
                place.write(trace_id, span_id, parent, of);
            }
        }
    }

    /// Removes the ended span from the table.
    #[inline]
    pub fn close(&self) {
        if let Some(place) = self.place() {
            place.span_id.store(0, Ordering::Relaxed);
        }
    }

    #[cold]
    fn acquire(&self) -> Option<&'static Place> {
        let mut free = free();
        if free.places.is_empty() && free.chunks < CHUNKS {
            let chunk: &'static [Place] =
                (0..CHUNK).map(|_| Place::default()).collect::<Vec<_>>().leak();
            TABLE[free.chunks].store(chunk.as_ptr().cast_mut(), Ordering::Release);
            free.chunks += 1;
            free.places.extend(chunk.iter().rev());
        }

        let place = free.places.pop()?;
        self.place.store(ptr::from_ref(place).cast_mut(), Ordering::Relaxed);
        Some(place)
    }
}

impl Default for OpenSpan {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let Some(place) = self.place() else { return };
        place.span_id.store(0, Ordering::Relaxed);
        free().places.push(place);
    }
}

impl Place {
    #[inline]
    fn write(&self, trace_id: [u8; 16], span_id: u64, parent: u64, of: &'static Attributes) {
        // A reader ignores a place unless it finds the same span there twice.
        self.span_id.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, bytes) in self.trace_id.iter().zip(trace_id.as_chunks().0) {
            word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
        }
        self.parent.store(parent, Ordering::Relaxed);
        self.since.store(now(), Ordering::Relaxed);
        let attributes = ptr::from_ref(of).cast_mut();
        self.attributes.store(attributes, Ordering::Relaxed);
        self.span_id.store(span_id, Ordering::Release);
    }
}
