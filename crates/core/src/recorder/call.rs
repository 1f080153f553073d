//! Runs the body of an annotated function inside its span.
//!
//! Code that is generic over the body is compiled for each annotated function, so it only has a guard for
//! a body that unwinds. All other code is generic over the return type, or not generic.
//!
//! Recursive functions have these frames on the stack once per call, and an unoptimized build keeps each
//! variable and each argument that is passed on in a place of its own. So spans are passed by
//! reference, and what only a recorded call needs is in functions that only it calls.

use std::mem;

use super::open::Opened;
use super::outcome::Classifier;

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
/// as unwound.
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

/// Ends the span of a body that unwinds.
struct Unwinding<'a>(&'a mut Opened);

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(recording) = self.0.close() {
            recording.unwound();
        }
    }
}

/// Runs a body that opens its span itself. If it unwinds, the span ends.
#[inline]
pub(super) fn run_opening<T>(span: &mut Opened, body: impl FnOnce(&mut Opened) -> T) -> T {
    let guard = Unwinding(span);
    let value = body(guard.0);
    mem::forget(guard);
    value
}

/// Runs the body. The span is still current afterwards; if the body unwinds, it ends.
#[inline]
pub(super) fn run<T>(span: &mut Opened, body: impl FnOnce() -> T) -> T {
    run_opening(span, |_| body())
}

/// A function of its own, whose variables a call without a span has no stack for.
#[inline]
fn recorded<T>(span: &mut Opened, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    let value = run(span, body);
    end(span, value, outcome)
}

/// Not inlined, so that the code of a function without a span stays small.
#[inline(never)]
fn returned<T>(span: &mut Opened, value: &T, outcome: Classifier<T>) {
    if let Some(recording) = span.close() {
        recording.returned(value, outcome);
    }
}
