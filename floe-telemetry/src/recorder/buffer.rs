//! The thread's buffer of finished spans: bounded, one writer, one reader, no lock.
//!
//! Two rings: the heads of the spans, and what some of them have besides. Both are written from one
//! end to the other, which is what caches are best at. The buffer outlives its thread: the reader's
//! half keeps it until the collector has emptied it.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::thread::Thread;

use super::detail::{Detail, Pieces};
use super::head::{Code, Head};
use super::record::SpanRecord;
use super::told::MAX_TOLD;
use crate::attributes::{Attribute, MAX_ATTRIBUTES};
use crate::clock::Ticks;

/// How many finished spans a thread can hold until the collector fetches them.
const CAPACITY: usize = 4096;

/// The collector is woken each time so many spans were written. Until then it comes by itself.
const WAKE_EVERY: usize = CAPACITY / 4;

/// How many details they can have.
const DETAILS: usize = 4 * CAPACITY;

/// While fewer are free, the attributes of a span go together as one, and its events with what is
/// rare. So a span never finds room for its head and none for its details.
const RESERVE: usize = 2 * CAPACITY + MAX_ATTRIBUTES + MAX_TOLD;

/// The collector's half of a thread's buffer.
#[derive(Debug)]
pub(crate) struct Buffer {
    id: u64,
    /// Spans read so far.
    taken: u64,
    heads: rtrb::Consumer<Head>,
    details: rtrb::Consumer<Detail>,
}

impl Buffer {
    /// Reads the next finished span into a record that is blank. Whether there was one.
    pub(crate) fn pop(&mut self, record: &mut SpanRecord) -> bool {
        let Ok(head) = self.heads.pop() else {
            return false;
        };
        self.taken += 1;
        record.head = head;
        let mut pieces = Pieces::default();
        for _ in 0..head.details {
            // They were written before the head.
            let Ok(piece) = self.details.pop() else { break };
            pieces.add(record, piece);
        }
        pieces.finish(record);
        true
    }

    /// Tells it from all other buffers.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// How many spans were read from it.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// How many spans were written to it so far.
    pub(crate) fn written(&self) -> u64 {
        self.taken + self.heads.slots() as u64
    }

    /// The thread has ended and everything it left was read.
    pub(crate) fn is_done(&self) -> bool {
        self.heads.is_abandoned() && self.heads.is_empty()
    }
}

/// New buffers on their way to the collector.
static NEW: LazyLock<(Sender<Buffer>, Mutex<Receiver<Buffer>>)> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    (sender, Mutex::new(receiver))
});

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Spans that found their buffer full, or their thread's storage gone.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// The collector thread.
static COLLECTOR: OnceLock<Thread> = OnceLock::new();

/// The thread's half.
pub(super) struct Writer {
    // Dropped after `details`, so that who finds it abandoned has all of them.
    details: rtrb::Producer<Detail>,
    heads: rtrb::Producer<Head>,
    written: usize,
}

impl Writer {
    /// Moves out what a span has that has ended then and so. Whether there was room.
    #[inline]
    pub(super) fn push(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if self.heads.is_full() {
            // No reason to wake the collector: it was woken while the buffer filled.
            return false;
        }
        if !record.told.is_empty() && !self.has_plenty() {
            record.untell();
        }
        let items = record.attributes.items_mut();
        let mut details = items.len();
        if details > 0 && !self.push_each(items) {
            let _ = self.details.push(Detail::Attributes(mem::take(items)));
            details = 1;
        }
        details += self.push_rare(record);
        details += self.push_told(&mut record.told);
        // At most one for each attribute, one more, and what is told.
        let details = u8::try_from(details).unwrap_or(u8::MAX);
        // Together with what is in registers. To read what was just written in narrower pieces
        // would wait until all that was written before, into cold memory, is there.
        let _ = self.heads.push(Head {
            end,
            code,
            details,
            ..record.head
        });
        self.written = self.written.wrapping_add(1);
        if self.written.is_multiple_of(WAKE_EVERY) {
            wake();
        }
        true
    }

    #[inline]
    fn has_plenty(&self) -> bool {
        self.details.cached_slots() >= RESERVE || self.details.slots() >= RESERVE
    }

    /// Whether there was plenty of room.
    #[inline]
    fn push_each(&mut self, items: &mut Vec<Attribute>) -> bool {
        if !self.has_plenty() {
            return false;
        }
        let Ok(chunk) = self.details.write_chunk_uninit(items.len()) else {
            return false;
        };
        chunk.fill_from_iter(items.drain(..).map(Detail::Attribute));
        true
    }

    #[inline]
    fn push_told(&mut self, told: &mut Vec<Detail>) -> usize {
        let pieces = told.len();
        if pieces > 0
            && let Ok(chunk) = self.details.write_chunk_uninit(pieces)
        {
            return chunk.fill_from_iter(told.drain(..));
        }
        0
    }

    #[inline]
    fn push_rare(&mut self, record: &mut SpanRecord) -> usize {
        let dropped = mem::take(record.attributes.dropped_mut());
        if dropped > 0 {
            record.more_mut().dropped_attributes = dropped;
        }
        let Some(more) = record.more.take() else {
            return 0;
        };
        let _ = self.details.push(Detail::More(more));
        1
    }
}

/// Counts a span that was not pushed.
#[inline]
pub(super) fn count(pushed: Option<bool>) {
    if pushed != Some(true) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

#[cold]
pub(super) fn new_writer() -> Writer {
    let (heads, heads_to_read) = rtrb::RingBuffer::new(CAPACITY);
    let (details, details_to_read) = rtrb::RingBuffer::new(DETAILS);
    // The receiver is a static, so there is always one.
    let _ = NEW.0.send(Buffer {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        taken: 0,
        heads: heads_to_read,
        details: details_to_read,
    });
    Writer {
        details,
        heads,
        written: 0,
    }
}

/// Wakes the collector if it sleeps.
#[cold]
pub(crate) fn wake() {
    if let Some(collector) = COLLECTOR.get() {
        collector.unpark();
    }
}

/// Buffers of threads that the collector does not know yet.
pub(crate) fn new_buffers(into: &mut Vec<Buffer>) {
    into.extend(
        NEW.1
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_iter(),
    );
}

/// How many spans were dropped since the process started.
pub(crate) fn dropped_spans() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Makes `thread` the one that is woken.
pub(crate) fn set_collector(thread: Thread) {
    let _ = COLLECTOR.set(thread);
}
