//! Standard output and standard error, which the library shares with the program.
//!
//! A text is written under the lock of the standard library, so that no line of the program splits it. Printing threads
//! of the program wait for this lock, so it is not held during a wait for the reader of a pipe.

#[cfg(target_os = "linux")]
mod room;

use std::io::{self, IsTerminal as _, Write};
use std::thread::sleep;
use std::time::Duration;

use crate::clock::monotonic_now;
use crate::program_signals::Unsignalled;

/// The pause between two checks of a pipe. Polling is needed, because nothing signals room for more than a page.
const PAUSE: Duration = Duration::from_millis(5);

/// A standard stream for exporters, which can wait for the reader of a pipe.
#[derive(Debug)]
pub struct StandardStream {
    stream: Stream,
    /// Whether only part of the last text was written.
    is_within_text: bool,
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Output,
    Error,
}

impl Stream {
    /// Returns how many of `bytes` to write now.
    fn room(self, bytes: usize) -> usize {
        #[cfg(target_os = "linux")]
        let bytes = match self {
            Self::Output => room::of(&io::stdout(), bytes),
            Self::Error => room::of(&io::stderr(), bytes),
        };
        bytes
    }
}

impl StandardStream {
    /// Returns standard output.
    pub const fn stdout() -> Self {
        Self::new(Stream::Output)
    }

    /// Returns standard error.
    pub const fn stderr() -> Self {
        Self::new(Stream::Error)
    }

    const fn new(stream: Stream) -> Self {
        Self { stream, is_within_text: false }
    }

    /// Whether the stream is a terminal.
    pub fn is_terminal(&self) -> bool {
        match self.stream {
            Stream::Output => io::stdout().is_terminal(),
            Stream::Error => io::stderr().is_terminal(),
        }
    }

    /// Writes a text when a pipe has room for it. A text larger than the pipe is written in parts, and the program may
    /// print between them.
    ///
    /// # Errors
    ///
    /// The stream cannot be written, or the pipe had no room for the whole text within `timeout`.
    pub fn write_within(&mut self, text: &[u8], timeout: Duration) -> io::Result<()> {
        let started = monotonic_now();
        let mut rest = text;
        while !rest.is_empty() {
            let is_start = rest.len() == text.len();
            let written = match self.stream {
                Stream::Output => self.write_part(io::stdout().lock(), rest, is_start)?,
                Stream::Error => self.write_part(io::stderr().lock(), rest, is_start)?,
            };
            rest = &rest[written..];
            if rest.is_empty() {
                break;
            }
            if started.elapsed() >= timeout {
                let message = format!("the pipe had no room for the whole text within {timeout:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            sleep(PAUSE);
        }
        Ok(())
    }

    /// Writes as much as fits, and returns the number of bytes.
    fn write_part(&mut self, stream: impl Write, rest: &[u8], is_start: bool) -> io::Result<usize> {
        let part = &rest[..self.stream.room(rest.len())];
        if part.is_empty() {
            return Ok(0);
        }
        let mut stream = Unsignalled(stream);
        if is_start && self.is_within_text {
            stream.write_all(b"\n")?;
        }
        stream.write_all(part)?;
        stream.flush()?;
        self.is_within_text = part.len() < rest.len();
        Ok(part.len())
    }
}

impl Write for StandardStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// The time for which the console waits for the reader of a pipe.
        const PATIENCE: Duration = Duration::from_secs(5);

        self.write_within(bytes, PATIENCE)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
