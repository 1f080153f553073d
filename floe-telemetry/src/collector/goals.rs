//! How far the threads' buffers must be drained before something that waits for them may go on.

use crate::recorder::Buffer;

/// How many spans must have been taken from each buffer, by the id of the buffer.
#[derive(Debug, Default)]
pub(super) struct Goals(Vec<(u64, u64)>);

impl Goals {
    /// Everything that was written until now.
    pub(super) fn of(buffers: &[Buffer]) -> Self {
        let goals = buffers.iter().map(|buffer| (buffer.id(), buffer.written()));
        Self(goals.collect())
    }

    /// Whether all of it was taken. A buffer that is gone was drained to its end.
    pub(super) fn are_reached(&self, buffers: &[Buffer]) -> bool {
        self.0.iter().all(|(id, goal)| {
            let buffer = buffers.iter().find(|buffer| buffer.id() == *id);
            buffer.is_none_or(|buffer| buffer.taken() >= *goal)
        })
    }
}
