//! Runs a future inside a span. The span is current during each poll and ends when the future is ready or
//! dropped.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use super::call::panicked;
use super::open::OpenSpan;
use super::outcome::Classifier;
use super::parked::Parked;
use super::phase::{Entered, Phase};
use super::{listeners, sampling};
use crate::callsite::CallSite;

/// The code that opens the span of an annotated `async fn` at the first poll.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "internal to expansions")]
pub enum OpenedBy {
    /// The wrapper opens the span before it polls the future.
    Wrapper(&'static CallSite),
    /// The future opens the span in its first statement, by
    /// [`enter_in_future`](super::enter_in_future).
    Future,
}

/// Wraps the future of an annotated `async fn`, so that it runs in its span.
#[inline]
pub fn call_async<F: Future>(
    opened_by: OpenedBy,
    future: F,
    outcome: Classifier<F::Output>,
) -> Traced<F, Classifier<F::Output>> {
    let phase = match opened_by {
        OpenedBy::Wrapper(callsite) => Phase::BeforeWrapperOpens(callsite),
        OpenedBy::Future => Phase::BeforeFutureOpens,
    };
    Traced::new(phase, future, outcome)
}

pin_project_lite::pin_project! {
    /// A future or a stream inside a span.
    ///
    /// The future is a direct field: to prove that a chain of futures is `Send`, or to compute its size,
    /// the compiler recurses through every type in between, up to `recursion_limit`, which is 128 by
    /// default. It visits fields in order and caches the results. The zero-sized first field puts the
    /// span's type into that cache before the compiler recurses into the future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F, O> {
        span_first: [FutureSpan; 0],
        // Dropped before `span`, which ends after the future is dropped.
        #[pin]
        pub(super) inner: F,
        pub(super) outcome: O,
        pub(super) span: FutureSpan,
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
            span: FutureSpan(phase),
        }
    }
}

impl<F, O> Traced<F, O> {
    /// Sets the span of the future, which must not have been polled yet.
    pub(super) fn start(self: Pin<&mut Self>, span: Parked) {
        *self.project().span = FutureSpan(Phase::Open(span));
    }
}

/// The span of a future. Dropping it ends the span as cancelled, unless the span has ended.
#[derive(Debug)]
pub(super) struct FutureSpan(Phase);

// What a panic interrupts is the user's future; the span is ended by it and not used afterwards.
impl UnwindSafe for FutureSpan {}
impl RefUnwindSafe for FutureSpan {}

thread_local! {
    /// The contexts of futures that are being dropped, the innermost last. Spans that start in the
    /// destructors of a future's variables are children of the future's span.
    static DROPPING: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

impl FutureSpan {
    #[inline]
    pub(super) fn begin(&mut self) -> Option<Entered> {
        self.0.begin()
    }

    /// Returns whether the future has no span. A future that has none at its first poll never gets one.
    #[inline]
    fn is_off(&mut self) -> bool {
        match self.0 {
            Phase::Open(Parked::Off) => true,
            Phase::Open(_) => false,
            Phase::BeforeWrapperOpens(_) | Phase::BeforeFutureOpens => {
                let off = listeners::is_off()
                    || matches!(self.0, Phase::BeforeWrapperOpens(callsite)
                        if sampling::excludes_call(listeners::current(), callsite));
                if off {
                    self.0 = Phase::Open(Parked::Off);
                }
                off
            }
        }
    }

    /// Processes the result of a poll inside the span, and ends the span if the future is ready.
    #[inline(never)]
    fn polled<T>(&mut self, entered: Entered, polled: &Poll<T>, outcome: Classifier<T>) {
        let recording = self.0.end(entered, polled.is_pending());
        if let Poll::Ready(value) = polled
            && let Some(recording) = recording
        {
            recording.returned(value, outcome);
        }
    }

    /// Ends the span, if there is one, after a poll that panicked, and resumes the panic.
    #[cold]
    fn panicked(&mut self, entered: Option<Entered>, payload: Box<dyn Any + Send>) -> ! {
        panicked(
            entered.and_then(|entered| self.0.end(entered, false)),
            payload,
        )
    }

    /// Calls `poll` while the span is current, which it stays afterwards.
    #[inline]
    pub(super) fn run<P>(&mut self, entered: Entered, poll: impl FnOnce() -> P) -> P {
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(polled) => {
                self.0.end(entered, true);
                polled
            }
            Err(payload) => self.panicked(Some(entered), payload),
        }
    }

    /// Takes the span, which the caller ends.
    #[inline]
    pub(super) fn take(&mut self) -> Parked {
        self.0.take()
    }

    #[inline]
    fn attach_until_dropped(&mut self) {
        if let Phase::Open(parked) = &mut self.0
            && !matches!(parked, Parked::Off)
        {
            let _ = DROPPING.try_with(|all| all.borrow_mut().push(parked.attach()));
        }
    }
}

impl Drop for FutureSpan {
    #[inline]
    fn drop(&mut self) {
        let parked = self.take();
        if matches!(parked, Parked::Off) {
            return;
        }
        drop(DROPPING.try_with(|all| all.borrow_mut().pop()));
        if let Some(recording) = parked.recording() {
            recording.cancelled();
        }
    }
}

impl<F: Future> Future for Traced<F, Classifier<F::Output>> {
    type Output = F::Output;

    // No other function is on the stack between this one and the inner future, see `call`.
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
