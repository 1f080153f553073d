//! Running the body of an annotated function inside its span.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;

use super::failure::{record_failure, record_panic};
use super::open::{OpenSpan, State};
use super::outcome::Outcome;
use super::span::{self, Ending};

/// Runs `body` in `span` and records what came out, which `outcome` tells.
#[inline]
pub fn call<T>(
    span: OpenSpan,
    body: impl FnOnce() -> T,
    outcome: impl for<'a> FnOnce(&'a T) -> Outcome<'a>,
) -> T {
    match span.0 {
        State::Off => body(),
        State::LeftOut(cx) => {
            let _attached = cx.attach();
            body()
        }
        State::Recording(cx) => {
            let attached = cx.clone().attach();
            let result = catch_unwind(AssertUnwindSafe(body));
            drop(attached);
            conclude(&cx, result, outcome)
        }
    }
}

/// Records how the body ended, ends the span, and goes on as the body did.
#[inline]
fn conclude<T>(
    cx: &Context,
    result: std::thread::Result<T>,
    outcome: impl for<'a> FnOnce(&'a T) -> Outcome<'a>,
) -> T {
    match result {
        Ok(value) => {
            // Looking at an error may call the user's `AsRef`.
            match catch_unwind(AssertUnwindSafe(|| outcome(&value))) {
                Ok(Outcome::Success) => {}
                Ok(Outcome::Failure(failure)) => record_failure(cx, &failure),
                Err(payload) => record_panic(cx, &*payload),
            }
            span::end(cx, Ending::Completed);
            value
        }
        Err(payload) => {
            record_panic(cx, &*payload);
            span::end(cx, Ending::Completed);
            resume_unwind(payload)
        }
    }
}

/// The same for the future of an asynchronous function: the span is in the current context
/// during each poll, and ends when the future is ready or dropped.
#[inline]
pub fn call_async<F, O>(span: OpenSpan, future: F, outcome: O) -> Traced<F, O>
where
    F: Future,
    O: for<'a> FnOnce(&'a F::Output) -> Outcome<'a>,
{
    Traced {
        future: Some(future),
        outcome: Some(outcome),
        state: span.0,
    }
}

pin_project_lite::pin_project! {
    /// A future inside a span.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F, O> {
        // `None` only after it was dropped, which is done with the span still current.
        #[pin]
        future: Option<F>,
        // `None` once the span has ended.
        outcome: Option<O>,
        state: State,
    }

    impl<F, O> PinnedDrop for Traced<F, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.state {
                State::Off => {}
                State::LeftOut(cx) => {
                    let _attached = cx.clone().attach();
                    this.future.set(None);
                }
                State::Recording(cx) => {
                    // What the future held may start spans in its `Drop`: they are our children.
                    let attached = cx.clone().attach();
                    this.future.set(None);
                    drop(attached);
                    if this.outcome.is_some() {
                        span::end(cx, Ending::Cancelled);
                    }
                }
            }
        }
    }
}

impl<F, O> Future for Traced<F, O>
where
    F: Future,
    O: for<'a> FnOnce(&'a F::Output) -> Outcome<'a>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            // Only `drop` empties it.
            return Poll::Pending;
        };
        match this.state {
            State::Off => future.poll(task),
            State::LeftOut(cx) => {
                let _attached = cx.clone().attach();
                future.poll(task)
            }
            State::Recording(cx) => {
                let attached = cx.clone().attach();
                let polled = catch_unwind(AssertUnwindSafe(|| future.poll(task)));
                drop(attached);
                let result = match polled {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(value)) => Ok(value),
                    Err(payload) => Err(payload),
                };
                match (this.outcome.take(), result) {
                    (Some(outcome), result) => Poll::Ready(conclude(cx, result, outcome)),
                    // Polled again after it was ready: whatever the future makes of that.
                    (None, Ok(value)) => Poll::Ready(value),
                    (None, Err(payload)) => resume_unwind(payload),
                }
            }
        }
    }
}
