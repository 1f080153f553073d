//! The memory of finished spans, and its limit.
//!
//! The rings of all threads count towards the limit with their whole size. Memory that they refer to (long text,
//! arrays, events and links) is counted when a span ends. A span that would exceed the limit is dropped.
//!
//! Counting must not cost an ordinary span an atomic read-modify-write. A span that owns no memory is not counted, and
//! a thread adds the memory of other spans to the process's sum in portions.
//!
//! The limit is half of `max_memory_bytes`. The other half is divided between the exporters' queues, tail sampling and
//! the unfinished traces of the console, so that the data for a dead backend takes no room of the others.
//!
//! A flag in the list of attributes marks a span that owns memory, so an ordinary span pays for one branch. The
//! head of a span carries the number of its bytes to the collector, which subtracts the same number.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use opentelemetry::trace::TraceState;
use opentelemetry::{KeyValue, Value};

use super::exception::Exception;
use super::fork::forks;
use super::lost::{self, LOST};
use super::record::{More, SpanRecord};
use crate::attributes::{Attribute, MAX_ATTRIBUTES};

/// The number of bytes that a thread counts before it adds them to the sum of the process.
const PORTION: i64 = 16 * 1024;

/// The estimated size of a trace state. Its length cannot be determined without a copy.
const TRACE_STATE: usize = 512;

/// The limit for the rings of all threads and their content.
static LIMIT: AtomicI64 = AtomicI64::new(i64::MAX);

/// The bytes of the rings of all threads.
static RINGS: AtomicI64 = AtomicI64::new(0);

/// The bytes owned by spans in the rings of all threads. Briefly negative if the collector subtracts a span that its
/// thread has not added yet.
static BUFFERED: AtomicI64 = AtomicI64::new(0);

/// Returns whether the limits of the process leave memory for other allocations than buffers. The SDK sets the
/// function, so that libraries that only annotate do not compile it.
pub(super) static HAS_HEADROOM: OnceLock<fn() -> bool> = OnceLock::new();

pub(super) fn has_headroom() -> bool {
    HAS_HEADROOM.get().is_none_or(|has_headroom| has_headroom())
}

