//! The open spans of the process in a table, which readers find by its address: also those of tasks, which are in no thread
//! while they wait for their next poll.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::now;
use super::{Attributes, is_on, kept};

/// How many places are allocated at once.
const CHUNK: usize = kept::BLOCK / kept::PLACE;

const _: () = assert!(size_of::<Place>() == kept::PLACE);

/// The most chunks: spans above a million are not listed.
const CHUNKS: usize = 1024;

/// The chunks that are allocated, the first ones of the list. They are never freed.
static TABLE: [AtomicPtr<Place>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];

/// Which chunks are in a file.
static IS_KEPT: [AtomicBool; CHUNKS] = [const { AtomicBool::new(false) }; CHUNKS];

/// Places that were given back, and how many chunks there are.
#[derive(Debug)]
struct Free {
    places: Vec<&'static Place>,
    chunks: usize,
}

/// Made by the first use in a process: a fork has one of its own, because a thread that does not exist in it may have
/// locked that of its parent.
static FREE: AtomicPtr<Mutex<Free>> = AtomicPtr::new(ptr::null_mut());

fn free() -> MutexGuard<'static, Free> {
    let mut free = FREE.load(Ordering::Acquire);
    if free.is_null() {
        let is_used = |chunk: &&AtomicPtr<Place>| !chunk.load(Ordering::Relaxed).is_null();
        let made: &'static Mutex<Free> = Box::leak(Box::new(Mutex::new(Free {
            places: Vec::new(),
            chunks: TABLE.iter().take_while(is_used).count(),
        })));
        let made = ptr::from_ref(made).cast_mut();
        let before = ptr::null_mut();
        free = match FREE.compare_exchange(before, made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => made,
            Err(other) => other,
        };
    }
    #[expect(unsafe_code, reason = "a reference that was stored as a pointer")]
    // SAFETY: it is not null, and what is stored is a reference to what is never freed.
    let free = unsafe { &*free };
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Empties the table in a fork, where no span of the parent goes on being listed. Only atomics, as it runs before `fork`
/// returns.
pub(crate) fn forked() {
    kept::forked();
    FREE.store(ptr::null_mut(), Ordering::Relaxed);
    for (chunk, is_kept) in TABLE.iter().zip(&IS_KEPT) {
        let chunk = chunk.load(Ordering::Relaxed).cast_const();
        if chunk.is_null() {
            return;
        }
        if is_kept.swap(false, Ordering::Relaxed) {
            kept::separate(chunk.cast());
            continue;
        }
        #[expect(unsafe_code, reason = "a slice that was stored as a pointer")]
        // SAFETY: `acquire` stores chunks of this length, which are never freed.
        let places = unsafe { std::slice::from_raw_parts(chunk, CHUNK) };
        for place in places {
            place.span_id.store(0, Ordering::Relaxed);
        }
    }
}

/// Puts the spans that are listed from now on into `file`, which is empty, and from which
/// [`KeptSpans::read`](crate::KeptSpans::read) gets them. `label` is kept with them, if it has no more than 60 KB. A later
/// call continues in another file.
///
/// The process ends with `SIGBUS` if the file is made smaller.
///
/// # Errors
///
/// The file cannot be written or mapped, for example because the disk is full.
#[cfg(all(target_os = "linux", not(miri)))]
pub fn keep(file: std::fs::File, label: &[u8]) -> std::io::Result<()> {
    kept::begin(file, label)?;
    // Places are in memory, or in another file.
    let mut free = free();
    free.places.clear();
    CURRENT_TABLE.fetch_add(1, Ordering::Relaxed);
    Ok(())
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

/// The place of a span in the table, and of the next one that its owner opens. Only one thread at a time opens and closes.
#[derive(Debug)]
pub struct OpenSpan {
    place: AtomicPtr<Place>,
    /// Of the table that the place is in.
    table: AtomicU32,
    /// Those of the span that was opened last. The place may be in a file, which others can write.
    attributes: AtomicPtr<Attributes>,
}

/// Changes when places have to be in another file.
static CURRENT_TABLE: AtomicU32 = AtomicU32::new(0);

impl OpenSpan {
    /// No place yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            place: AtomicPtr::new(ptr::null_mut()),
            table: AtomicU32::new(0),
            attributes: AtomicPtr::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn place(&self) -> Option<&'static Place> {
        #[expect(unsafe_code, reason = "a reference that was stored as a pointer")]
        // SAFETY: `acquire` stores a reference to what is never freed.
        unsafe {
            self.place.load(Ordering::Relaxed).cast_const().as_ref()
        }
    }

    /// Lists a span until it ends, unless it is listed already. Does nothing before [`switch`](crate::switch).
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
        let is_current =
            self.table.load(Ordering::Relaxed) == CURRENT_TABLE.load(Ordering::Relaxed);
        if let Some(place) = self.place().filter(|_| is_current).or_else(|| self.acquire()) {
            let [span_id, parent] = [span_id, parent].map(u64::from_ne_bytes);
            if place.span_id.load(Ordering::Relaxed) != span_id {
                self.attributes.store(ptr::from_ref(of).cast_mut(), Ordering::Relaxed);
                place.write(trace_id, span_id, parent, of);
            }
        }
    }

    /// The attributes with which a span is listed, if it is.
    #[inline]
    #[must_use]
    pub fn attributes(&self, span_id: [u8; 8]) -> Option<&'static Attributes> {
        let listed = self.place()?.span_id.load(Ordering::Relaxed);
        if listed != u64::from_ne_bytes(span_id) {
            return None;
        }
        #[expect(unsafe_code, reason = "a reference that was stored as a pointer")]
        // SAFETY: `open` stores references to static attributes, in memory of this process alone.
        unsafe {
            self.attributes.load(Ordering::Relaxed).cast_const().as_ref()
        }
    }

    /// The span has ended.
    #[inline]
    pub fn close(&self) {
        if let Some(place) = self.place() {
            place.span_id.store(0, Ordering::Relaxed);
        }
    }

    #[cold]
    fn acquire(&self) -> Option<&'static Place> {
        self.close();
        let mut free = free();
        if free.places.is_empty() && free.chunks < CHUNKS {
            let kept = kept::places();
            let chunk: &'static [Place] = match kept {
                Some(words) => {
                    let places = ptr::from_ref(words).cast();
                    #[expect(unsafe_code, reason = "the memory of a file")]
                    // SAFETY: a block has this many places, consists of zeros, which are places without a span, and is
                    // never freed; places have only atomics, and are aligned as a block is.
                    unsafe {
                        std::slice::from_raw_parts(places, CHUNK)
                    }
                }
                None => (0..CHUNK).map(|_| Place::default()).collect::<Vec<_>>().leak(),
            };
            IS_KEPT[free.chunks].store(kept.is_some(), Ordering::Relaxed);
            TABLE[free.chunks].store(chunk.as_ptr().cast_mut(), Ordering::Release);
            free.chunks += 1;
            free.places.extend(chunk.iter().rev());
        }
        let place = free.places.pop()?;
        let table = CURRENT_TABLE.load(Ordering::Relaxed);
        self.table.store(table, Ordering::Relaxed);
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
        let mut free = free();
        // One of another file is not used again.
        if self.table.load(Ordering::Relaxed) == CURRENT_TABLE.load(Ordering::Relaxed) {
            free.places.push(place);
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
