//! The records of an exporter: those that wait, and those that it exports.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::logs::SdkLogRecord;

use super::{LogSettings, Task};
use crate::clock::monotonic_now;
use crate::collector::{Counters, Size};

/// The size in bytes at which a batch is exported before it is full. Receivers accept requests of at
/// most 4 MiB by default.
const MAX_BYTES: usize = 1024 * 1024;

/// A record that waits or is exported.
pub(super) struct Queued {
    pub(super) record: Box<SdkLogRecord>,
    pub(super) scope: Arc<InstrumentationScope>,
    pub(super) bytes: usize,
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
}

struct State {
    waiting: VecDeque<Queued>,
    waiting_bytes: usize,
    /// The records that are exported.
    taken: Size,
    /// Whether the exporter's thread was told that a batch is full.
    is_told_full: bool,
    /// Whether there is a thread that exports.
    is_open: bool,
    /// Records that were dropped since the last report.
    dropped: u64,
}

impl Queue {
    pub(super) fn new(settings: &LogSettings) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            taken: Size { spans: 0, bytes: 0 },
            is_told_full: false,
            is_open: true,
            dropped: 0,
        };
        Self {
            state: Mutex::new(state),
            capacity: settings.worker.capacity,
            batch_size: settings
                .batch_size
                .clamp(1, settings.worker.capacity.spans.max(1)),
            end: OnceLock::new(),
            counters: Arc::clone(&settings.worker.counters),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record, and returns what the exporter's thread has to be told of it. If there is no room, the record is
    /// dropped and counted.
    pub(super) fn push(&self, record: Queued) -> Option<Task> {
        let mut state = self.lock();
        let has_room = state.waiting.len() + state.taken.spans < self.capacity.spans
            && state.waiting_bytes + state.taken.bytes < self.capacity.bytes;
        if !state.is_open || !has_room {
            state.dropped += 1;
            drop(state);
            self.count_dropped(1);
            return None;
        }
        state.waiting_bytes += record.bytes;
        state.waiting.push_back(record);
        if !state.is_told_full && self.has_batch(&state) {
            state.is_told_full = true;
            return Some(Task::Full);
        }
        (state.waiting.len() == 1).then_some(Task::Waiting)
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
    pub(super) fn take(&self) -> Vec<Queued> {
        let mut state = self.lock();
        let mut bytes = 0;
        let most = state.waiting.len().min(self.batch_size);
        let fits = |record: &&Queued| {
            let has_room = bytes < MAX_BYTES;
            bytes += record.bytes;
            has_room
        };
        let count = state.waiting.iter().take(most).take_while(fits).count();
        let batch: Vec<Queued> = state.waiting.drain(..count).collect();
        let bytes = bytes_of(&batch);
        state.waiting_bytes -= bytes;
        state.taken.spans += batch.len();
        state.taken.bytes += bytes;
        state.is_told_full = false;
        batch
    }

    /// Gives the room of a batch to others. It was exported, or has failed.
    pub(super) fn leave(&self, batch: &[Queued]) {
        let mut state = self.lock();
        state.taken.spans -= batch.len();
        state.taken.bytes -= bytes_of(batch);
    }

    /// Drops a batch that was taken.
    pub(super) fn drop_batch(&self, batch: &[Queued]) {
        self.count_dropped(batch.len());
        self.leave(batch);
    }

    /// Drops what waits, and all that follows.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_open = false;
        let waiting = std::mem::take(&mut state.waiting);
        state.waiting_bytes = 0;
        drop(state);
        self.count_dropped(waiting.len());
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

    /// Counts records that are dropped. Locks nothing.
    pub(super) fn count_dropped(&self, records: usize) {
        let dropped = &self.counters.logs_dropped;
        dropped.fetch_add(records as u64, Ordering::Release);
    }
}

fn bytes_of(batch: &[Queued]) -> usize {
    batch.iter().map(|queued| queued.bytes).sum()
}
