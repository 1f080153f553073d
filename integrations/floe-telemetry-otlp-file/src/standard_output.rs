//! Standard output, to which the program writes as well.
//!
//! A line is written under the lock of the standard library, so that no line of the program divides it. A thread of
//! the program that prints waits for that lock, so it is not held while nobody reads from a pipe.

use std::io::{self, Write as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The pause before a pipe is looked at again: nothing tells when it has room for more than a page.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub(crate) struct StandardOutput {
    /// Whether a line was given up after a part of it.
    is_within_line: bool,
}

impl StandardOutput {
    /// Writes a line once a pipe has room for it. One that is larger than the pipe is written in parts, between which
    /// the program may print.
    ///
    /// # Errors
    ///
    /// It cannot be written, or the pipe has not had room for all of it within `timeout`.
    pub(crate) fn write(&mut self, line: &[u8], timeout: Duration) -> io::Result<()> {
        let started = Instant::now();
        let mut rest = line;
        while !rest.is_empty() {
            let is_start = rest.len() == line.len();
            let written = self.write_part(rest, is_start)?;
            rest = &rest[written..];
            if rest.is_empty() {
                break;
            }
            if started.elapsed() >= timeout {
                let message = format!("nobody has read from the pipe within {timeout:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            sleep(PAUSE);
        }
        Ok(())
    }

    /// Writes as much as a pipe has room for, and returns the number of bytes.
    fn write_part(&mut self, rest: &[u8], is_start: bool) -> io::Result<usize> {
        let mut stdout = io::stdout().lock();
        let part = &rest[..part(&stdout, rest.len())];
        if part.is_empty() {
            return Ok(0);
        }
        if is_start && self.is_within_line {
            stdout.write_all(b"\n")?;
        }
        stdout.write_all(part)?;
        stdout.flush()?;
        self.is_within_line = part.len() < rest.len();
        Ok(part.len())
    }
}

/// How many of these bytes can be written now without waiting for a reader.
#[cfg(target_os = "linux")]
fn part(stdout: &io::StdoutLock<'_>, bytes: usize) -> usize {
    /// The room that is left to the program.
    const RESERVE: usize = 16 * 1024;

    let size = |size: usize| size.saturating_sub(RESERVE);
    // Only pipes have a size.
    let Ok(mut capacity) = rustix::pipe::fcntl_getpipe_size(stdout).map(size) else {
        return bytes;
    };
    if capacity < bytes
        && let Ok(larger) = rustix::pipe::fcntl_setpipe_size(stdout, bytes + RESERVE).map(size)
    {
        capacity = larger;
    }
    let queued = rustix::io::ioctl_fionread(stdout).unwrap_or(0);
    let queued = usize::try_from(queued).unwrap_or(usize::MAX);
    // Short writes may leave half of each page of a pipe empty.
    let room = capacity.saturating_sub(queued.saturating_mul(2));
    if bytes <= room {
        bytes
    } else if bytes <= capacity {
        0
    } else {
        room
    }
}

/// Other systems do not tell how much a pipe contains.
#[cfg(not(target_os = "linux"))]
const fn part(_: &io::StdoutLock<'_>, bytes: usize) -> usize {
    bytes
}
