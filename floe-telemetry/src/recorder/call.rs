//! Runs the body of an annotated function inside its span.
//!
//! Code that is generic over the body is compiled for each annotated function, so it only catches
//! panics. All other code is generic over the return type, or not generic.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::outcome::Classifier;
use super::recording::Recording;
use super::state::{OpenSpan, State};

/// Runs `body` in `span` and records its outcome.
///
/// No function of this crate is on the stack between the caller and `body`: a processor predicts the
/// last sixteen return addresses, so each further function costs a body with deep calls a misprediction.
#[inline]
pub fn call<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    if matches!(span.state, State::Off) {
        // There is nothing to drop, which the compiler does not detect.
        mem::forget(span);
        return body();
    }
    finish(span, catch_unwind(AssertUnwindSafe(body)), outcome)
}

/// Runs a body that opens its span itself, in its first statement, and ends the span by `finish`, or
/// records the panic of the body.
#[inline]
pub fn call_opening<V>(
    body: impl FnOnce(&mut OpenSpan) -> V,
    finish: impl FnOnce(OpenSpan, V) -> V,
) -> V {
    let (span, value) = run_opening(body);
    if matches!(span.state, State::Off) {
        return value;
    }
    finish(span, value)
}

/// Ends the span of a body that has returned `value`.
#[inline]
pub fn end<T>(span: OpenSpan, value: T, outcome: Classifier<T>) -> T {
    returned(span, &value, outcome);
    value
}

/// Runs a body that opens its span itself, and returns that span. A panic ends the span.
#[inline]
pub(super) fn run_opening<T>(body: impl FnOnce(&mut OpenSpan) -> T) -> (OpenSpan, T) {
    let mut span = OpenSpan::OFF;
    match catch_unwind(AssertUnwindSafe(|| body(&mut span))) {
        Ok(value) => (span, value),
        Err(payload) => panicked(span.recording(), payload),
    }
}

/// Records how the body ended, ends the span, and returns or panics as the body did.
#[inline]
fn finish<T>(span: OpenSpan, ended: thread::Result<T>, outcome: Classifier<T>) -> T {
    match ended {
        Ok(value) => end(span, value, outcome),
        Err(payload) => panicked(span.recording(), payload),
    }
}

/// Not inlined, so that the code of a function without a span stays small.
#[inline(never)]
fn returned<T>(span: OpenSpan, value: &T, outcome: Classifier<T>) {
    if let Some(recording) = span.recording() {
        recording.returned(value, outcome);
    }
}

/// Ends the span of a body that panicked, and resumes the panic.
#[cold]
pub(super) fn panicked(recording: Option<Box<Recording>>, payload: Box<dyn Any + Send>) -> ! {
    if let Some(recording) = recording {
        recording.panicked(&*payload);
    }
    resume_unwind(payload)
}
