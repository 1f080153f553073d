//! Runs the body of an annotated function inside its span.
//!
//! Code that is generic over the body is compiled for each annotated function, so it only catches
//! panics. All other code is generic over the return type, or not generic.
//!
//! Recursive functions have these frames on the stack once per call, and an unoptimized build keeps each
//! variable and each argument that is passed on in a place of its own. So spans are passed by
//! reference, and what only a recorded call needs is in functions that only it calls.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::open::Opened;
use super::outcome::Classifier;
use super::recording::Recording;

/// Runs `body` in `span` and records its outcome.
///
/// No function of this crate is on the stack between the caller and `body`: a processor predicts the
/// last sixteen return addresses, so each further function costs a body with deep calls a misprediction,
/// 5 to 10 ns, which benchmarks of empty bodies do not show. Two functions less saved 5 to 28 % of what a
/// span adds to an SQLite query, and cost the compiler a quarter more in unoptimized builds.
#[inline]
pub fn call<T>(mut span: Opened, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    if span.is_off() {
        return body();
    }
    recorded(&mut span, body, outcome)
}

/// Runs a body that opens its span itself, in its first statement, and ends the span by `finish`, or
/// records the panic of the body.
#[inline]
pub fn call_opening<V>(
    body: impl FnOnce(&mut Opened) -> V,
    finish: impl FnOnce(&mut Opened, V) -> V,
) -> V {
    let mut span = Opened::OFF;
    let value = run_opening(&mut span, body);
    if span.is_off() {
        return value;
    }
    finish(&mut span, value)
}

/// Ends the span of a body that has returned `value`.
#[inline]
pub fn end<T>(span: &mut Opened, value: T, outcome: Classifier<T>) -> T {
    returned(span, &value, outcome);
    value
}

/// Runs a body that opens its span itself. A panic ends the span.
#[inline]
pub(super) fn run_opening<T>(span: &mut Opened, body: impl FnOnce(&mut Opened) -> T) -> T {
    match catch_unwind(AssertUnwindSafe(|| body(span))) {
        Ok(value) => value,
        Err(payload) => body_panicked(span, payload),
    }
}

/// Runs the body. The span is still current afterwards; a panic ends it.
#[inline]
pub(super) fn run<T>(span: &mut Opened, body: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) => body_panicked(span, payload),
    }
}

/// A function of its own, whose variables a call without a span has no stack for.
#[inline]
fn recorded<T>(span: &mut Opened, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    finish(span, catch_unwind(AssertUnwindSafe(body)), outcome)
}

/// Records how the body ended, ends the span, and returns or panics as the body did.
#[inline]
fn finish<T>(span: &mut Opened, ended: thread::Result<T>, outcome: Classifier<T>) -> T {
    match ended {
        Ok(value) => end(span, value, outcome),
        Err(payload) => body_panicked(span, payload),
    }
}

/// Not inlined, so that the code of a function without a span stays small.
#[inline(never)]
fn returned<T>(span: &mut Opened, value: &T, outcome: Classifier<T>) {
    if let Some(recording) = span.close() {
        recording.returned(value, outcome);
    }
}

#[cold]
fn body_panicked(span: &mut Opened, payload: Box<dyn Any + Send>) -> ! {
    panicked(span.close(), payload)
}

/// Ends the span of a body that panicked, and resumes the panic.
#[cold]
pub(super) fn panicked(recording: Option<Box<Recording>>, payload: Box<dyn Any + Send>) -> ! {
    if let Some(recording) = recording {
        recording.panicked(&*payload);
    }
    resume_unwind(payload)
}
