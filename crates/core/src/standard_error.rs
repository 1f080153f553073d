//! Standard error and standard output, on which the library never waits for the reader of a pipe.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd};

use crate::program_signals::Unsignalled;

/// The length in bytes up to which a pipe takes a text as a whole (`PIPE_BUF` of Linux). A pipe that can be written has
/// room for it.
#[cfg(unix)]
const ROOM: usize = 4096;

/// Writes a text to standard error if there is room for it.
pub fn write_if_room(text: &str) {
    write_to_if_room(&io::stderr(), text.as_bytes());
}

/// Writes a text in one call, so that the lines of other threads do not interleave, if there is room for it. A failed write
/// is ignored. It neither allocates nor takes a lock, not even that of the stream: another thread may hold the lock while
/// it waits for a reader, and the holder may not exist in a fork.
#[cfg(unix)]
pub fn write_to_if_room(stream: &(impl AsFd + AsRawFd), text: &[u8]) {
    let text = &text[..text.len().min(ROOM)];
    if has_room(stream)
        && let Ok(stream) = stream.as_fd().try_clone_to_owned()
    {
        let _ = Unsignalled(File::from(stream)).write_all(text);
    }
}

/// Writes a text.
#[cfg(not(unix))]
pub fn write_to_if_room(stream: impl io::Write, text: &[u8]) {
    let _ = Unsignalled(stream).write_all(text);
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library cannot ask whether a write would wait")]
fn has_room(stream: &impl AsRawFd) -> bool {
    let mut asked = libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: the function reads and writes one entry, which is exclusively borrowed.
    let count = unsafe { libc::poll(&raw mut asked, 1, 0) };
    count == 1 && asked.revents & libc::POLLOUT != 0
}
