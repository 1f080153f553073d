//! The thread's buffer of finished spans: bounded, one writer, one reader, no lock.
//!
//! Two rings: finished spans go to the collector, and the boxes they were in come back empty, so
//! that a thread in steady state allocates none. The buffer outlives its thread: the reader's half
//! keeps it until the collector has emptied it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::thread::Thread;

use super::record::SpanRecord;

/// How many finished spans a thread can hold until the collector fetches them.
const CAPACITY: usize = 4096;

/// How many empty boxes a thread keeps.
const BLANK: usize = CAPACITY / 2;

/// The collector is woken each time so many spans were written. Until then it comes by itself.
const WAKE_EVERY: usize = CAPACITY / 4;

/// The collector's half of a thread's buffer.
#[derive(Debug)]
pub(crate) struct Buffer {
    id: u64,
    /// Spans read so far.
    taken: u64,
    finished: rtrb::Consumer<Box<SpanRecord>>,
    blank: rtrb::Producer<Box<SpanRecord>>,
}

impl Buffer {
    /// The next finished span.
    pub(crate) fn pop(&mut self) -> Option<Box<SpanRecord>> {
        let record = self.finished.pop().ok()?;
        self.taken += 1;
        Some(record)
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
        self.taken + self.finished.slots() as u64
    }

    /// Gives a box back whose content was taken out.
    pub(crate) fn recycle(&mut self, blank: Box<SpanRecord>) {
        // If the ring is full the thread has more than it can use.
        let _ = self.blank.push(blank);
    }

    /// The thread has ended and everything it left was read.
    pub(crate) fn is_done(&self) -> bool {
        self.finished.is_abandoned() && self.finished.is_empty()
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

struct Writer {
    finished: rtrb::Producer<Box<SpanRecord>>,
    blank: rtrb::Consumer<Box<SpanRecord>>,
    written: usize,
}

thread_local! {
    static WRITER: RefCell<Option<Writer>> = const { RefCell::new(None) };
}

/// Runs `act` with the thread's writer, unless the thread is ending or `act` is already running.
#[inline]
fn with_writer<T>(act: impl FnOnce(&mut Writer) -> Option<T>) -> Option<T> {
    WRITER
        .try_with(|writer| {
            let mut writer = writer.try_borrow_mut().ok()?;
            act(match &mut *writer {
                Some(writer) => writer,
                none => none.insert(new_writer()),
            })
        })
        .ok()
        .flatten()
}

/// A box for a new span.
#[inline]
pub(super) fn blank() -> Box<SpanRecord> {
    with_writer(|writer| writer.blank.pop().ok()).unwrap_or_else(|| Box::new(SpanRecord::blank()))
}

/// Hands a finished span over. If the buffer is full the span is dropped and counted.
#[inline]
pub(super) fn push(record: Box<SpanRecord>) {
    let written = with_writer(|writer| {
        writer.finished.push(record).ok()?;
        writer.written = writer.written.wrapping_add(1);
        Some(writer.written)
    });
    if let Some(written) = written {
        if written.is_multiple_of(WAKE_EVERY) {
            wake();
        }
    } else {
        // No reason to wake the collector: it was woken while the buffer filled.
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

#[cold]
fn new_writer() -> Writer {
    let (finished, to_read) = rtrb::RingBuffer::new(CAPACITY);
    let (to_fill, blank) = rtrb::RingBuffer::new(BLANK);
    // The receiver is a static, so there is always one.
    let _ = NEW.0.send(Buffer {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        taken: 0,
        finished: to_read,
        blank: to_fill,
    });
    Writer {
        finished,
        blank,
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
