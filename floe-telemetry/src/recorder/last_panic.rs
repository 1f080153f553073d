//! The message of a panic, for the spans that it ends.
//!
//! A guard ends the span of a body that unwinds. `catch_unwind` would hand over the payload of a panic, but it aborts the
//! process where something else unwinds: a C++ exception, `pthread_exit`, `pthread_cancel`. A guard does not see what
//! unwinds, so the message comes from the panic hook, which runs on the same thread before it.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::thread;

use super::exception::panic_message;
use super::listeners;
use super::recording;

/// The message of a panic that this thread did not start, as with `resume_unwind`, or whose hook was replaced.
const UNKNOWN: &str = "the thread is panicking";

/// Extends the panic hook of the process, before anything is recorded.
pub(super) fn observe() {
    static HOOK: Once = Once::new();
    // The hook cannot be changed by a thread that is panicking.
    if HOOK.is_completed() || thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            remember(panic);
            previous(panic);
        }));
    });
}

/// Keeps the message for the spans that the panic ends.
pub(crate) fn remember(panic: &PanicHookInfo<'_>) {
    if !listeners::is_off() {
        let message = panic_message(panic.payload());
        recording::with(|local| local.panic = Some(message));
    }
}

/// The message of the panic that is unwinding.
pub(super) fn message() -> String {
    let message = recording::with(|local| local.panic.clone());
    message.flatten().unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Forgets a panic that was caught, so that one which is resumed later does not get its message.
#[cold]
pub(super) fn forget(message: &mut Option<String>) {
    if !thread::panicking() {
        *message = None;
    }
}
