//! Running the body of an annotated function inside its span.
//!
//! What is generic over the body is compiled for each annotated function, so it only catches a panic.
//! The rest is generic over what the function returns, or not at all.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::enter::enter_plain;
use super::outcome::Classifier;
use super::recording::Recording;
use super::state::{OpenSpan, State};
use crate::callsite::CallSite;

/// Runs `body` in the span of a call site that has nothing to say before it runs.
#[inline]
pub fn call_plain<T>(
    callsite: &'static CallSite,
    body: impl FnOnce() -> T,
    outcome: Classifier<T>,
) -> T {
    call(enter_plain(callsite), body, outcome)
}

/// Runs `body` in `span` and records what came out, which `outcome` tells.
///
/// There is no function of ours between the caller and `body`: a processor foresees where the last
/// sixteen calls return to, so each function that a long `body` returns through is paid for.
#[inline]
pub fn call<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    if matches!(span.state, State::Off) {
        // There is nothing to drop, which the compiler does not see.
        mem::forget(span);
        return body();
    }
    conclude(span, catch_unwind(AssertUnwindSafe(body)), outcome)
}

/// Runs a body that opens its span itself, first thing, and records what came out.
#[inline]
pub fn call_opening<T>(body: impl FnOnce(&mut OpenSpan) -> T, outcome: Classifier<T>) -> T {
    let (span, ended) = opening(body);
    conclude(span, ended, outcome)
}

/// Runs such a body, and gives back the span that it opened.
#[inline]
pub(super) fn opening<T>(body: impl FnOnce(&mut OpenSpan) -> T) -> (OpenSpan, thread::Result<T>) {
    let mut span = OpenSpan::OFF;
    let ended = catch_unwind(AssertUnwindSafe(|| body(&mut span)));
    (span, ended)
}

/// Records how the body ended, ends the span, and goes on as the body did.
#[inline]
pub(super) fn conclude<T>(span: OpenSpan, ended: thread::Result<T>, outcome: Classifier<T>) -> T {
    match ended {
        Ok(value) => {
            returned(span, &value, outcome);
            value
        }
        Err(payload) => panicked(span.recording(), payload),
    }
}

/// Ends the span of a body that has returned. Apart, so that a function without a span is short.
#[inline(never)]
fn returned<T>(span: OpenSpan, value: &T, outcome: Classifier<T>) {
    if let Some(recording) = span.recording() {
        recording.returned(value, outcome);
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
