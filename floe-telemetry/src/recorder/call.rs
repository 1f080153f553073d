//! Running the body of an annotated function inside its span.
//!
//! What is generic over the body is compiled for each annotated function, so that is short. The rest
//! is generic over what the function returns, or not at all.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::enter::enter_plain;
use super::outcome::Look;
use super::recording::Recording;
use super::state::{OpenSpan, State};
use crate::callsite::CallSite;

/// Runs `body` in the span of a call site that has nothing to say before it runs.
#[inline]
pub fn call_plain<T>(callsite: &'static CallSite, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    call(enter_plain(callsite), body, outcome)
}

/// Runs `body` in `span` and records what came out, which `outcome` tells.
#[inline]
pub fn call<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    if matches!(span.state, State::Off) {
        // There is nothing to drop, which the compiler does not see.
        mem::forget(span);
        return body();
    }
    run(span, &mut Some(body), outcome)
}

/// Runs a body that opens its span itself, first thing, and records what came out.
#[inline]
pub fn call_opening<T>(body: impl FnOnce(&mut OpenSpan) -> T, outcome: Look<T>) -> T {
    let (span, ended) = opening(body);
    conclude(span.recording(), ended, outcome)
}

/// Runs such a body, and gives back the span that it opened.
#[inline]
pub(super) fn opening<T>(body: impl FnOnce(&mut OpenSpan) -> T) -> (OpenSpan, thread::Result<T>) {
    let mut span = OpenSpan::OFF;
    let ended = catch_unwind(AssertUnwindSafe(|| body(&mut span)));
    (span, ended)
}

/// A body that is run once, without its type.
pub(super) trait Body<T> {
    fn run(&mut self) -> T;
}

impl<T, F: FnOnce() -> T> Body<T> for Option<F> {
    fn run(&mut self) -> T {
        match self.take() {
            Some(body) => body(),
            None => again(),
        }
    }
}

#[cold]
fn again() -> ! {
    unreachable!("a body is run once")
}

/// Apart, so that a function without a span is as short as it was written.
#[inline(never)]
fn run<T>(span: OpenSpan, body: &mut dyn Body<T>, outcome: Look<T>) -> T {
    let ended = caught(body);
    conclude(span.recording(), ended, outcome)
}

/// Runs `body`.
#[inline]
pub(super) fn caught<T>(body: &mut dyn Body<T>) -> thread::Result<T> {
    catch_unwind(AssertUnwindSafe(|| body.run()))
}

/// Records how the body ended, ends the span, and goes on as the body did.
#[inline]
pub(super) fn conclude<T>(
    recording: Option<Box<Recording>>,
    ended: thread::Result<T>,
    outcome: Look<T>,
) -> T {
    match ended {
        Ok(value) => {
            if let Some(recording) = recording {
                recording.returned(&value, outcome);
            }
            value
        }
        Err(payload) => panicked(recording, payload),
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
