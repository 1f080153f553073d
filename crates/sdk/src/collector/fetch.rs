//! Reads finished spans, and measured calls that have no span, from the buffers of the threads.

use super::Collector;
use crate::recorder::{Buffer, Measures, SpanRecord};

/// The maximum number of spans that one fetch reads from a buffer, so that a busy thread cannot block the collector's
/// other work.
const MAX_SPANS_PER_TURN: usize = 2048;

/// The maximum number of spans without heap memory that are read before the room in the queues is computed again.
const MAX_ROOM: usize = 32;

/// Whether spans stay in the threads' buffers while no exporter has room for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Backpressure {
    /// Spans are fetched only while an exporter has room.
    Respected,
    /// All spans are fetched; spans that do not fit are dropped and counted.
    Ignored,
}

impl Collector {
    /// Fetches finished spans, as far as `backpressure` and the maximum per buffer allow, and returns their number.
    /// Closed buffers are always read, so that they can be freed; spans that do not fit are dropped and counted. The
    /// next fetch reads the first buffer without room last, so that a busy thread cannot take all the room.
    pub(super) fn fetch(&mut self, backpressure: Backpressure) -> usize {
        Buffer::take_new(&mut self.buffers);
        self.clock.refresh();
        let mut fetched = 0;
        let mut record = SpanRecord::blank();
        let mut room = 0;
        let mut without_room = None;
        for at in 0..self.buffers.len() {
            let is_limited =
                backpressure == Backpressure::Respected && !self.buffers[at].is_closed();
            for _ in 0..MAX_SPANS_PER_TURN {
                if is_limited && room == 0 {
                    room = self.room().min(MAX_ROOM);
                    if room == 0 {
                        without_room.get_or_insert(at);
                        break;
                    }
                }
                if !self.buffers[at].pop(&mut record) {
                    break;
                }
                fetched += 1;
                self.read += 1;
                // A span with heap memory may take all the room.
                let is_small = record.head.heap_bytes() == 0;
                room = if is_small { room.saturating_sub(1) } else { 0 };
                self.pass(&mut record);
                record.clear();
            }
        }
        if let Some(at) = without_room {
            self.buffers.rotate_left(at + 1);
        }
        self.release(backpressure, false);
        // Only empty buffers are closed, so buffers that were left for lack of room stay open.
        Buffer::close_surplus();
        self.buffers.retain(|buffer| !buffer.is_done());
        fetched
    }

    /// Counts the measured calls that have ended so far, and returns their number.
    pub(super) fn count_calls(&mut self) -> usize {
        Measures::take_new(&mut self.measures);
        let mut counted = 0;
        let mut record = SpanRecord::blank();
        for calls in &mut self.measures {
            // Calls that are added meanwhile are left for the next turn, so that a busy thread cannot keep the
            // collector here.
            for _ in 0..calls.count() {
                if !calls.pop(&mut record) {
                    break;
                }
                counted += 1;
                if let Some(pipeline) = &mut self.pipeline {
                    pipeline.count_call(&mut record, &self.clock);
                }
            }
        }
        self.measures.retain(|calls| !Measures::is_done(calls));
        counted
    }

    /// Returns how many spans may be fetched now. Without a pipeline, there is no limit.
    pub(super) fn room(&self) -> usize {
        match &self.pipeline {
            Some(pipeline) => pipeline.room(),
            None => usize::MAX,
        }
    }

    /// Makes the decisions of tail sampling that are possible, or all of them if `is_end`, and exports sampled spans as
    /// far as `backpressure` allows. Returns whether no sampled span and no ended trace is left.
    pub(super) fn release(&mut self, backpressure: Backpressure, is_end: bool) -> bool {
        let Some(pipeline) = &mut self.pipeline else {
            return true;
        };
        if pipeline.is_settling() {
            // A thread may have started since the list of buffers was read.
            Buffer::take_new(&mut self.buffers);
        }
        pipeline.release(&self.buffers, &self.clock, backpressure, is_end)
    }
}
