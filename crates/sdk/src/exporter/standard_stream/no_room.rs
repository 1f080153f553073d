//! Systems other than Linux do not tell how full a pipe is.

pub(super) trait Descriptor {}

impl<S> Descriptor for S {}

pub(super) const fn part(_: &impl Descriptor, bytes: usize) -> usize {
    bytes
}
