//! A thread's buffer of finished spans: bounded, with one writer, one reader and no lock.
//!
//! It consists of three rings: for the heads of the spans, for their attributes, and for the fields that few spans
//! have. The buffer outlives its thread: the next thread reuses it, see [`idle`](super::idle). If the writer is dropped
//! instead, the reader's half owns the buffer until the collector has emptied it. A thread also exchanges a full buffer
//! for another one, if the memory limit allows it. A thread without a buffer, because it is ending or the limit
//! allows no further one, writes to a shared buffer.
//!
//! A head is as large as a cache line, and each ring is written in order, which the processor prefetches. Boxes that
//! travelled to the collector and back were no longer in the cache and cost twice as much.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, RwLock};
use std::thread::Thread;

use super::fork::{forks, lock, try_lock};
use super::idle::{Idle, Left, Rings};
use super::lost::{self, LOST};
use super::memory::{
    HAS_HEADROOM, Portion, add_rings, has_headroom, has_room_for, kept_rings, release_buffered,
    release_rings, within_limit,
};
use super::record::{Code, Head, More, SpanRecord};
use super::ring::{self, Progress, Reader, ring};
use crate::attributes::{Attribute, MAX_ATTRIBUTES};
use crate::clock::Ticks;

/// The capacity in finished spans. Their heads and attributes take 64 KiB, and the pointers to rare fields 4 KiB.
pub(super) const CAPACITY: usize = 256;

/// The number of slots reserved for roots and failed spans, which matter most in a trace.
const RESERVED: usize = CAPACITY / 16;

/// The number of filled buffers after which the collector is woken, while they are still in the processor's caches. The
/// collector also polls.
const WAKE_EVERY: usize = 8;

/// The number of spans after which the collector is woken, if there is no memory for another buffer.
const WAKE_EVERY_WITHOUT_MEMORY: usize = CAPACITY / 4;

/// The capacity of the ring for attributes. If the ring has no room for all attributes of a span, they are moved to the
/// [`More`] of the span.
const ATTRIBUTES: usize = 4 * CAPACITY;

/// The capacity of the ring for rare fields. The reader reads the rare fields of a span right after its head, so this
/// ring has room whenever the ring for heads has room.
const MORE: usize = 2 * CAPACITY;

type Heads = Progress<Head, CAPACITY>;

#[derive(Debug)]
pub(super) struct Counted {
    buffers: Vec<(u64, Heads)>,
    /// The number of spans that were written to buffers that no longer exist.
    in_others: u64,
    forks: u32,
}

static COUNTED: Mutex<Counted> =
    Mutex::new(Counted { buffers: Vec::new(), in_others: 0, forks: 0 });

fn lock_counted() -> MutexGuard<'static, Counted> {
    let mut counted = lock(&COUNTED);
    if counted.forks != forks() {
        *counted = Counted { buffers: Vec::new(), in_others: 0, forks: forks() };
    }
    counted
}

/// The collector's half of a thread's buffer.
#[derive(Debug)]
pub struct Buffer {
    id: u64,
    forks: u32,
    read: u64,
    heads: Reader<Head, CAPACITY>,
    attributes: Reader<Attribute, ATTRIBUTES>,
    more: Reader<Box<More>, MORE>,
}

impl Buffer {
    /// Reads the next finished span into an empty record. Returns whether there was one.
    pub fn pop(&mut self, record: &mut SpanRecord) -> bool {
        if !self.heads.pop_to(&mut record.head) {
            return false;
        }

        self.read += 1;
        // Attributes and rare fields are written before the head, so they are complete.
        let attributes = usize::from(record.head.attributes);
        self.attributes.pop_all(attributes, record.attributes.items_mut());
        if record.head.has_more {
            self.pop_more(record);
        }
        true
    }

    #[cold]
    fn pop_more(&mut self, record: &mut SpanRecord) {
        record.more = self.more.pop();
        if let Some(more) = &mut record.more {
            *record.attributes.dropped_mut() = more.dropped_attributes;
            record.attributes.items_mut().append(&mut more.attributes);
        }
    }

    /// Returns the number that identifies the buffer.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Returns the number of spans that were read.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Returns the number of spans that were written.
    pub fn written(&self) -> u64 {
        self.read + self.heads.len() as u64
    }

    /// Whether the buffer is closed, so that no thread writes to it again.
    pub fn is_closed(&self) -> bool {
        self.heads.is_closed()
    }

    /// Whether the buffer is closed and empty.
    pub fn is_done(&self) -> bool {
        self.heads.is_done()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut counted = lock_counted();
        let found = counted.buffers.iter().position(|(id, _)| *id == self.id);
        if let Some(at) = found {
            let (_, heads) = counted.buffers.swap_remove(at);
            counted.in_others += heads.written();
        }

        if self.forks == forks() {
            release_rings(BYTES);
        }
    }
}

