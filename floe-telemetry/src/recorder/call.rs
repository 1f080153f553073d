//! Running the body of an annotated function inside its span.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use opentelemetry::Context;

use super::failure::{record_outcome, record_panic};
use super::open::{OpenSpan, State};
use super::outcome::Outcome;
use super::span::{self, Ending};

/// What an annotated function returned, as its expansion sees it. A pointer and not a type of its
/// own, so that functions with the same type of result share the code that calls it.
pub(super) type Look<T> = fn(&T) -> Outcome<'_>;

/// Runs `body` in `span` and records what came out, which `outcome` tells.
#[inline]
#[expect(clippy::needless_pass_by_value, reason = "the span ends with the call")]
pub fn call<T>(span: OpenSpan, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    match span.0 {
        State::Off => body(),
        ref state => call_in(state, body, outcome),
    }
}

/// Apart, so that a function without a span is as short as it was written.
#[inline(never)]
fn call_in<T>(state: &State, body: impl FnOnce() -> T, outcome: Look<T>) -> T {
    let mut body = Some(body);
    let mut value = None;
    let ended = in_span(state, &mut || value = body.take().map(|body| body()));
    conclude(state, value, ended, outcome)
}

/// Runs `body` with the span current.
pub(super) fn in_span(state: &State, body: &mut dyn FnMut()) -> thread::Result<()> {
    let attached = match state {
        State::Off => None,
        State::LeftOut(cx) | State::Recording(cx) => Some(cx.clone().attach()),
    };
    let result = catch_unwind(AssertUnwindSafe(body));
    drop(attached);
    result
}

/// Records how the body ended, ends the span, and goes on as the body did.
pub(super) fn conclude<T>(
    state: &State,
    value: Option<T>,
    ended: thread::Result<()>,
    outcome: Look<T>,
) -> T {
    match (value, ended) {
        (Some(value), Ok(())) => {
            if let State::Recording(cx) = state {
                // Looking at the value may call the user's `AsRef` or `error_if`.
                match catch_unwind(AssertUnwindSafe(|| outcome(&value))) {
                    Ok(outcome) => finish(cx, &outcome),
                    Err(payload) => {
                        record_panic(cx, &*payload);
                        span::end(cx, Ending::Completed);
                    }
                }
            }
            value
        }
        (_, Err(payload)) => panicked(state, payload),
        (None, Ok(())) => unreachable!("a body either returns or panics"),
    }
}

#[inline]
fn finish(cx: &Context, outcome: &Outcome<'_>) {
    if !matches!(outcome, Outcome::Success) {
        record_outcome(cx, outcome);
    }
    span::end(cx, Ending::Completed);
}

/// Ends the span of a body that panicked, and goes on with that.
#[cold]
pub(super) fn panicked(state: &State, payload: Box<dyn Any + Send>) -> ! {
    if let State::Recording(cx) = state {
        record_panic(cx, &*payload);
        span::end(cx, Ending::Completed);
    }
    resume_unwind(payload)
}
