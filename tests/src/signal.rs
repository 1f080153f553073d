//! Signals that the process of a test sends and handles, and functions that the end of a thread or of the process calls.

use std::ffi::c_int;
use std::os::unix::thread::{JoinHandleExt as _, RawPthread};
use std::thread::JoinHandle;

pub const SIGHUP: c_int = 1;
pub const SIGINT: c_int = 2;
pub const SIGTERM: c_int = 15;

// SAFETY: these are the declarations of POSIX. A handler is a function that lives as long as the process.
#[expect(unsafe_code, reason = "the standard library neither sends nor handles signals")]
mod posix {
    use super::{RawPthread, c_int};

    unsafe extern "C" {
        pub(super) safe fn kill(process: c_int, signal: c_int) -> c_int;
        // The thread exists, because its handle does.
        pub(super) safe fn pthread_kill(thread: RawPthread, signal: c_int) -> c_int;
        pub(super) safe fn signal(signal: c_int, handler: Option<extern "C" fn(c_int)>) -> usize;
        pub(super) safe fn atexit(handler: extern "C" fn()) -> c_int;
        pub(super) safe fn pthread_key_create(
            key: &mut Key,
            destructor: extern "C" fn(Work),
        ) -> c_int;
        pub(super) safe fn pthread_setspecific(key: Key, value: Work) -> c_int;
    }

    #[cfg(target_vendor = "apple")]
    pub(super) type Key = std::ffi::c_ulong;
    #[cfg(not(target_vendor = "apple"))]
    pub(super) type Key = std::ffi::c_uint;

    /// A function in place of the pointer that belongs to a key.
    pub(super) type Work = extern "C" fn();
}

/// Sends a signal to this process, of which any thread may get it.
///
/// # Panics
///
/// The number is no signal.
pub fn send_to_self(signal: c_int) {
    let process = c_int::try_from(std::process::id()).expect("a process");
    assert_eq!(posix::kill(process, signal), 0, "signal {signal}");
}

/// Sends a signal to a thread.
///
/// # Panics
///
/// The number is no signal.
pub fn send_to_thread<T>(thread: &JoinHandle<T>, signal: c_int) {
    assert_eq!(posix::pthread_kill(thread.as_pthread_t(), signal), 0, "signal {signal}");
}

/// Calls `handler` at a signal, on any thread.
pub fn handle(signal: c_int, handler: extern "C" fn(c_int)) {
    posix::signal(signal, Some(handler));
}

/// Calls `handler` when the process exits, before the handlers that were added earlier.
///
/// # Panics
///
/// There is no memory for the handler.
pub fn at_exit(handler: extern "C" fn()) {
    assert_eq!(posix::atexit(handler), 0, "a handler of the exit");
}

/// Calls `work` when this thread ends, after the standard library has destroyed its thread-local values and its handle of
/// the thread.
///
/// # Panics
///
/// There is no key left.
pub fn at_thread_end(work: extern "C" fn()) {
    extern "C" fn ended(work: posix::Work) {
        work();
    }

    let mut key = 0;
    assert_eq!(posix::pthread_key_create(&mut key, ended), 0, "a key");
    assert_eq!(posix::pthread_setspecific(key, work), 0, "a value");
}

/// Restores the default of a signal.
pub fn reset(signal: c_int) {
    posix::signal(signal, None);
}
