//! Running the body of an annotated function inside its span.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::open::{OpenSpan, State};
use super::outcome::Outcome;
use super::recording::Recording;

/// What an annotated function returned, as its expansion sees it. A pointer and not a type of its
/// own, so that functions with the same type of result share the code that calls it.
pub(super) type Look<T> = fn(&T) -> Outcome<'_>;

/// Runs `body` in `span` and records what came out, which `outcome` tells.
#[inline]
pub fn call<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    if matches!(span.state, State::Off) {
        // There is nothing to drop, which the compiler does not see.
        mem::forget(span);
        return body();
    }
    call_in(span, body, outcome)
}

/// Apart, so that a function without a span is as short as it was written.
#[inline(never)]
fn call_in<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    let mut body = Some(body);
    let mut value = None;
    let ended = caught(&mut || value = body.take().map(|body| body()));
    conclude(span.recording(), value, ended, outcome)
}

/// Runs `body`.
pub(super) fn caught(body: &mut dyn FnMut()) -> thread::Result<()> {
    catch_unwind(AssertUnwindSafe(body))
}

/// Records how the body ended, ends the span, and goes on as the body did.
pub(super) fn conclude<T>(
    recording: Option<Box<Recording>>,
    value: Option<T>,
    ended: thread::Result<()>,
    outcome: Look<T>,
) -> T {
    match (value, ended) {
        (Some(value), Ok(())) => {
            if let Some(recording) = recording {
                // Looking at the value may call the user's `AsRef` or `error_if`.
                match catch_unwind(AssertUnwindSafe(|| outcome(&value))) {
                    Ok(outcome) => recording.complete(&outcome),
                    Err(payload) => recording.panicked(&*payload),
                }
            }
            value
        }
        (_, Err(payload)) => panicked(recording, payload),
        (None, Ok(())) => unreachable!("a body either returns or panics"),
    }
}

/// Ends the span of a body that panicked, and goes on with that.
#[cold]
pub(super) fn panicked(recording: Option<Box<Recording>>, payload: Box<dyn Any + Send>) -> ! {
    if let Some(recording) = recording {
        recording.panicked(&*payload);
    }
    resume_unwind(payload)
}
