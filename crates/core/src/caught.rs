//! Catches panics in code of the program that the library calls.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bounded_text::bounded;

/// Runs code of the program, and catches its panic.
///
/// # Errors
///
/// Returns the message of the panic.
#[expect(clippy::inline_always, reason = "each span calls it twice")]
#[inline(always)]
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Ok(value),
        Err(payload) => Err(message(payload)),
    }
}

/// Returns the message of a panic. Not inlined, to keep the code of every span small.
#[cold]
#[inline(never)]
fn message(payload: Box<dyn Any + Send>) -> String {
    let message = panic_message(&*payload);
    // Dropping the payload runs code of the program, which may panic again.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(again);
    }
    message
}

pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    // Without redaction, the text would be withheld.
    if cfg!(not(feature = "redact")) {
        return String::new();
    }

    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text");
    bounded(&text)
}
