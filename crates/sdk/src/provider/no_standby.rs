//! Systems on which nothing runs at the end of a process, and Miri.

use std::time::Duration;

use crate::error::Error;

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(super) fn start(_: fn(), _: Duration) -> Result<(), Error> {
    Ok(())
}

pub(super) const fn is_ending() -> bool {
    false
}

pub(super) const fn is_hurried() -> bool {
    false
}

pub(super) const fn is_signalled() -> bool {
    false
}

pub(super) const fn end_at_signals() {}
