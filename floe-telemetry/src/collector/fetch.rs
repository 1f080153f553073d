//! Fetching finished spans from the threads' buffers.

use std::mem;

use super::Collector;
use crate::recorder::{self, SpanRecord};

/// Spans taken from one thread's buffer in one turn, so that a busy thread cannot keep the
/// collector from its other duties.
const TURN: usize = 2048;

/// Records that are kept for their memory.
const KEPT: usize = 256;

/// Whether spans are fetched only as far as an exporter has room for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Room {
    Needed,
    /// What does not fit is dropped and counted.
    Ignored,
}

impl Collector {
    /// Fetches spans that are finished by now, and tells how many there were.
    pub(crate) fn fetch(&mut self, room: Room) -> usize {
        recorder::new_buffers(&mut self.buffers);
        self.clock.refresh();
        let mut fetched = self.round(room);
        let roots = self.roots.len();
        if roots > 0 {
            // What ended before these roots may have been written behind our back, even by a
            // thread that is new. When there is no room for it, it comes after them.
            recorder::new_buffers(&mut self.buffers);
            fetched += self.round(room);
            self.pass_roots(roots);
        }
        self.release(room, false);
        self.buffers.retain(|buffer| !buffer.is_done());
        fetched
    }

    /// Empties the buffers once, as far as there is room.
    fn round(&mut self, room: Room) -> usize {
        let mut fetched = 0;
        let mut record = SpanRecord::blank();
        for at in 0..self.buffers.len() {
            for _ in 0..TURN {
                if room == Room::Needed && !self.has_room() {
                    return fetched;
                }
                if !self.buffers[at].pop(&mut record) {
                    break;
                }
                fetched += 1;
                if record.is_root() {
                    let blank = self.blank.pop().unwrap_or_else(SpanRecord::blank);
                    self.roots.push(mem::replace(&mut record, blank));
                } else {
                    self.pass(&mut record);
                    record.clear();
                }
            }
        }
        fetched
    }

    pub(super) fn has_room(&self) -> bool {
        let waiting = self.roots.len();
        self.pipeline
            .as_ref()
            .is_none_or(|pipeline| pipeline.has_room(waiting))
    }

    /// Sends on what is held and can be decided; at the end, everything. Whether nothing is left for
    /// which there is a reason to wait.
    pub(super) fn release(&mut self, room: Room, is_end: bool) -> bool {
        let Some(pipeline) = &mut self.pipeline else {
            return true;
        };
        if pipeline.is_settling() {
            // A thread may be new since the buffers were looked at.
            recorder::new_buffers(&mut self.buffers);
        }
        pipeline.release(&self.buffers, &self.clock, room, is_end)
    }

    /// Passes on the first `roots` of those that wait.
    fn pass_roots(&mut self, roots: usize) {
        let rest = self.roots.split_off(roots);
        for mut record in mem::replace(&mut self.roots, rest) {
            self.pass(&mut record);
            if self.blank.len() < KEPT {
                record.clear();
                self.blank.push(record);
            }
        }
    }

    /// Passes on everything that was fetched.
    pub(crate) fn pass_all(&mut self) {
        self.pass_roots(self.roots.len());
    }
}
