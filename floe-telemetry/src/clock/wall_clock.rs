//! The wall clock of the unit tests, which a thread can set back for itself.
#![expect(
    unsafe_code,
    reason = "the standard library reads the time through the C library"
)]

use std::cell::Cell;
use std::ffi::{c_int, c_long};

const SYS_CLOCK_GETTIME: c_long = 228;
const CLOCK_REALTIME: c_int = 0;

thread_local! {
    static SECONDS: Cell<i64> = const { Cell::new(0) };
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanos: i64,
}

// SAFETY: the declaration of the C library, with the parameters of this system call.
unsafe extern "C" {
    safe fn syscall(number: c_long, clock: c_int, time: &mut Timespec) -> c_long;
}

/// Takes the place of the C library's function.
// SAFETY: it has the same signature and the same result.
#[unsafe(no_mangle)]
extern "C" fn clock_gettime(clock: c_int, time: &mut Timespec) -> c_int {
    let result = syscall(SYS_CLOCK_GETTIME, clock, time);
    if clock == CLOCK_REALTIME {
        time.seconds -= SECONDS.get();
    }
    if result == 0 { 0 } else { -1 }
}

/// Sets the wall clock of this thread back by this number of seconds from the real time.
pub(super) fn set_back(seconds: i64) {
    SECONDS.set(seconds);
}
