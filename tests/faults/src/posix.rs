//! Forks of the program.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, ensure};

/// The time after which a fork that hangs is killed.
const LIMIT_SECONDS: u32 = 30;

// SAFETY: the declarations of POSIX.
#[expect(unsafe_code, reason = "the standard library does not fork")]
mod declared {
    use super::c_int;

    unsafe extern "C" {
        pub(super) safe fn fork() -> c_int;
        pub(super) safe fn alarm(seconds: u32) -> u32;
        pub(super) safe fn _exit(code: c_int) -> !;
        pub(super) safe fn waitpid(
            process: c_int,
            status: Option<&mut c_int>,
            options: c_int,
        ) -> c_int;
    }
}

pub(crate) fn in_fork(body: impl FnOnce() -> Result<()>) -> Result<()> {
    let process = declared::fork();
    if process == 0 {
        declared::alarm(LIMIT_SECONDS);
        let result = catch_unwind(AssertUnwindSafe(body));
        declared::_exit(c_int::from(!matches!(result, Ok(Ok(())))));
    }
    ensure!(process > 0, "no process could be forked");
    let mut status = -1;
    declared::waitpid(process, Some(&mut status), 0);
    ensure!(status == 0, "the forked process ended with {status}");
    Ok(())
}
