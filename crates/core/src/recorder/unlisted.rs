//! What `listed` has, without the feature `thread-context`: nothing.

#[derive(Debug)]
pub(super) struct Listed;

#[expect(clippy::unused_self, reason = "as the other one")]
impl Listed {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) const fn close(&self) {}
}
