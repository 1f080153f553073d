//! Runs the body of an annotated function inside its span.
//!
//! Code that is generic over the body is compiled per annotated function, so it only has a guard for a body that
//! unwinds. All other code is generic over the return type, or not generic.
//!
//! In a recursive function, this code has frames on the stack once per call, and an unoptimized build gives each
//! variable and each passed argument its own place. So spans are passed by reference, and the variables of recorded
//! calls are in separate functions.

use std::{mem, thread};

use super::open::Opened;
use super::outcome::Classifier;

/// Runs `body` in `span` and records its outcome.
///
/// No function of this crate is on the stack between the caller and `body`. A processor predicts the last sixteen
/// return addresses, so in a body with deep calls, each further function costs a misprediction of 5 to 10 ns, which
/// benchmarks of empty bodies do not show. Removing two functions saved 5 to 28 % of a span's cost in an SQLite query,
/// and made unoptimized builds a quarter slower to compile.
#[inline]
pub fn call<T>(mut span: Opened, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    if span.is_off() {
        return body();
    }

    recorded(&mut span, body, outcome)
}

/// Runs a body and passes the returned value to `finish`, which ends the span or moves it to a future.
#[inline]
pub fn call_then<V, W>(
    mut span: Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let value = run(&mut span, |_| body());
    finish(&mut span, value)
}

/// Runs a body whose first statement opens the span, and passes the returned value to `finish`, which ends the span or
/// moves it to a future.
#[inline]
pub fn call_opening<V, W>(
    body: impl FnOnce(&mut Opened) -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let mut span = Opened::OFF;
    let value = run(&mut span, body);
    finish(&mut span, value)
}

/// Ends the span of a body that has returned `value`.
#[inline]
pub fn end<T>(span: &mut Opened, value: T, outcome: Classifier<T>) -> T {
    if !span.is_off() {
        returned(span, &value, outcome);
    }
    value
}

/// An open span that ends when the guard is dropped.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct Guard {
    span: Opened,
    was_panicking: bool,
}

impl Guard {
    /// Creates the guard of an open span.
    #[inline]
    pub fn new(span: Opened) -> Self {
        let was_panicking = !span.is_off() && thread::panicking();
        Self { span, was_panicking }
    }

    #[inline]
    pub(super) fn is_off(&self) -> bool {
        self.span.is_off()
    }

    #[inline(never)]
    fn end(&mut self) {
        if let Some(recording) = self.span.close_anywhere() {
            recording.left(self.was_panicking);
        }
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        if !self.is_off() {
            self.end();
        }
    }
}

struct Unwinding<'a>(&'a mut Opened);

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(recording) = self.0.close() {
            recording.unwound();
        }
    }
}

/// Runs the body. The span stays current after the return; if the body unwinds, the span ends.
#[inline]
fn run<T>(span: &mut Opened, body: impl FnOnce(&mut Opened) -> T) -> T {
    let guard = Unwinding(span);
    let value = body(guard.0);
    mem::forget(guard);
    value
}

/// Runs a body in a span. A separate function, so that its variables take no stack in a call without a span.
#[inline]
fn recorded<T>(span: &mut Opened, body: impl FnOnce() -> T, outcome: Classifier<T>) -> T {
    let value = run(span, |_| body());
    returned(span, &value, outcome);
    value
}

/// Records the outcome. Not inlined, to keep the code of a function without a span small.
#[inline(never)]
fn returned<T>(span: &mut Opened, value: &T, outcome: Classifier<T>) {
    if !span.close_unsampled() {
        record(span, value, outcome);
    }
}

/// Separate from the end of an unsampled call, which needs no registers.
#[inline(never)]
fn record<T>(span: &mut Opened, value: &T, outcome: Classifier<T>) {
    if let Some(recording) = span.close() {
        recording.returned(value, outcome);
    }
}
