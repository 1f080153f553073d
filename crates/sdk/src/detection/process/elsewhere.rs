//! The attributes of a process on systems other than Unix.

use crate::surroundings::Surroundings;

pub(super) const fn parent_id() -> Option<i64> {
    None
}

pub(super) fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    surroundings.variable("USERNAME")
}