/// The buffers of all threads.
impl Buffer {
    /// Returns the number of spans that threads have written since the process started.
    pub fn written_by_all() -> u64 {
        let counted = lock_counted();
        let buffers = counted.buffers.iter();
        counted.in_others + buffers.map(|(_, heads)| heads.written()).sum::<u64>()
    }

    /// Moves the new buffers to the end of `into`, for the collector.
    pub fn take_new(into: &mut Vec<Self>) {
        // After a fork, there may be buffers of the parent, which exports their spans.
        let is_own = |buffer: &Self| buffer.forks == forks();
        let buffers = mem::take(&mut *lock(&NEW));
        into.extend(buffers.into_iter().filter(is_own));
    }

    /// Closes empty buffers of ended threads if there are too many.
    pub fn close_surplus() {
        LEFT.lock(forks()).close_surplus(kept_rings(BYTES));
    }

    /// Reduces the sum of buffered bytes by the bytes of spans that were read.
    pub fn release(bytes: usize) {
        release_buffered(bytes);
    }

    /// Sets the function that returns whether the limits of the process leave memory for other allocations than
    /// buffers. Only the first call has an effect.
    pub fn set_headroom(has_headroom: fn() -> bool) {
        let _ = HAS_HEADROOM.set(has_headroom);
    }

    /// Sets the thread that reads the buffers.
    pub fn set_collector(thread: Thread) {
        if let Ok(mut collector) = COLLECTOR.try_write() {
            *collector = Some(thread);
        }
    }

    /// Wakes the collector if it sleeps.
    #[cold]
    pub fn wake_collector() {
        // While the collector starts, the lock is taken. A starting collector is not woken, because it also polls.
        if let Ok(collector) = COLLECTOR.try_read()
            && let Some(collector) = &*collector
        {
            collector.unpark();
        }
    }
}

static NEW: Mutex<Vec<Buffer>> = Mutex::new(Vec::new());

static FILLED: AtomicUsize = AtomicUsize::new(0);

static LEFT: Left<Writer> = Left::new();

pub(super) fn leave(mut writer: Writer) {
    if writer.is_of_process() {
        writer.portion.publish();
        LEFT.lock(forks()).leave(writer);
    }
}

/// The locks that a thread takes before it forks, because in the child, no other thread exists that could release them.
pub(super) type Locks = (
    Option<MutexGuard<'static, Vec<Buffer>>>,
    Option<MutexGuard<'static, Counted>>,
    Option<MutexGuard<'static, Idle<Writer>>>,
);

