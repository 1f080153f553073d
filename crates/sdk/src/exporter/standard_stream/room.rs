//! The room of a pipe.

use std::os::fd::AsFd;

/// Returns how many of `bytes` to write now without waiting for a reader. Bytes that an empty pipe can hold are written
/// together, so the result is 0 until all of them fit.
pub(super) fn of(stream: &impl AsFd, bytes: usize) -> usize {
    /// The part of a pipe's room that is left for the program.
    const RESERVE: usize = 16 * 1024;

    let size = |size: usize| size.saturating_sub(RESERVE);
    // Only pipes have a size.
    let Ok(mut capacity) = rustix::pipe::fcntl_getpipe_size(stream).map(size) else {
        return bytes;
    };
    if capacity < bytes
        && let Ok(larger) = rustix::pipe::fcntl_setpipe_size(stream, bytes + RESERVE).map(size)
    {
        capacity = larger;
    }
    let queued =
        usize::try_from(rustix::io::ioctl_fionread(stream).unwrap_or(0)).unwrap_or(usize::MAX);
    // The queued bytes count twice, because short writes may leave half of each page unused.
    let room = capacity.saturating_sub(queued.saturating_mul(2));
    if bytes <= room {
        bytes
    } else if bytes <= capacity {
        0
    } else {
        room
    }
}
