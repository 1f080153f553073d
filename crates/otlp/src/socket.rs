//! A TCP connection whose reads and writes end at a deadline.

#[cfg(test)]
mod tests;

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
    /// The number of bytes that may still be read after the deadline.
    late: usize,
}

/// The maximum number of bytes that are read after the deadline, so that a receiver that keeps sending does not move it.
const LATE: usize = 64 * 1024;

impl Socket {
    pub(super) fn new(stream: TcpStream, deadline: Instant) -> Self {
        Self { stream, deadline, silence: Duration::MAX, late: LATE }
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

    /// Reads what has arrived without waiting, because the time may have passed while the process was stopped.
    fn read_late(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(self.late);
        self.stream.set_nonblocking(true)?;
        let read = self.stream.read(&mut buffer[..end]);
        self.stream.set_nonblocking(false)?;
        match read {
            Ok(read) if end > 0 => {
                self.late -= read;
                Ok(read)
            }
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Err(timed_out()),
        }
    }
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timeout")
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.within(|stream, time| {
            stream.set_read_timeout(Some(time))?;
            stream.read(buffer)
        });
        match read {
            Err(error) if error.kind() == ErrorKind::TimedOut => self.read_late(buffer),
            read => read,
        }
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
