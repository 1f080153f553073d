//! A thread of another process that is stopped.

#![expect(
    unsafe_code,
    reason = "no safe crate passes on every signal: nix lacks real-time signals"
)]

use std::ffi::c_int;
use std::io;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::ptrace;
use nix::unistd::Pid;

/// The maximum time until a thread stops, and the interval of the checks.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_micros(20);

/// A thread that is stopped until this value is dropped.
#[derive(Debug)]
pub(super) struct Stopped {
    thread: Pid,
    /// The signal that was about to be delivered to the thread; 0 for none.
    signal: c_int,
}

impl Stopped {
    /// Stops a thread. If the thread does not stop in time, the system releases it when the caller's thread ends.
    pub(super) fn stop(thread: u32) -> io::Result<Self> {
        let thread = Pid::from_raw(i32::try_from(thread).map_err(io::Error::other)?);
        ptrace::seize(thread, ptrace::Options::empty())?;
        ptrace::interrupt(thread)?;
        let end = Instant::now() + PATIENCE;
        let mut status = 0;
        loop {
            // SAFETY: `status` is valid for the result.
            let found = unsafe {
                libc::waitpid(thread.as_raw(), &raw mut status, libc::__WALL | libc::WNOHANG)
            };
            match found {
                ..0 => return Err(io::Error::last_os_error()),
                0 if Instant::now() < end => thread::sleep(PAUSE),
                0 => return Err(io::ErrorKind::TimedOut.into()),
                _ => break,
            }
        }
        // Without an event, a signal has stopped it, which it gets when it goes on.
        let is_signal = libc::WIFSTOPPED(status) && status >> 16 == 0;
        let signal = if is_signal { libc::WSTOPSIG(status) } else { 0 };
        Ok(Self { thread, signal })
    }

    /// The base address of the thread-local storage.
    pub(super) fn thread_pointer(&self) -> io::Result<u64> {
        Ok(ptrace::getregs(self.thread)?.fs_base)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let none: *mut u8 = ptr::null_mut();
        // SAFETY: this request takes a number, and writes to no memory.
        unsafe {
            libc::ptrace(libc::PTRACE_DETACH, self.thread.as_raw(), none, self.signal);
        }
    }
}
