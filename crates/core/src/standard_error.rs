//! Standard error, on which a thread of the program never waits for the reader of a pipe.

use std::io::{self, Write as _};
use std::thread;

use crate::program_signals::Unsignalled;

/// The length in bytes up to which a pipe takes a text as a whole (`PIPE_BUF` of Linux). A pipe that can be written has
/// room for it.
#[cfg(unix)]
const ROOM: usize = 4096;

/// Writes a text in one call, so that the lines of other threads do not interleave. A failed write is ignored. On a
/// thread of the program, a text that has no room is left out: the thread would wait for a reader.
pub(crate) fn write(text: &str) {
    let is_of_library = thread::current().name().is_some_and(|name| name.starts_with("floe-"));
    if is_of_library {
        let _ = Unsignalled(io::stderr()).write_all(text.as_bytes());
    } else {
        write_if_room(text);
    }
}

/// Writes a text if there is room for it. It neither allocates nor takes a lock, not even standard error's: another
/// thread may hold the lock while it waits for a reader, and the holder may not exist in a fork.
#[cfg(unix)]
pub fn write_if_room(text: &str) {
    use std::fs::File;
    use std::os::fd::AsFd as _;

    let stderr = io::stderr();
    let text = &text.as_bytes()[..text.len().min(ROOM)];
    if has_room(&stderr)
        && let Ok(stderr) = stderr.as_fd().try_clone_to_owned()
    {
        let _ = Unsignalled(File::from(stderr)).write_all(text);
    }
}

/// Writes a text.
#[cfg(not(unix))]
pub fn write_if_room(text: &str) {
    let _ = Unsignalled(io::stderr()).write_all(text.as_bytes());
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library cannot ask whether a write would wait")]
fn has_room(stream: &impl std::os::fd::AsRawFd) -> bool {
    let mut asked = libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: the function reads and writes one entry, which is exclusively borrowed.
    let count = unsafe { libc::poll(&raw mut asked, 1, 0) };
    count == 1 && asked.revents & libc::POLLOUT != 0
}
