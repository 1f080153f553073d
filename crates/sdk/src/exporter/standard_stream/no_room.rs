//! The room of a pipe, which only Linux reports.

pub(super) trait Descriptor {}

impl<S> Descriptor for S {}

pub(super) const fn part(_: &impl Descriptor, bytes: usize) -> usize {
    bytes
}
