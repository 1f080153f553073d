//! Forks of the process of a test.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The time after which a signal ends a hanging fork.
const LIMIT_SECONDS: u32 = 300;

// SAFETY: these are the declarations of POSIX.
#[expect(unsafe_code, reason = "the standard library does not fork")]
mod posix {
    use super::c_int;

    unsafe extern "C" {
        pub(super) safe fn fork() -> c_int;
        #[cfg(target_os = "linux")]
        pub(super) safe fn _Fork() -> c_int;
        pub(super) safe fn alarm(seconds: u32) -> u32;
        pub(super) safe fn _exit(code: c_int) -> !;
        pub(super) safe fn waitpid(
            process: c_int,
            status: Option<&mut c_int>,
            options: c_int,
        ) -> c_int;
    }
}

/// Runs `body` in a fork of this process, and waits for its end.
///
/// # Panics
///
/// The fork panics or hangs.
#[track_caller]
pub fn in_fork(body: impl FnOnce()) {
    run(posix::fork(), body);
}

/// Runs `body` in a copy of this process of which no handler of `pthread_atfork` is told, as if the memory was restored
/// from a snapshot, and waits for its end.
///
/// # Panics
///
/// The copy panics or hangs.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn in_copy(body: impl FnOnce()) {
    run(posix::_Fork(), body);
}

/// Runs `body` if this is the child, whose number is 0, or waits for it.
#[track_caller]
fn run(process: c_int, body: impl FnOnce()) {
    if process == 0 {
        posix::alarm(LIMIT_SECONDS);
        let result = catch_unwind(AssertUnwindSafe(body));
        posix::_exit(c_int::from(result.is_err()));
    }

    assert!(process > 0, "no process could be forked");
    let mut status = -1;
    posix::waitpid(process, Some(&mut status), 0);
    assert_eq!(status, 0, "the forked process failed");
}
