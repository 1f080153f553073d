//! A future inside its span, which is current during each poll and ends with the future.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::ContextGuard;

use super::call::panicked;
use super::first_poll::Entered;
use super::outcome::Classifier;
use super::phase::Phase;
use super::state::State;
use super::{filter, listeners};
use crate::callsite::CallSite;

/// Where the span of an annotated `async fn` is opened, at the first poll.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "internal to expansions")]
pub enum OpenedBy {
    /// Before the future is polled.
    Wrapper(&'static CallSite),
    /// In the future itself, by [`enter_in_future`](super::enter_in_future) in its first statement.
    Future,
}

/// The future of an annotated `async fn`, in its span.
#[inline]
pub fn call_async<F: Future>(
    opened_by: OpenedBy,
    future: F,
    outcome: Classifier<F::Output>,
) -> Traced<F, Classifier<F::Output>> {
    let phase = match opened_by {
        OpenedBy::Wrapper(callsite) => Phase::Plain(callsite),
        OpenedBy::Future => Phase::Within,
    };
    Traced::new(phase, future, outcome)
}

/// A function pointer.
pub trait FnPointer {
    /// What the function returns.
    type Output;
}

impl<T> FnPointer for fn() -> T {
    type Output = T;
}

/// The type `!`, which stable Rust can only name like this.
pub type Never = <fn() -> ! as FnPointer>::Output;

/// Gives an `async` block that never ends the output type `!`, which inference would leave open.
#[inline]
pub const fn never<F: Future<Output = Never>>(future: F) -> F {
    future
}

/// A value of type `T` for code that is never reached, but determines a type.
///
/// # Panics
///
/// If it is reached.
#[must_use]
pub fn never_made<T>() -> T {
    unreachable!("behind `if false`")
}

pin_project_lite::pin_project! {
    /// A future or a stream inside a span.
    ///
    /// Nothing is between this type and the future: to see that a chain of futures is `Send`, the
    /// compiler goes through every type on the way, and stops at 128; likewise to see how big it is. It
    /// goes through the fields in order and remembers, so the first, which is nothing, spares it the way
    /// through the span at the end of the chain.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F, O> {
        span_first: [Held; 0],
        // Dropped before `span`, which waits for that.
        #[pin]
        pub(super) inner: F,
        pub(super) outcome: O,
        pub(super) span: Held,
    }

    impl<F, O> PinnedDrop for Traced<F, O> {
        fn drop(this: Pin<&mut Self>) {
            this.project().span.attach_until_dropped();
        }
    }
}

impl<F, O> Traced<F, O> {
    #[inline]
    pub(super) const fn new(phase: Phase, inner: F, outcome: O) -> Self {
        Self {
            span_first: [],
            inner,
            outcome,
            span: Held(phase),
        }
    }
}

impl<F, O> Traced<F, O> {
    /// Runs the future, which was not polled yet, in what there is in `state`.
    pub(super) fn start(self: Pin<&mut Self>, state: State) {
        *self.project().span = Held(Phase::Open(state));
    }
}

/// The span of a future, which ends when this is dropped if it has not before.
#[derive(Debug)]
pub(super) struct Held(Phase);

thread_local! {
    /// The contexts of futures that are being dropped, the innermost last. What such a future held
    /// may start spans in its `Drop`, and they are children of the future's span.
    static DROPPING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

impl Held {
    #[inline]
    pub(super) fn begin(&mut self) -> Option<Entered> {
        self.0.begin()
    }

    /// Whether there is no span and will be none.
    #[inline]
    fn is_off(&mut self) -> bool {
        match self.0 {
            Phase::Open(State::Off) => true,
            Phase::Open(_) => false,
            Phase::Plain(_) | Phase::Within => {
                let off = match self.0 {
                    Phase::Plain(callsite) => filter::is_off_for(callsite),
                    _ => listeners::is_off(),
                };
                if off {
                    self.0 = Phase::Open(State::Off);
                }
                off
            }
        }
    }

    /// What a poll inside of the span came to, which ends the span if the future is ready.
    #[inline(never)]
    fn polled<T>(&mut self, entered: Entered, polled: &Poll<T>, outcome: Classifier<T>) {
        self.0.end(entered, polled.is_pending());
        if let Poll::Ready(value) = polled
            && let Some(recording) = self.take().recording()
        {
            recording.returned(value, outcome);
        }
    }

    /// The same for one that panicked, inside of the span or where there is none.
    #[cold]
    fn panicked(&mut self, entered: Option<Entered>, payload: Box<dyn Any + Send>) -> ! {
        if let Some(entered) = entered {
            self.0.end(entered, false);
        }
        panicked(self.take().recording(), payload)
    }

    /// Polls something once, with the span current, which has kept its context.
    #[inline]
    pub(super) fn run<P>(&mut self, entered: Entered, poll: impl FnOnce() -> P) -> P {
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(polled) => {
                self.0.end(entered, false);
                polled
            }
            Err(payload) => self.panicked(Some(entered), payload),
        }
    }

    /// The span, to be ended now.
    #[inline]
    pub(super) fn take(&mut self) -> State {
        match mem::replace(&mut self.0, Phase::Open(State::Off)) {
            Phase::Open(state) => state,
            Phase::Plain(_) | Phase::Within => State::Off,
        }
    }

    #[inline]
    fn attach_until_dropped(&self) {
        if let Phase::Open(state) = &self.0
            && let Some(attached) = state.attach()
        {
            let _ = DROPPING.try_with(|all| all.borrow_mut().push(attached));
        }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        let state = self.take();
        if matches!(state, State::Off) {
            return;
        }
        if state.has_context() {
            let attached = DROPPING.try_with(|all| all.borrow_mut().pop());
            drop(attached);
        }
        if let Some(recording) = state.recording() {
            recording.cancelled();
        }
    }
}

impl<F: Future> Future for Traced<F, Classifier<F::Output>> {
    type Output = F::Output;

    // The inner future is polled from here, as a body is called from `call`.
    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.span.is_off() {
            return this.inner.poll(task);
        }
        let entered = this.span.begin();
        match catch_unwind(AssertUnwindSafe(|| this.inner.poll(task))) {
            Ok(polled) => {
                if let Some(entered) = entered {
                    this.span.polled(entered, &polled, *this.outcome);
                }
                polled
            }
            Err(payload) => this.span.panicked(entered, payload),
        }
    }
}
