//! Other systems than Linux do not report the room of a pipe.

pub(super) trait Descriptor {}

impl<S> Descriptor for S {}

pub(super) const fn part(_: &impl Descriptor, bytes: usize) -> usize {
    bytes
}
