//! A TCP connection whose reads and writes end at a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};

/// A connection. A receiver that sends a byte now and then does not move the deadline.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    pub(super) deadline: Instant,
    /// The time for which one read or write may wait.
    pub(super) silence: Duration,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, deadline: Instant) -> Self {
        Self { stream, deadline, silence: Duration::MAX }
    }

    /// Whether the connection is open and has nothing to read. Between two requests, the other side sends nothing except the
    /// end of the connection.
    #[cfg(feature = "http")]
    pub(super) fn is_idle(&self) -> bool {
        let would_block = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
        self.stream.set_nonblocking(true).is_ok()
            && self.stream.peek(&mut [0]).is_err_and(would_block)
            && self.stream.set_nonblocking(false).is_ok()
    }

    #[cfg(feature = "grpc")]
    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Calls `operation` with the time for which it may wait, again after an interruption: the system interrupts an
    /// operation with a time limit when it continues a stopped process, whatever signals the thread blocks.
    fn within(
        &mut self,
        mut operation: impl FnMut(&mut TcpStream, Duration) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let timed_out = || io::Error::new(ErrorKind::TimedOut, "timeout");
        loop {
            let left = self.deadline.saturating_duration_since(monotonic_now());
            if left.is_zero() {
                return Err(timed_out());
            }
            match operation(&mut self.stream, left.min(self.silence)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Unix reports a time limit of a socket as an operation that would block.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(timed_out()),
                result => return result,
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.within(|stream, time| {
            stream.set_read_timeout(Some(time))?;
            stream.read(buffer)
        })
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.within(|stream, time| {
            stream.set_write_timeout(Some(time))?;
            stream.write(buffer)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
