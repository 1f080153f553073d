//! Measured calls: calls without a span, from which the collector makes metrics.
//!
//! They have their own ring, so that metrics stay complete while a backend does not accept spans and the rings for
//! spans are full. A thread without measured calls has no such ring. An ending thread leaves its ring to the next
//! thread, and a thread with a full ring continues in another one, see [`idle`](super::idle).
//!
//! A call takes 32 bytes. While a backend is down, spans stay in their rings and are dropped when these are full, but
//! their calls are still counted.

use std::sync::{Mutex, MutexGuard};

use super::buffer::Buffer;
use super::fork::{forks, lock, try_lock};
use super::idle::{Idle, Left, Rings};
use super::lost::{self, LOST};
use super::memory::{add_rings, has_headroom, kept_rings, release_rings, within_limit};
use super::record::{Code, Head, SpanRecord};
use super::ring::{self, Reader, ring};
use crate::callsite::CallSite;
use crate::clock::Ticks;

/// The number of calls that a thread buffers until the collector fetches them.
const CAPACITY: usize = 512;

const WAKE_EVERY: usize = CAPACITY / 2;

const BYTES: usize = CAPACITY * size_of::<Measure>();

#[derive(Debug)]
pub(super) struct Measure {
    pub(super) callsite: Option<&'static CallSite>,
    pub(super) start: Ticks,
    pub(super) end: Ticks,
    pub(super) code: Code,
}

/// The thread's half of its ring of measured calls.
#[derive(Debug)]
pub(super) struct Writer {
    calls: ring::Writer<Measure, CAPACITY>,
    forks: u32,
}

/// The collector's half of a thread's ring of measured calls.
#[derive(Debug)]
pub struct Measures {
    calls: Reader<Measure, CAPACITY>,
    forks: u32,
}

static NEW: Mutex<Vec<Measures>> = Mutex::new(Vec::new());

static LEFT: Left<Writer> = Left::new();

pub(super) fn leave(writer: Writer) {
    if writer.is_of_process() {
        LEFT.lock(forks()).leave(writer);
    }
}

/// The locks of this module, see [`buffer::Locks`].
pub(super) type Locks =
    (Option<MutexGuard<'static, Vec<Measures>>>, Option<MutexGuard<'static, Idle<Writer>>>);

pub(super) fn locks() -> Locks {
    (try_lock(&NEW), try_lock(&LEFT.0))
}

#[cold]
pub(super) fn count_missed() {
    lost::add(&LOST.calls);
}

#[cold]
pub(super) fn writer() -> Option<Writer> {
    LEFT.take_or(forks(), || create().inspect(|_| add_rings(BYTES)))
}

#[cold]
pub(super) fn exchange(full: &mut Writer) -> bool {
    // After a fork, the parent reads the calls in the ring.
    full.is_of_process() && LEFT.exchange_or(forks(), full, || within_limit(BYTES, create))
}

/// Creates a ring, whose memory the caller counts.
fn create() -> Option<Writer> {
    if !has_headroom() {
        return None;
    }

    let (calls, to_read) = ring()?;
    lock(&NEW).push(Measures { calls: to_read, forks: forks() });
    Some(Writer { calls, forks: forks() })
}

impl Writer {
    #[inline]
    pub(super) fn push(&mut self, call: Measure) -> Result<(), Measure> {
        self.calls.push(call)?;
        if self.calls.written().is_multiple_of(WAKE_EVERY) {
            Buffer::wake_collector();
        }

        Ok(())
    }

    pub(super) fn is_of_process(&self) -> bool {
        self.forks == forks()
    }

    pub(super) const fn written(&self) -> usize {
        self.calls.written()
    }
}

impl Rings for Writer {
    fn has_room(&mut self) -> bool {
        self.calls.has_room_for(CAPACITY / 2)
    }

    fn is_empty(&mut self) -> bool {
        self.calls.has_room_for(CAPACITY)
    }
}

impl Drop for Measures {
    fn drop(&mut self) {
        if self.forks == forks() {
            release_rings(BYTES);
        }
    }
}

impl Measures {
    /// Closes empty rings that threads have left, if there are too many, and moves the new rings to the end of `into`,
    /// for the collector.
    pub fn take_new(into: &mut Vec<Self>) {
        LEFT.lock(forks()).close_surplus(kept_rings(BYTES));
        // After a fork, there may be rings of the parent.
        let is_own = |measures: &Self| measures.forks == forks();
        let rings = std::mem::take(&mut *lock(&NEW));
        into.extend(rings.into_iter().filter(is_own));
    }

    /// Returns the number of calls in the ring.
    pub fn count(&self) -> usize {
        self.calls.len()
    }

    /// Reads the next call into an empty record. Returns whether there was one.
    pub fn pop(&mut self, record: &mut SpanRecord) -> bool {
        let Some(call) = self.calls.pop() else {
            return false;
        };

        record.head = Head {
            callsite: call.callsite,
            start: call.start,
            end: call.end,
            code: call.code,
            ..Head::BLANK
        };
        true
    }

    /// Whether the ring is empty and no thread will write to it.
    pub fn is_done(&self) -> bool {
        self.calls.is_done()
    }
}
