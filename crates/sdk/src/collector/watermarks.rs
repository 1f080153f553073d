//! Positions in the threads' buffers up to which the collector must read before a flush, a shutdown
//! or a tail sampling decision is complete.

use std::collections::HashMap;

use crate::recorder::Buffer;

/// The number of spans that must be read from each buffer, by the buffer's id.
#[derive(Debug, Default)]
pub(super) struct Watermarks(HashMap<u64, u64>);

impl Watermarks {
    /// Returns the position after the last span that is now in each buffer.
    pub(super) fn now(buffers: &[Buffer]) -> Self {
        let marks = buffers.iter().map(|buffer| (buffer.id(), buffer.written()));
        Self(marks.collect())
    }

    /// Whether every buffer was read up to its position. A buffer that is no longer listed was read to its end.
    pub(super) fn are_reached(&self, buffers: &[Buffer]) -> bool {
        buffers.iter().all(|buffer| {
            let mark = self.0.get(&buffer.id());
            mark.is_none_or(|mark| buffer.read() >= *mark)
        })
    }
}