pub(super) fn limit_buffered(bytes: usize) {
    LIMIT.store(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
}

pub(super) fn has_room_for(bytes: usize) -> bool {
    let without_rings = LIMIT.load(Ordering::Relaxed).saturating_sub(RINGS.load(Ordering::Relaxed));
    let left = without_rings.saturating_sub(BUFFERED.load(Ordering::Relaxed));
    usize::try_from(left).is_ok_and(|left| left >= bytes)
}

/// Creates rings of this size, if the limit allows them. They are counted first, so that concurrent threads do not
/// exceed the limit together.
pub(super) fn within_limit<T>(bytes: usize, create: impl FnOnce() -> Option<T>) -> Option<T> {
    add_rings(bytes);
    let created = has_room_for(0).then(create).flatten();
    if created.is_none() {
        release_rings(bytes);
    }
    created
}

/// Returns the number of empty rings to keep for the next burst: in sum an eighth of the limit, but at most 4 MiB.
pub(super) fn kept_rings(bytes: usize) -> usize {
    const MOST: i64 = 4 * 1024 * 1024;
    let kept = (LIMIT.load(Ordering::Relaxed) / 8).min(MOST);
    usize::try_from(kept).unwrap_or(0) / bytes
}

pub(super) fn add_rings(bytes: usize) {
    RINGS.fetch_add(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
}

pub(super) fn release_rings(bytes: usize) {
    RINGS.fetch_sub(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
}

/// Returns the limit for memory that spans own: what the rings leave, or a quarter of the whole limit if that is more.
fn limit_owned() -> i64 {
    let limit = LIMIT.load(Ordering::Relaxed);
    let left = limit.saturating_sub(RINGS.load(Ordering::Relaxed));
    left.max(limit / 4)
}

pub(super) fn release_buffered(bytes: usize) {
    BUFFERED.fetch_sub(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
}

/// Resets the sums in the child after a fork, where no collector subtracts the parent's spans and rings. Only atomics
/// may be accessed.
pub(super) fn forked() {
    BUFFERED.store(0, Ordering::Relaxed);
    RINGS.store(0, Ordering::Relaxed);
}

/// The bytes that a thread has not added to the sum of the process yet.
#[derive(Debug)]
pub(super) struct Portion {
    bytes: i64,
    forks: u32,
    /// Whether the limit was reached when the sum was last read. Then the limit is checked for every span.
    is_exhausted: bool,
    is_at_threshold: bool,
}

impl Portion {
    pub(super) fn new() -> Self {
        Self { bytes: 0, forks: forks(), is_exhausted: false, is_at_threshold: false }
    }

    /// Counts the memory of a finished span, unless the limit is reached. Returns whether it was counted.
    #[cold]
    pub(super) fn count_span(&mut self, record: &mut SpanRecord) -> bool {
        let bytes = record.head.set_heap_bytes(owned_by(record));
        if self.add(i64::try_from(bytes).unwrap_or(i64::MAX)) {
            return true;
        }

        lost::add(&LOST.for_memory);
        false
    }

    /// Whether the collector should be woken, because the last span has raised the sum above a quarter of the limit, or
    /// is the first span that was dropped.
    pub(super) const fn is_at_threshold(&self) -> bool {
        self.is_at_threshold
    }

    pub(super) const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    fn add(&mut self, bytes: i64) -> bool {
        self.is_at_threshold = false;
        if !self.is_exhausted && self.bytes + bytes < PORTION {
            self.bytes += bytes;
            return true;
        }

        let limit = limit_owned();
        let before = BUFFERED.load(Ordering::Relaxed);
        let after = before + self.bytes + bytes;
        let was_exhausted = self.is_exhausted;
        self.is_exhausted = after > limit;
        if !self.is_exhausted {
            self.bytes += bytes;
        }

        self.is_at_threshold = if self.is_exhausted {
            !was_exhausted
        } else {
            before <= limit / 4 && after > limit / 4
        };

        self.publish();
        !self.is_exhausted
    }

    pub(super) fn is_of_process(&self) -> bool {
        self.forks == forks()
    }

    pub(super) fn publish(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        // In a fork, the collector never subtracts the spans in the parent's rings.
        if bytes != 0 && self.is_of_process() {
            BUFFERED.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Portion {
    /// Adds the bytes that are missing in the sum, because the collector subtracts all spans of an ended thread.
    fn drop(&mut self) {
        self.publish();
    }
}

/// Returns the number of bytes that a span occupies outside the rings. If an attribute owns memory, all keys are
/// counted, although most are static.
fn owned_by(record: &SpanRecord) -> usize {
    let own = record.attributes.as_slice();
    // A longer list does not fit into the rings and stays allocated.
    let list = if own.len() > MAX_ATTRIBUTES { size_of_val(own) } else { 0 };
    let own =
        if record.attributes.owns_memory() { own.iter().map(attribute_bytes).sum() } else { 0 };
    list + own + record.more.as_deref().map_or(0, more_bytes)
}

fn attribute_bytes(Attribute { key, value }: &Attribute) -> usize {
    key.as_str().len() + value.heap_bytes()
}

fn more_bytes(more: &More) -> usize {
    let events = more.events.iter().map(|event| {
        size_of_val(event) + event.name.len() + SpanRecord::bytes_of(&event.attributes)
    });

    let links = more.links.iter().map(|link| {
        let state = trace_state_bytes(link.span_context.trace_state());
        size_of_val(link) + state + SpanRecord::bytes_of(&link.attributes)
    });

    size_of::<More>()
        + more.name.as_deref().map_or(0, str::len)
        + more.description.len()
        + (more.exception.as_ref()).map_or(0, Exception::heap_bytes)
        + trace_state_bytes(&more.trace_state)
        + events.sum::<usize>()
        + links.sum::<usize>()
}

fn trace_state_bytes(state: &TraceState) -> usize {
    if *state == TraceState::NONE { 0 } else { TRACE_STATE }
}

impl SpanRecord {
    /// Returns the number of bytes that attributes of the OpenTelemetry API occupy.
    pub fn bytes_of(attributes: &[KeyValue]) -> usize {
        let owned = attributes
            .iter()
            .map(|KeyValue { key, value, .. }| key.as_str().len() + value_bytes(value));
        size_of_val(attributes) + owned.sum::<usize>()
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(array) => crate::attributes::array_bytes(array),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::Event;

    use super::*;

    fn record(value: impl crate::attributes::ToAttributeValue) -> SpanRecord {
        let mut record = SpanRecord::blank();
        record.attributes.set("key", &value);
        record
    }

    #[test]
    fn only_spans_that_own_memory_are_counted() {
        for short in ["", "orders", "twenty-two characters."] {
            assert!(!record(short).owns_memory(), "{short}");
        }

        assert!(!record(1).owns_memory());
        assert!(record("twenty-three characters").owns_memory());
        assert!(record(vec![1, 2]).owns_memory());
        let mut owned_key = SpanRecord::blank();
        owned_key.attributes.set("key".to_owned(), &1);
        assert!(owned_key.owns_memory());
    }

    #[test]
    fn text_arrays_and_events_are_counted() {
        let text = "x".repeat(1000);
        assert_eq!(owned_by(&record(text.as_str())), 1003);
        assert!(owned_by(&record(vec![text.clone(), text.clone()])) > 2000);
        let array = owned_by(&record(vec![1_i64; 100]));
        assert!((800..900).contains(&array), "{array}");
        let mut with_event = SpanRecord::blank();
        let event = Event::new(text.clone(), crate::clock::wall_now(), vec![], 0);
        with_event.add_event(event);
        assert!(owned_by(&with_event) > 1000 + size_of::<More>());
    }
}
