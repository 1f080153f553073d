//! Updates that the plain OpenTelemetry API makes to the span of an annotated function.
//!
//! The record of such a span belongs to the call, and no other code can access it; the `Context` has a [`Handle`]
//! instead. Few spans are updated through a handle, so the call must find out without a lock that there are no updates,
//! and without an atomic read-modify-write, which would stall on memory.
//!
//! A [`PendingUpdates`] lives as long as the process and serves one span after the other, each with its own number. A
//! handle that outlives its span finds another number and does nothing. An update that races with the end of its span
//! may be stored too late, under the span's number; the next span discards it. `tests/loom` runs this file under every
//! interleaving.

use super::record::SpanRecord;
use super::sync::{AtomicBool, AtomicU8, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};

/// The updates to an open span, reused by later spans. Each span writes here, so no two share a cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct PendingUpdates {
    /// Identifies the current span. Written only by its call.
    number: AtomicU64,
    /// The id of the current span, if the span is in the cell of its thread.
    span_id: AtomicU64,
    /// Whether there was an update since the last [`take`](Self::take).
    touched: AtomicBool,
    /// Whether the context of the current span of `tracing` may have been used.
    is_shared: AtomicBool,
    /// The [`State`] of the recording. Written only by its call.
    state: AtomicU8,
    /// When the current span of `tracing` was last exited; 0 if it was not.
    exited: AtomicU64,
    /// Boxed, because one of these structures stays allocated for each span of the largest peak.
    update: Mutex<Option<Box<Update>>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum State {
    Blank,
    /// A measured call, or a span of another provider.
    NoSpan,
    Unsampled,
    Sampled,
}

#[derive(Debug)]
pub(super) struct Update {
    number: u64,
    pub(super) record: SpanRecord,
    /// Whether the plain API has ended the span before the call has returned.
    pub(super) ended: bool,
}

/// Access to a span, which may have ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle {
    pending: &'static PendingUpdates,
    number: u64,
}

impl PendingUpdates {
    /// Creates a value for the first span. Not inlined, because 64 are created together without a loop.
    #[inline(never)]
    pub(super) fn new() -> Self {
        Self {
            number: AtomicU64::new(0),
            span_id: AtomicU64::new(0),
            touched: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
            state: AtomicU8::new(State::Blank as u8),
            exited: AtomicU64::new(0),
            update: Mutex::new(None),
        }
    }

    #[inline]
    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is(&self, state: State) -> bool {
        self.state.load(Ordering::Relaxed) == state as u8
    }

    #[inline]
    pub(super) fn set_span_id(&self, id: u64) {
        self.span_id.store(id, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn span_id(&self) -> u64 {
        self.span_id.load(Ordering::Relaxed)
    }

    /// Whether the current span was updated, or an earlier span after its end.
    #[inline]
    pub(super) fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn handle(&'static self) -> Handle {
        Handle { pending: self, number: self.number.load(Ordering::Relaxed) }
    }

    /// Retires the current span's number, and returns its updates.
    #[inline]
    pub(super) fn close(&self) -> Option<Box<Update>> {
        let number = self.number.load(Ordering::Relaxed);
        // Any ordering suffices: `touched` is a single variable, so an update that happened before is visible.
        let update = if self.is_touched() { self.take(number) } else { None };
        self.retire();
        update
    }

    /// Retires the current span's number. Later updates of this span have no effect.
    #[inline]
    pub(super) fn retire(&self) {
        let number = self.number.load(Ordering::Relaxed);
        self.number.store(number + 1, Ordering::Release);
    }

    /// Marks each span as updated, so that its recording is never read without its updates.
    pub(super) fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    #[cold]
    fn take(&self, number: u64) -> Option<Box<Update>> {
        let mut update = self.lock();
        self.touched.store(false, Ordering::Relaxed);
        update.take().filter(|update| update.number == number)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Update>>> {
        self.update.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans of `tracing`.
impl PendingUpdates {
    /// Prepares for a new span of `tracing`, whose context is unused.
    #[inline]
    pub(super) fn own(&self) {
        self.is_shared.store(false, Ordering::Relaxed);
        self.exited.store(0, Ordering::Relaxed);
    }

    /// Notes that the context of the span is about to be used.
    #[inline]
    pub(super) fn share(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    /// Returns the ticks at the last exit of the span.
    #[inline]
    pub(super) fn exited(&self) -> Option<u64> {
        let ticks = self.exited.load(Ordering::Relaxed);
        (ticks != 0).then_some(ticks)
    }
}

impl Handle {
    /// Stores the ticks at an exit of the span, unless it has ended.
    #[inline]
    pub(super) fn exit(&self, ticks: u64) {
        if self.is_current() {
            self.pending.exited.store(ticks, Ordering::Relaxed);
        }
    }

    fn is_current(&self) -> bool {
        self.pending.number.load(Ordering::Acquire) == self.number
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_current()
            && !(self.pending.touched.load(Ordering::Relaxed)
                && (self.pending.lock().as_ref())
                    .is_some_and(|update| update.number == self.number && update.ended))
    }

    /// Reads the updates of the span, unless it has ended. `read` must not call user code.
    pub(super) fn read(&self, read: impl FnOnce(&SpanRecord)) {
        let slot = self.pending.lock();
        if self.is_current()
            && let Some(update) = slot.as_ref().filter(|update| update.number == self.number)
        {
            read(&update.record);
        }
    }

    pub(super) fn update(&self, act: impl FnOnce(&mut Update)) {
        if let Some(mut slot) = self.touch()
            && let Some(update) = slot.as_mut()
        {
            act(update);
        }
    }

    /// Locks the update of the span; `None` after the end of the span.
    #[inline(never)]
    fn touch(&self) -> Option<MutexGuard<'static, Option<Box<Update>>>> {
        let mut slot = self.pending.lock();
        if !self.is_current() {
            return None;
        }

        if (slot.as_ref()).is_none_or(|update| update.number != self.number) {
            *slot = None;
        }

        let update = slot.get_or_insert_with(|| {
            Box::new(Update { number: self.number, record: SpanRecord::blank(), ended: false })
        });

        if update.ended {
            return None;
        }

        self.pending.touched.store(true, Ordering::Relaxed);
        Some(slot)
    }
}
