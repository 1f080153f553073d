//! What a system other than Unix tells about a process.

use crate::surroundings::Surroundings;

pub(super) const fn parent_id() -> Option<i64> {
    None
}

pub(super) fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    surroundings.variable("USERNAME")
}
