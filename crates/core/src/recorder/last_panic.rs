//! The message of a panic, for the spans that it ends.
//!
//! A guard ends the span of a body that unwinds. `catch_unwind` would provide the payload of a panic, but aborts the
//! process if something else unwinds: a C++ exception, `pthread_exit`, `pthread_cancel`. A guard does not see the cause
//! of unwinding, so the message comes from the panic hook, which runs earlier on the same thread.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::context_state::is_expected_panic;
use super::exception::Exception;
use crate::caught::panic_message;

/// The message if the hook did not see the panic, as with `resume_unwind`, or if the hook was replaced.
const UNKNOWN: &str = "the thread is panicking";

/// Extends the panic hook of the process, before anything is recorded and before a panic of OpenTelemetry is expected.
pub(super) fn observe() {
    // Not a `Once`, because the hook cannot be changed, and so other threads would wait, while a hook runs.
    static IS_EXTENDED: AtomicBool = AtomicBool::new(false);
    // A panicking thread cannot change the hook.
    if IS_EXTENDED.load(Ordering::Relaxed)
        || thread::panicking()
        || IS_EXTENDED.swap(true, Ordering::Relaxed)
    {
        return;
    }

    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if is_expected_panic() {
            return;
        }

        // Without redaction, the message is withheld.
        if cfg!(feature = "redact") {
            Exception::remember(panic);
        }
        previous(panic);
    }));
}

thread_local! {
    /// Whether a message is stored. The panic may have been caught since then.
    static IS_REMEMBERED: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: Cell<Option<String>> = const { Cell::new(None) };
}

impl Exception {
    /// Keeps the message of a panic for the spans that it ends, and returns the message.
    pub fn remember(panic: &PanicHookInfo<'_>) -> String {
        let message = panic_message(panic.payload());
        if MESSAGE.try_with(|last| last.set(Some(message.clone()))).is_ok() {
            IS_REMEMBERED.set(true);
        }
        message
    }
}

pub(super) fn message() -> String {
    let message = MESSAGE.try_with(|last| {
        let message = last.take();
        last.set(message.clone());
        message
    });

    message.ok().flatten().unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Forgets a caught panic when a span starts, so that a later resumed panic does not get the message of the caught one.
#[inline]
pub(super) fn forget_caught() {
    if IS_REMEMBERED.get() {
        forget();
    }
}

#[cold]
fn forget() {
    if !thread::panicking() {
        IS_REMEMBERED.set(false);
        let _ = MESSAGE.try_with(Cell::take);
    }
}
