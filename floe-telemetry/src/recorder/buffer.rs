//! The thread's buffer of finished spans: bounded, one writer, one reader, no lock.
//!
//! Three rings: the heads of the spans, their attributes, and what few of them have besides. They are
//! written from one end to the other, which is what caches are best at. The buffer outlives its thread:
//! the reader's half keeps it until the collector has emptied it.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::thread::Thread;

use super::events::{EventHead, MAX_EVENTS, SpanEvents};
use super::record::{Code, Head, More, SpanRecord};
use super::ring::{self, Reader, ring};
use crate::attributes::Attribute;
use crate::clock::Ticks;

/// How many finished spans a thread can hold until the collector fetches them.
const CAPACITY: usize = 4096;

/// The collector is woken each time so many spans were written. Until then it comes by itself.
const WAKE_EVERY: usize = CAPACITY / 4;

/// How many attributes they can have. Those of a span that finds no room go together as one piece.
const ATTRIBUTES: usize = 4 * CAPACITY;

/// How many other pieces they can have.
const RARE: usize = 4 * CAPACITY;

/// While fewer are free, or there is no room for their attributes, the events of a span go together
/// with what else is rare. So a span never finds room for its head and none for its pieces, of which
/// it has at most two then.
const RESERVE: usize = 2 * CAPACITY + MAX_EVENTS;

/// The collector's half of a thread's buffer.
#[derive(Debug)]
pub(crate) struct Buffer {
    id: u64,
    /// Spans read so far.
    taken: u64,
    heads: Reader<Head, CAPACITY>,
    attributes: Reader<Attribute, ATTRIBUTES>,
    rare: Reader<Rare, RARE>,
}

impl Buffer {
    /// Reads the next finished span into a record that is blank. Whether there was one.
    pub(crate) fn pop(&mut self, record: &mut SpanRecord) -> bool {
        if !self.heads.pop_to(&mut record.head) {
            return false;
        }
        self.taken += 1;
        // The rest was written before the head.
        let attributes = usize::from(record.head.attributes);
        if record.head.rare > 0 {
            self.pop_rare(record);
        } else {
            self.attributes
                .pop_all(attributes, record.attributes.items_mut());
        }
        true
    }

    #[cold]
    fn pop_rare(&mut self, record: &mut SpanRecord) {
        let mut events = SpanEvents::default();
        for _ in 0..record.head.rare {
            let Some(piece) = self.rare.pop() else { break };
            piece.put_back(record, &mut events);
        }
        let of_events = events.attributes_of_heads();
        let own = usize::from(record.head.attributes).saturating_sub(of_events);
        self.attributes.pop_all(own, record.attributes.items_mut());
        self.attributes.pop_all(of_events, &mut events.attributes);
        record.add_events(events.into_events());
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
        self.taken + self.heads.waiting() as u64
    }

    /// The thread has ended and everything it left was read.
    pub(crate) fn is_done(&self) -> bool {
        self.heads.is_done()
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
#[derive(Debug)]
pub(super) struct Writer {
    // Dropped before `heads`, so that who finds that one left has all of them.
    attributes: ring::Writer<Attribute, ATTRIBUTES>,
    rare: ring::Writer<Rare, RARE>,
    heads: ring::Writer<Head, CAPACITY>,
}

impl Writer {
    /// Moves out what a span has that has ended then and so. Whether there was room.
    #[inline]
    pub(super) fn push(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if !self.heads.has_room_for(1) {
            // No reason to wake the collector: it was woken while the buffer filled.
            return false;
        }
        let items = record.attributes.items_mut();
        let mut attributes = items.len();
        let mut rare = 0;
        if !self.attributes.push_all(items) {
            let _ = self.rare.push(Rare::Attributes(mem::take(items)));
            (attributes, rare) = (0, 1);
        }
        if Rare::is_in(record) {
            let (of_events, pieces) = self.push_rare(record);
            attributes += of_events;
            rare += pieces;
        }
        // Together with what is in registers. To read what was just written in narrower pieces
        // would wait until all that was written before, into cold memory, is there.
        let _ = self.heads.push(Head {
            end,
            code,
            // At most one for each attribute of the span and of its events.
            attributes: u8::try_from(attributes).unwrap_or(u8::MAX),
            // At most two, and one for each event.
            rare: u8::try_from(rare).unwrap_or(u8::MAX),
            ..record.head
        });
        if self.heads.written().is_multiple_of(WAKE_EVERY) {
            wake();
        }
        true
    }

    /// How many attributes of events, and how many other pieces.
    #[inline(never)]
    fn push_rare(&mut self, record: &mut SpanRecord) -> (usize, usize) {
        let mut of_events = record.packed.attributes.len();
        let mut pieces = 0;
        if self.rare.has_room_for(RESERVE)
            && self.attributes.push_all(&mut record.packed.attributes)
        {
            for head in record.packed.heads.drain(..) {
                let _ = self.rare.push(Rare::Event(head));
                pieces += 1;
            }
        } else {
            record.unpack_events();
            of_events = 0;
        }
        let dropped = mem::take(record.attributes.dropped_mut());
        if dropped > 0 {
            record.more_mut().dropped_attributes = dropped;
        }
        if let Some(more) = record.more.take() {
            let _ = self.rare.push(Rare::More(more));
            pieces += 1;
        }
        (of_events, pieces)
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
    let (heads, heads_to_read) = ring();
    let (attributes, attributes_to_read) = ring();
    let (rare, rare_to_read) = ring();
    // The receiver is a static, so there is always one.
    let _ = NEW.0.send(Buffer {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        taken: 0,
        heads: heads_to_read,
        attributes: attributes_to_read,
        rare: rare_to_read,
    });
    Writer {
        attributes,
        rare,
        heads,
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

/// A piece of what few spans have besides a head and attributes.
#[derive(Debug)]
enum Rare {
    /// The span's attributes, for which their own ring had no room.
    Attributes(Vec<Attribute>),
    More(Box<More>),
    /// Its attributes are in the ring of attributes, behind the span's.
    Event(EventHead),
}

impl Rare {
    /// Whether a span has any of it.
    #[inline]
    fn is_in(record: &SpanRecord) -> bool {
        record.more.is_some() || !record.packed.heads.is_empty() || record.attributes.dropped() > 0
    }

    /// Puts it where it was. Events are left for when their attributes are there.
    #[cold]
    fn put_back(self, record: &mut SpanRecord, events: &mut SpanEvents) {
        match self {
            Self::Attributes(all) => *record.attributes.items_mut() = all,
            Self::More(more) => {
                *record.attributes.dropped_mut() = more.dropped_attributes;
                record.more = Some(more);
            }
            Self::Event(head) => events.heads.push(head),
        }
    }
}
