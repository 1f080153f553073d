//! Systems on which nothing runs at the end of a process, and Miri.

use std::io;
use std::time::Duration;

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(super) fn start(_: fn() -> bool, _: Duration) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(super) fn end_at_signals() -> io::Result<()> {
    Ok(())
}
