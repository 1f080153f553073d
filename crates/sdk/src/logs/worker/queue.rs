//! The records of an exporter: those that wait, and those that it exports.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{LogSettings, Task};
use crate::clock::{Instant, monotonic_now};
use crate::collector::{ALREADY_SHUTDOWN, Component, Counters, QUEUE_FULL, SHUTDOWN, Size};
use crate::logs::export_record::ExportRecord;

/// The size in bytes at which a batch is exported before it is full. Receivers accept requests of at
/// most 4 MiB by default.
const MAX_BYTES: usize = 1024 * 1024;

/// What follows for the thread that has pushed a record: nothing if it was dropped, as what hangs is not waited for.
#[derive(Default)]
pub(super) struct Pushed {
    /// What the exporter's thread must be told.
    pub(super) task: Option<Task>,
    /// Whether at least half of the room for records was used before.
    pub(super) is_half_full: bool,
}

/// A record that waits.
struct Queued {
    record: Arc<ExportRecord>,
    bytes: usize,
}

/// The records of one export.
pub(super) struct Batch {
    pub(super) records: Vec<Arc<ExportRecord>>,
    bytes: usize,
}

/// What the threads that log share with the one that exports.
pub(super) struct Queue {
    state: Mutex<State>,
    /// The most records, and their bytes, that wait or are exported.
    capacity: Size,
    batch_size: usize,
    /// When the records that still wait are dropped, once the exporter shuts down.
    end: OnceLock<Instant>,
    counters: Arc<Counters>,
    pub(super) processor: Arc<Component>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Queued>,
    waiting_bytes: usize,
    /// The records that are exported.
    taken: Size,
    /// Whether the exporter's thread was told that a batch is full.
    is_told_full: bool,
    /// Whether the exporter's thread has ended.
    is_closed: bool,
    /// Records that were dropped since the last report.
    dropped: u64,
}

impl State {
    fn used(&self) -> Size {
        Size {
            spans: self.waiting.len() + self.taken.spans,
            bytes: self.waiting_bytes + self.taken.bytes,
        }
    }
}

impl Queue {
    pub(super) fn new(settings: &LogSettings, processor: Arc<Component>) -> Self {
        let capacity = settings.worker.capacity;
        Self {
            state: Mutex::default(),
            capacity,
            batch_size: settings.batch_size.clamp(1, capacity.spans.max(1)),
            end: OnceLock::new(),
            counters: Arc::clone(&settings.worker.counters),
            processor,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record. If there is no room, it is dropped and counted.
    pub(super) fn push(&self, record: Arc<ExportRecord>) -> Pushed {
        let bytes = record.size();
        let mut state = self.lock();
        let used = state.used();
        let has_room = used.spans < self.capacity.spans && used.bytes < self.capacity.bytes;
        if state.is_closed || !has_room {
            state.dropped += 1;
            let reason = if state.is_closed { ALREADY_SHUTDOWN } else { QUEUE_FULL };
            drop(state);
            self.count_dropped(1, reason);
            return Pushed::default();
        }
        state.waiting_bytes += bytes;
        state.waiting.push_back(Queued { record, bytes });
        self.processor.present.fetch_add(1, Ordering::Relaxed);
        let is_full = !state.is_told_full && self.has_batch(&state);
        state.is_told_full |= is_full;
        let task = match state.waiting.len() {
            _ if is_full => Some(Task::Full),
            1 => Some(Task::Waiting),
            _ => None,
        };
        let (half, bytes) = (self.capacity.spans / 2, self.capacity.bytes / 2);
        let is_half_full = used.spans >= half || used.bytes >= bytes;
        Pushed { task, is_half_full }
    }

    fn has_batch(&self, state: &State) -> bool {
        state.waiting.len() >= self.batch_size || state.waiting_bytes >= MAX_BYTES
    }

    /// The number of records that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// The number of records that wait and fill batches.
    pub(super) fn waiting_in_full_batches(&self) -> usize {
        let waiting = self.waiting();
        waiting - waiting % self.batch_size
    }

    /// Takes a batch of those that wait.
    pub(super) fn take(&self) -> Batch {
        let mut state = self.lock();
        let mut bytes = 0;
        let fits = |queued: &&Queued| {
            let has_room = bytes < MAX_BYTES;
            bytes += if has_room { queued.bytes } else { 0 };
            has_room
        };
        let most = state.waiting.iter().take(self.batch_size);
        let count = most.take_while(fits).count();
        let records = state.waiting.drain(..count);
        let records: Vec<_> = records.map(|queued| queued.record).collect();
        state.waiting_bytes -= bytes;
        state.taken.spans += records.len();
        state.taken.bytes += bytes;
        state.is_told_full = false;
        Batch { records, bytes }
    }

    /// Gives the room of a batch to others. It was exported, or has failed.
    pub(super) fn leave(&self, batch: &Batch) {
        let mut state = self.lock();
        let records = batch.records.len();
        state.taken.spans -= records;
        self.processor.present.fetch_sub(records, Ordering::Relaxed);
        state.taken.bytes -= batch.bytes;
    }

    /// Drops a batch that was taken.
    pub(super) fn drop_batch(&self, batch: &Batch) {
        self.count_dropped(batch.records.len(), SHUTDOWN);
        self.leave(batch);
    }

    /// Drops what waits, and all that follows.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        state.waiting_bytes = 0;
        drop(state);
        let present = &self.processor.present;
        present.fetch_sub(waiting.len(), Ordering::Relaxed);
        self.count_dropped(waiting.len(), SHUTDOWN);
    }

    /// The number of records that had no room since it was asked last.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Sets when the records that still wait are dropped.
    pub(super) fn end_at(&self, end: Instant) {
        let _ = self.end.set(end);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.get().is_some_and(|end| *end <= monotonic_now())
    }

    /// Counts a record that comes after the shutdown.
    pub(super) fn count_late(&self) {
        self.processor.finish(1, Some(ALREADY_SHUTDOWN));
    }

    /// Counts records that are dropped.
    fn count_dropped(&self, records: usize, reason: &'static str) {
        self.processor.finish(records as u64, Some(reason));
        let dropped = &self.counters.logs_dropped;
        dropped.fetch_add(records as u64, Ordering::Release);
    }

    /// Counts a record that is lost in a fork. Locks nothing.
    pub(super) fn count_lost(&self) {
        self.counters.logs_dropped.fetch_add(1, Ordering::Release);
    }
}
