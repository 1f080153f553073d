//! Standard error and standard output, on which the library waits for the reader of a pipe only within a limit.

use std::io;
use std::time::Duration;

#[cfg(unix)]
pub use self::unix::write_within;

/// Writes a text to standard error if there is room for it.
pub fn write_if_room(text: &str) {
    write_within(&io::stderr(), text.as_bytes(), Duration::ZERO);
}

/// Writes a text.
#[cfg(not(unix))]
pub fn write_within(mut stream: impl io::Write, text: &[u8], _: Duration) {
    let _ = stream.write_all(text);
}

#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "the standard library cannot write without its lock or without waiting"
)]
mod unix {
    use std::fs::File;
    #[cfg(target_os = "linux")]
    use std::io::IoSlice;
    use std::io::Write as _;
    use std::io::{Error, ErrorKind};
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsRawFd, FromRawFd as _, RawFd};
    use std::time::Duration;

    use libc::{POLLOUT, c_int};

    use crate::clock::monotonic_now;
    use crate::program_signals::without_write_signals;

    /// The length in bytes up to which a pipe takes a text as a whole (`PIPE_BUF` of Linux). A pipe that can be written
    /// has room for it.
    const ROOM: usize = 4096;

    /// The end of a line that is longer than [`ROOM`].
    const CUT: &str = "…\n";

    /// Writes a text in one call, so that the lines of other threads do not interleave, if there is room for it within
    /// the time. Only a file takes more than 4,096 bytes; other texts are cut there. A failed write is ignored. It takes
    /// neither a lock nor a descriptor, and allocates only to cut a text: another thread may hold the lock of the
    /// stream while it waits for a reader, the holder may not exist in a fork, and all descriptors may be used.
    pub fn write_within(stream: &impl AsRawFd, text: &[u8], limit: Duration) {
        let descriptor = stream.as_raw_fd();
        if !has_room(descriptor, limit) {
            return;
        }

        // SAFETY: the descriptor is open while the stream is borrowed, and is not closed here.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let cut = (!is_file && text.len() > ROOM).then(|| {
            let beginning = &text[..ROOM - CUT.len()];
            let characters = beginning.utf8_chunks().next();
            characters.map_or("", |characters| characters.valid()).to_owned() + CUT
        });
        let line = cut.as_ref().map_or(text, |line| line.as_bytes());
        without_write_signals(|| {
            if is_file || !write_at_once(descriptor, line) {
                let _ = (&*file).write_all(line);
            }
        });
    }

    /// Writes without waiting, because another writer may have taken the room. Returns whether the system can do that;
    /// for pipes, Linux has been able to since version 6.4.
    #[cfg(target_os = "linux")]
    fn write_at_once(descriptor: RawFd, text: &[u8]) -> bool {
        const HERE: libc::c_long = -1;

        let call = libc::SYS_pwritev2;
        let part = IoSlice::new(text);
        let first = &raw const part;
        // SAFETY: an `IoSlice` is an `iovec`, and the system reads from one, which is borrowed.
        let written =
            unsafe { libc::syscall(call, descriptor, first, 1, HERE, HERE, libc::RWF_NOWAIT) };
        written >= 0 || Error::last_os_error().kind() == ErrorKind::WouldBlock
    }

    #[cfg(not(target_os = "linux"))]
    fn write_at_once(_: RawFd, _: &[u8]) -> bool {
        false
    }

    fn has_room(descriptor: RawFd, limit: Duration) -> bool {
        let mut asked = libc::pollfd { fd: descriptor, events: POLLOUT, revents: 0 };
        let deadline = monotonic_now().checked_add(limit);
        loop {
            let left = deadline.map_or(limit, |end| end.saturating_duration_since(monotonic_now()));
            let millis = c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX);
            // SAFETY: the function reads and writes one entry, which is exclusively borrowed.
            let count = unsafe { libc::poll(&raw mut asked, 1, millis) };
            if count >= 0 {
                return count == 1 && asked.revents & POLLOUT != 0;
            }
            // A signal interrupts the wait, also the last look.
            if Error::last_os_error().kind() != ErrorKind::Interrupted {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use std::os::unix::thread::JoinHandleExt as _;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::*;

    /// Another thread may take the last room of a pipe after it was asked for.
    #[cfg(target_os = "linux")]
    #[test]
    fn many_threads_do_not_wait_for_the_reader_of_a_pipe() -> io::Result<()> {
        let opened = (0..200).map(|_| io::pipe()).collect::<io::Result<Vec<_>>>()?;
        let pipes = Arc::new(opened);
        let barrier = Arc::new(Barrier::new(8));
        let (ended, ends) = channel();
        for _ in 0..8 {
            let ended = ended.clone();
            let pipes = Arc::clone(&pipes);
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                for (_, writer) in &*pipes {
                    barrier.wait();
                    (0..4).for_each(|_| write_within(writer, &[b'x'; 4000], Duration::ZERO));
                }
                ended.send(())
            });
        }
        for _ in 0..8 {
            assert_eq!(ends.recv_timeout(Duration::from_secs(60)), Ok(()));
        }
        Ok(())
    }
    #[cfg(target_os = "linux")]
    #[test]
    #[expect(unsafe_code, reason = "the standard library sends no signals")]
    fn a_signal_does_not_end_the_wait_for_the_reader_of_a_pipe() -> io::Result<()> {
        static HANDLED: AtomicUsize = AtomicUsize::new(0);

        extern "C" fn handle(_: libc::c_int) {
            HANDLED.fetch_add(1, Ordering::Relaxed);
        }

        let handler: extern "C" fn(libc::c_int) = handle;
        // SAFETY: the handler only changes an atomic value.
        unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
        let (reader, writer) = io::pipe()?;
        // This fills the pipe.
        (0..40).for_each(|_| write_within(&writer, &[b'x'; 4000], Duration::ZERO));
        let hour = Duration::from_secs(3600);
        let waiting = thread::spawn(move || write_within(&writer, b"told", hour));
        // Only the first signals may come before the wait.
        for sent in 0..1000 {
            // SAFETY: the handle of the thread exists.
            unsafe { libc::pthread_kill(waiting.as_pthread_t(), libc::SIGUSR1) };
            while HANDLED.load(Ordering::Relaxed) == sent && !waiting.is_finished() {
                thread::yield_now();
            }
        }
        assert!(io::read_to_string(reader)?.ends_with("told"));
        Ok(())
    }
}
