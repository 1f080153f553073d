//! Code of the program that the library calls, and whose panic must not reach the program.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::recorder::panic_message;

/// Runs code of the program, and returns the message of its panic.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let message = panic_message(&*payload);
        // What it has panicked with is code of the program, too, when it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(again);
        }
        message
    })
}
