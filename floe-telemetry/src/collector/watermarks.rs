//! Positions in the threads' buffers up to which the collector must read before a flush, a shutdown
//! or a tail sampling decision is complete.

use crate::recorder::Buffer;

/// For each buffer, by its id, the number of spans that must have been read from it.
#[derive(Debug, Default)]
pub(super) struct Watermarks(Vec<(u64, u64)>);

impl Watermarks {
    /// The positions after the last span that is in each buffer now.
    pub(super) fn now(buffers: &[Buffer]) -> Self {
        let marks = buffers.iter().map(|buffer| (buffer.id(), buffer.written()));
        Self(marks.collect())
    }

    /// Whether every buffer was read up to its position. A buffer that is gone was read to its end.
    pub(super) fn are_reached(&self, buffers: &[Buffer]) -> bool {
        self.0.iter().all(|(id, mark)| {
            let buffer = buffers.iter().find(|buffer| buffer.id() == *id);
            buffer.is_none_or(|buffer| buffer.read() >= *mark)
        })
    }
}
