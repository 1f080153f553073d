//! The open spans of the process in a table, which readers find by its address: also those of tasks, which are in no thread
//! while they wait for their next poll.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, OnceLock, TryLockError};
use std::thread;

use crate::Attributes;

/// How many places are allocated at once.
const CHUNK: usize = 1024;

/// The most chunks: spans above a million are not listed.
const CHUNKS: usize = 1024;

static LISTING: AtomicBool = AtomicBool::new(false);

/// The chunks that are allocated, the first ones of the list. They are never freed.
static TABLE: [AtomicPtr<Place>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];

/// Places that were given back, and how many chunks there are.
static FREE: Mutex<Free> = Mutex::new((Vec::new(), 0));

type Free = (Vec<&'static Place>, usize);

/// Lists the spans that become current from now on, until they end; or no longer.
pub fn list_open_spans(on: bool) {
    LISTING.store(on, Ordering::Relaxed);
}

/// The address of the table.
#[must_use]
pub fn table() -> *const () {
    ptr::from_ref(&TABLE).cast()
}

/// A span in the table, as readers see it.
#[derive(Debug, Default)]
#[repr(C, align(64))]
struct Place {
    trace_id: [AtomicU64; 2],
    /// Zero if there is no span.
    span_id: AtomicU64,
    parent: AtomicU64,
    /// Nanoseconds of the monotonic clock, which is read as the kernel has stored it, a few milliseconds ago at most.
    since: AtomicU64,
    attributes: AtomicPtr<Attributes>,
}

/// The place of a span in the table, and of the next one that its owner opens.
#[derive(Debug, Default)]
pub struct OpenSpan(OnceLock<&'static Place>);

impl OpenSpan {
    /// No place yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Lists a span, unless it is listed already, or [`list_open_spans`] says no.
    #[inline]
    pub fn open(
        &self,
        trace_id: [u8; 16],
        span_id: [u8; 8],
        parent: [u8; 8],
        of: &'static Attributes,
    ) {
        if LISTING.load(Ordering::Relaxed)
            && let Some(place) = self.0.get().copied().or_else(|| self.acquire())
        {
            let [span_id, parent] = [span_id, parent].map(u64::from_ne_bytes);
            if place.span_id.load(Ordering::Relaxed) != span_id {
                place.write(trace_id, span_id, parent, of);
            }
        }
    }

    /// The span has ended.
    #[inline]
    pub fn close(&self) {
        if let Some(place) = self.0.get() {
            place.span_id.store(0, Ordering::Relaxed);
        }
    }

    #[cold]
    fn acquire(&self) -> Option<&'static Place> {
        let mut free = free()?;
        if free.0.is_empty() && free.1 < CHUNKS {
            let chunk: Vec<_> = (0..CHUNK).map(|_| Place::default()).collect();
            let chunk: &'static [Place] = chunk.leak();
            TABLE[free.1].store(chunk.as_ptr().cast_mut(), Ordering::Release);
            free.1 += 1;
            free.0.extend(chunk.iter().rev());
        }
        let place = free.0.pop()?;
        // Only the thread that opens the span does this.
        let _ = self.0.set(place);
        Some(place)
    }
}

/// The list of places. None if that takes long: a fork may have inherited the lock from a thread that does not exist in
/// it.
fn free() -> Option<MutexGuard<'static, Free>> {
    for _ in 0..1000 {
        match FREE.try_lock() {
            Ok(free) => return Some(free),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            place.span_id.store(0, Ordering::Relaxed);
            if let Some(mut free) = free() {
                free.0.push(place);
            }
        }
    }
}

impl Place {
    #[inline]
    fn write(&self, trace_id: [u8; 16], span_id: u64, parent: u64, of: &'static Attributes) {
        // A reader ignores a place that it does not find twice with the same span.
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

#[cfg(target_os = "linux")]
#[inline]
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

#[cfg(not(target_os = "linux"))]
const fn now() -> u64 {
    0
}