pub(super) fn locks() -> Locks {
    (try_lock(&NEW), try_lock(&COUNTED), try_lock(&LEFT.0))
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// The collector thread. The lock is only tried, so that no thread waits for it.
static COLLECTOR: RwLock<Option<Thread>> = RwLock::new(None);

/// The thread's half of its buffer.
#[derive(Debug)]
pub(super) struct Writer {
    // Dropped before `heads`, so that all three rings are closed once the reader sees that `heads` is closed.
    attributes: ring::Writer<Attribute, ATTRIBUTES>,
    more: ring::Writer<Box<More>, MORE>,
    heads: ring::Writer<Head, CAPACITY>,
    portion: Portion,
}

impl Writer {
    #[expect(clippy::inline_always, reason = "see `Local::push`")]
    #[inline(always)]
    pub(super) fn push(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if self.is_full() && !self.is_kept(record, code) {
            // The collector is not woken here, because it was woken while the buffer filled.
            return false;
        }

        let mut has_more = record.owns_memory();
        if has_more && !self.count_memory(record) {
            return false;
        }

        let items = record.attributes.items_mut();
        let mut attributes = items.len();
        if !self.attributes.push_all(items) {
            attributes = 0;
            has_more = true;
        }

        if has_more {
            has_more = self.push_more(record);
        }

        // `end` and `code` come from registers: loading fields right after they were written with narrower
        // stores would stall until all earlier stores, some of them to cold memory, are complete.
        let _ = self.heads.push(Head {
            end,
            code,
            // At most `MAX_ATTRIBUTES`.
            attributes: u8::try_from(attributes).unwrap_or(u8::MAX),
            has_more,
            ..record.head
        });

        if (self.heads.written()).is_multiple_of(WAKE_EVERY_WITHOUT_MEMORY) {
            Self::wake_without_memory();
        }
        true
    }

    /// Whether the buffer is full for spans other than roots and failed ones.
    pub(super) fn is_full(&mut self) -> bool {
        !self.heads.has_room_for(1 + RESERVED)
    }

    /// Whether a span was refused because of the memory limit rather than for lack of room.
    pub(super) fn has_refused(&self, record: &SpanRecord) -> bool {
        record.owns_memory() && self.portion.is_exhausted()
    }

    #[cold]
    fn is_kept(&mut self, record: &SpanRecord, code: Code) -> bool {
        (record.is_root() || code == Code::Error) && self.heads.has_room_for(1)
    }

    #[cold]
    fn wake_without_memory() {
        if !has_room_for(BYTES) {
            Buffer::wake_collector();
        }
    }

    pub(super) fn is_of_process(&self) -> bool {
        self.portion.is_of_process()
    }

    pub(super) const fn written(&self) -> usize {
        self.heads.written()
    }

    /// Counts the memory of a span, and returns whether the limit allows it. More than [`MAX_ATTRIBUTES`] attributes move
    /// to the rare fields.
    #[cold]
    fn count_memory(&mut self, record: &mut SpanRecord) -> bool {
        let is_counted = self.portion.count_span(record);
        if self.portion.is_at_threshold() {
            Buffer::wake_collector();
        }

        if is_counted && record.attributes.as_slice().len() > MAX_ATTRIBUTES {
            record.move_attributes();
        }
        is_counted
    }

    /// Writes the rare fields, with the attributes that are not in their ring. Returns whether the span has any.
    #[inline(never)]
    fn push_more(&mut self, record: &mut SpanRecord) -> bool {
        record.attributes.moved_out();
        if !record.attributes.as_slice().is_empty() {
            record.move_attributes();
        }

        let dropped = mem::take(record.attributes.dropped_mut());
        if dropped > 0 {
            record.more_mut().dropped_attributes = dropped;
        }

        let Some(more) = record.more.take() else {
            return false;
        };

        let _ = self.more.push(more);
        true
    }
}

#[inline]
pub(super) fn count_dropped(pushed: Option<bool>) {
    if pushed != Some(true) {
        lost::add(&LOST.spans);
    }
}

#[cold]
pub(super) fn writer() -> Option<Writer> {
    LEFT.take_or(forks(), || within_limit(BYTES, create))
}

#[cold]
pub(super) fn exchange(full: &mut Writer) -> bool {
    // After a fork, the parent exports the spans in the buffer.
    full.is_of_process() && {
        full.portion.publish();
        let filled = FILLED.fetch_add(1, Ordering::Relaxed);
        if filled.is_multiple_of(WAKE_EVERY) {
            Buffer::wake_collector();
        }
        LEFT.exchange_or(forks(), full, || within_limit(BYTES, create))
    }
}

static SHARED: [Mutex<Option<Writer>>; 8] = [const { Mutex::new(None) }; 8];

/// Writes to a shared buffer. Returns whether there was room.
///
/// A free buffer is preferred. The system may have interrupted all threads that hold one, so a thread waits a little
/// instead of losing its span. The wait is limited, because after a fork the holder of a lock may not exist.
#[cold]
pub(super) fn push_shared(record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
    let first = usize::from(record.head.span_id.to_bytes()[0]);
    let shared = |n: usize| &SHARED[(first + n) % SHARED.len()];
    let mut push = |mut buffer: MutexGuard<'_, Option<Writer>>| {
        if (buffer.as_ref()).is_none_or(|writer| !writer.is_of_process()) {
            *buffer = create().inspect(|_| add_rings(BYTES));
        }

        let writer = buffer.as_mut()?;
        Some(writer.push(record, end, code) || exchange(writer) && writer.push(record, end, code))
    };

    let free = (0..SHARED.len()).find_map(|n| push(shared(n).try_lock().ok()?));
    free.or_else(|| push(try_lock(shared(0))?)).unwrap_or(false)
}

/// Creates a buffer, whose memory the caller counts.
fn create() -> Option<Writer> {
    if !has_headroom() {
        return None;
    }

    let (heads, heads_to_read) = ring()?;
    let (attributes, attributes_to_read) = ring()?;
    let (more, more_to_read) = ring()?;
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    lock_counted().buffers.push((id, heads_to_read.progress()));
    lock(&NEW).push(Buffer {
        id,
        forks: forks(),
        read: 0,
        heads: heads_to_read,
        attributes: attributes_to_read,
        more: more_to_read,
    });

    Some(Writer { attributes, more, heads, portion: Portion::new() })
}

const BYTES: usize = CAPACITY * size_of::<Head>()
    + ATTRIBUTES * size_of::<Attribute>()
    + MORE * size_of::<Box<More>>();

impl Rings for Writer {
    fn has_room(&mut self) -> bool {
        self.heads.has_room_for(CAPACITY / 2)
    }

    fn is_empty(&mut self) -> bool {
        self.heads.has_room_for(CAPACITY)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fork::LOCK_TIMEOUT;
    use super::*;

    #[test]
    fn a_thread_waits_for_a_shared_buffer_before_it_loses_its_span() {
        let push = || push_shared(&mut SpanRecord::blank(), Ticks::now(), Code::Unset);
        assert!(push());
        // Held as if the system had interrupted all holders.
        let held = SHARED.each_ref().map(|shared| shared.lock().unwrap());
        let before = Ticks::now();
        assert!(!push());
        assert!(Ticks::now().since(before) >= LOCK_TIMEOUT);
        drop(held);
        assert!(push());
    }
}
