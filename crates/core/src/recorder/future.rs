//! Runs a future inside a span. The span is current during each poll and ends when the future is ready or dropped.
//!
//! The arguments of an `async fn` are inside its future, so only the future can evaluate the attributes. It does so in
//! its first statement, before any code of the user, and stores the span in a thread-local slot, from which the wrapper
//! takes it after the poll. So no future needs a pointer to another one, and each argument is stored only once.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::FusedFuture;
use opentelemetry::trace::TraceContextExt;

use super::context;
use super::listeners;
use super::open::{Current, OpenSpan, Opened, Parked, StartBelow, enter, note_unrecorded};
use super::opening::Fill;
use super::outcome::{Classifier, Sink, by_discriminant};
use super::recording::Recording;
use super::span::SpanBuilder;
use crate::callsite::CallSite;

/// The code that opens the span of an annotated `async fn` at the first poll.
#[derive(Clone, Copy, Debug)]
pub enum OpenedBy {
    /// The wrapper opens the span before it polls the future.
    Wrapper(&'static CallSite),
    /// The future opens the span in its first statement, by [`enter_in_future`]. `true` means that the function names a
    /// parent, whose trace continues even if nothing is recorded.
    Future(bool),
}

/// Wraps the future of an annotated `async fn`, so that the future runs in the span of the function.
#[inline]
pub fn call_async<F: Future>(
    opened_by: OpenedBy,
    future: F,
    outcome: Classifier<F::Output>,
) -> InSpan<F> {
    InSpan::new(FutureSpan(Phase::before(opened_by)), future, outcome)
}

/// The classifier of a future's output. The type parameter is the future instead of the output, because the output may
/// lack the lifetime bounds of the future.
struct OutcomeOf<F: Future>(Classifier<F::Output>);

impl<F: Future> fmt::Debug for OutcomeOf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeOf")
    }
}

pin_project_lite::pin_project! {
    /// A future that runs in a span or a context: that of an annotated function, or of a method of [`FutureExt`].
    ///
    /// The future is a direct field: to prove that a chain of futures is `Send`, or to compute its size,
    /// the compiler recurses through every type in between, up to `recursion_limit`, which is 128 by
    /// default. It visits fields in order and caches the results. The zero-sized first field puts the
    /// span's type into that cache before the compiler recurses into the future.
    ///
    /// ```
    /// use std::future::{Ready, ready};
    ///
    /// use floe_telemetry::trace::InSpan;
    /// use floe_telemetry::{FutureExt as _, span};
    ///
    /// /// A field or an associated type can name the future.
    /// fn load() -> InSpan<Ready<u64>> {
    ///     ready(3).in_span(span("orders.load"))
    /// }
    /// # drop(load());
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F>
    where
        F: Future,
    {
        span_first: [FutureSpan; 0],
        // Dropped before `span`, which ends after the future is dropped.
        #[pin]
        inner: F,
        outcome: OutcomeOf<F>,
        span: FutureSpan,
    }

    impl<F> PinnedDrop for InSpan<F>
    where
        F: Future,
    {
        fn drop(this: Pin<&mut Self>) {
            this.project().span.attach_until_dropped();
        }
    }
}

impl<F: Future> InSpan<F> {
    #[inline]
    const fn new(span: FutureSpan, inner: F, outcome: Classifier<F::Output>) -> Self {
        Self { span_first: [], inner, outcome: OutcomeOf(outcome), span }
    }

    /// Moves an open span to a future.
    #[inline]
    pub(super) fn following(span: &mut Opened, inner: F, outcome: Classifier<F::Output>) -> Self {
        Self::new(FutureSpan::open(span.park_whole()), inner, outcome)
    }

    /// Moves an open span to this future. If the future has a span of its own, the open one ends.
    pub(super) fn followed_by(mut self, span: &mut Opened, outcome: Classifier<F::Output>) -> Self {
        if self.span.takes(span) {
            self.outcome = OutcomeOf(outcome);
        }
        self
    }
}

impl<F: FusedFuture> FusedFuture for InSpan<F> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// The span of a future or stream. Dropping it ends the span as cancelled, unless the span has ended.
#[derive(Debug)]
pub(super) struct FutureSpan(Phase);

// A panic in the user's future ends the span, which is not used afterwards.
impl UnwindSafe for FutureSpan {}
impl RefUnwindSafe for FutureSpan {}

thread_local! {
    /// The contexts of futures that are being dropped, the innermost last. Spans started in destructors of a future's
    /// variables are children of the future's span.
    static DROPPING: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

impl FutureSpan {
    pub(super) const fn open(parked: Parked) -> Self {
        Self(Phase::Open(parked))
    }

    /// The span of a builder, which opens at the first poll.
    #[inline]
    pub(super) fn built(span: SpanBuilder) -> Self {
        Self(if listeners::is_off() && !is_below_span() {
            Phase::Open(Parked::Off)
        } else {
            Phase::BeforeBuilderOpens(Box::new(span.below_current()))
        })
    }

    pub(super) fn in_current_context() -> Self {
        Self::open(if context::is_there() { Parked::in_current_context() } else { Parked::Off })
    }

    /// Takes an open span in place of a mere context, and returns `true`. A span of its own is kept, and the open one
    /// ends.
    pub(super) fn takes(&mut self, span: &mut Opened) -> bool {
        let is_free = matches!(self.0, Phase::Open(Parked::Off | Parked::In(_)));

        if is_free {
            self.0 = Phase::Open(span.park_whole());
        } else if let Some(recording) = span.close() {
            recording.complete();
        }
        is_free
    }

    /// Returns the recording between two polls.
    pub(super) fn recording(&mut self) -> Option<&mut Recording> {
        match &mut self.0 {
            Phase::Open(Parked::Recording(recording)) => Some(recording),
            _ => None,
        }
    }

    /// Makes the span current, after opening it if this is the first poll.
    #[inline(never)]
    pub(super) fn begin(&mut self) -> Opened {
        match &mut self.0 {
            Phase::Open(parked) => parked.make_current(),
            Phase::BeforeWrapperOpens(callsite) => {
                let callsite = *callsite;
                self.0 = Phase::Open(Parked::Off);
                enter(callsite, Current, None)
            }
            Phase::BeforeFutureOpens(_) => {
                let is_off = self.0.is_off();
                self.0 = if is_off {
                    Phase::Open(Parked::Off)
                } else {
                    Phase::FutureOpens(Outer::expecting())
                };
                Opened::OFF
            }
            Phase::BeforeBuilderOpens(_) => {
                match mem::replace(&mut self.0, Phase::Open(Parked::Off)) {
                    Phase::BeforeBuilderOpens(span) => span.open(),
                    _ => Opened::OFF,
                }
            }
            Phase::FutureOpens(_) => Opened::OFF,
        }
    }

    /// Restores the context from before the poll, and keeps the span for the next poll.
    pub(super) fn pause(&mut self, current: &mut Opened) {
        let parked = match &mut self.0 {
            Phase::Open(Parked::Off) => current.park(),
            Phase::Open(parked) => return parked.leave(current),
            Phase::FutureOpens(outer) => outer.opened().park(),
            _ => return,
        };

        self.0 = Phase::Open(parked);
    }

    /// Restores the context from before the poll, and returns the recording.
    #[inline]
    pub(super) fn end(&mut self, current: &mut Opened) -> Option<Box<Recording>> {
        match &mut self.0 {
            Phase::FutureOpens(outer) => {
                let mut opened = outer.opened();
                self.0 = Phase::Open(Parked::Off);
                opened.close()
            }
            Phase::Open(Parked::Unsampled(_)) if current.close_unsampled() => {
                self.take().recording()
            }
            _ => current.close().or_else(|| self.take().recording()),
        }
    }

    #[inline]
    fn take(&mut self) -> Parked {
        match mem::replace(&mut self.0, Phase::Open(Parked::Off)) {
            Phase::Open(parked) => parked,
            _ => Parked::Off,
        }
    }

    /// Whether the future has no span, which is determined at its first poll.
    #[inline]
    pub(super) fn is_off(&mut self) -> bool {
        match self.0 {
            Phase::Open(Parked::Off) => true,
            Phase::Open(_) | Phase::BeforeBuilderOpens(_) | Phase::FutureOpens(_) => false,
            Phase::BeforeWrapperOpens(_) | Phase::BeforeFutureOpens(_) => {
                let off = self.0.is_off();
                if off {
                    if let Phase::BeforeWrapperOpens(callsite) = self.0 {
                        note_unrecorded(callsite);
                    }

                    self.0 = Phase::Open(Parked::Off);
                }
                off
            }
        }
    }

    #[inline(never)]
    fn polled<T>(&mut self, current: &mut Opened, polled: &Poll<T>, outcome: Classifier<T>) {
        match polled {
            Poll::Pending => self.pause(current),
            Poll::Ready(value) => {
                if let Some(recording) = self.end(current) {
                    recording.returned(value, outcome);
                }
            }
        }
    }

    #[inline]
    pub(super) fn attach_until_dropped(&mut self) {
        if let Phase::Open(parked) = &mut self.0
            && !matches!(parked, Parked::Off)
        {
            let _ =
                DROPPING.try_with(|all| all.borrow_mut().push(parked.make_current().into_inner()));
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

/// Ends the span of a poll that unwinds.
pub(super) struct Unwinding<'a>(pub(super) &'a mut FutureSpan, pub(super) &'a mut Opened);

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(recording) = self.0.end(self.1) {
            recording.unwound();
        }
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    // No other function is on the stack between this function and the inner future, see `call`.
    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.span.is_off() {
            return this.inner.poll(task);
        }

        let mut current = this.span.begin();
        let guard = Unwinding(this.span, &mut current);
        let polled = this.inner.poll(task);
        mem::forget(guard);
        this.span.polled(&mut current, &polled, this.outcome.0);
        polled
    }
}

/// Spans for futures. Implemented for every [`Future`].
pub trait FutureExt: Future + Sized {
    /// Runs the future in a span that the builder describes.
    ///
    /// The span starts with the first poll, is current during each poll, on any thread, and ends when the future is
    /// ready or dropped. It therefore follows the future across `.await` points and into a spawned task. A future that
    /// is never polled has no span. If it is dropped before it is ready, its span has the attribute `floe.cancelled`. A
    /// panic is recorded and resumed.
    ///
    /// Unless the builder sets another parent, the span is a child of the span that is current when `in_span` is
    /// called. While spans are recorded, the rest of that context, such as baggage, is current during each poll, too.
    ///
    /// If the output is an `Err`, the span is an error with the type of the error. Its text is not recorded, because
    /// the output may have any type: record the text with [`record_exception`](crate::record_exception) in the future,
    /// or annotate an `async fn` with `#[traced]`, which records the text, too.
    ///
    /// ```
    /// use floe_telemetry::{FutureExt, set_attribute, span, testing, traced};
    ///
    /// #[traced]
    /// async fn import() {
    ///     let work = async { set_attribute("rows", 3) }.in_span(span("work").attribute("table", "orders"));
    ///     // With tokio: `tokio::spawn(work).await`.
    ///     std::thread::spawn(|| futures_executor::block_on(work)).join().expect("it does not panic");
    /// }
    ///
    /// # futures_executor::block_on(async {
    /// let spans = testing::capture_async(import()).await;
    /// let work = spans.single("work");
    /// work.assert_child_of("import").assert_attribute("table", "orders").assert_attribute("rows", 3);
    /// # });
    /// ```
    #[inline]
    fn in_span(self, span: SpanBuilder) -> InSpan<Self> {
        InSpan::new(FutureSpan::built(span), self, by_discriminant)
    }

    /// Captures the current OpenTelemetry context, with its span and its baggage. The context is current
    /// during each poll of the future and while the future is dropped, on any thread. No span is started.
    ///
    /// A task that is spawned without the context has no current span, so its spans are roots of new
    /// traces.
    ///
    /// `tracing::Instrument` has a method of this name for spans of `tracing` only. Where both traits are imported,
    /// name the trait: `FutureExt::in_current_span(future)`.
    ///
    /// ```
    /// use floe_telemetry::{FutureExt, testing, traced};
    ///
    /// #[traced]
    /// async fn import() {
    ///     let load = load().in_current_span();
    ///     // With tokio: `tokio::spawn(load).await`.
    ///     std::thread::spawn(|| futures_executor::block_on(load)).join().expect("it does not panic");
    /// }
    ///
    /// #[traced]
    /// async fn load() {}
    ///
    /// # futures_executor::block_on(async {
    /// let spans = testing::capture_async(import()).await;
    /// spans.single("load").assert_child_of("import");
    /// # });
    /// ```
    fn in_current_span(self) -> InSpan<Self> {
        InSpan::new(FutureSpan::in_current_context(), self, unclassified)
    }
}

impl<F: Future> FutureExt for F {}

/// Whether a caller's span is current although nothing is recorded. Then a future keeps the caller's context.
fn is_below_span() -> bool {
    context::read_or_empty(TraceContextExt::has_active_span)
}

pub(super) fn unclassified<T>(_: &T, _: Sink<'_>) {}

/// The state of a future's span. The span starts with the first poll, so a future that is never polled has none.
///
/// During a poll, the guard of the current span is on the stack of the poll, which passes it by reference. Moving it would
/// load it in other pieces than it was stored in, which stalls.
#[derive(Debug)]
enum Phase {
    BeforeWrapperOpens(&'static CallSite),
    /// Not polled yet; the future opens the span itself. `true` means that the function names a parent.
    BeforeFutureOpens(bool),
    BeforeBuilderOpens(Box<SpanBuilder>),
    /// The first poll of a future that opens the span itself.
    FutureOpens(Outer),
    /// The span after the first poll, if the future has one; `Parked::Off` during the first poll, which owns the span.
    Open(Parked),
}

impl Phase {
    const fn before(opened_by: OpenedBy) -> Self {
        match opened_by {
            OpenedBy::Wrapper(callsite) => Self::BeforeWrapperOpens(callsite),
            OpenedBy::Future(below) => Self::BeforeFutureOpens(below),
        }
    }

    /// Whether a future that is about to be polled gets neither a span nor a parent.
    #[inline]
    fn is_off(&self) -> bool {
        listeners::is_off() && !matches!(self, Self::BeforeFutureOpens(true))
    }
}

/// The progress of the currently polled future, if it opens its span itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum FirstPoll {
    /// The future does not open its span, or was polled before.
    No,
    Pending,
    /// The span is open, and the last one in [`OPENED`].
    Opened,
}

thread_local! {
    static FIRST_POLL: Cell<FirstPoll> = const { Cell::new(FirstPoll::No) };
    /// Spans of futures that are being polled for the first time, the innermost last.
    static OPENED: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

/// The state of the poll around this one.
#[derive(Clone, Copy, Debug)]
struct Outer(FirstPoll);

impl Outer {
    #[inline]
    fn expecting() -> Self {
        Self(FIRST_POLL.replace(FirstPoll::Pending))
    }

    /// Returns the span that the future has opened and that is still current. The future may have opened none, for
    /// example if the last listener was removed meanwhile.
    #[inline]
    fn opened(self) -> Opened {
        if FIRST_POLL.replace(self.0) != FirstPoll::Opened {
            return Opened::OFF;
        }

        let opened = OPENED.try_with(|all| all.borrow_mut().pop());
        opened.ok().flatten().map_or(Opened::OFF, Opened::new)
    }
}

/// Opens the span of the future in its first poll, as [`enter`] does, and leaves it to the future's wrapper.
#[inline]
pub fn enter_in_future(
    callsite: &'static CallSite,
    parent: impl StartBelow,
    fill: Option<Fill<'_>>,
) {
    if FIRST_POLL.get() == FirstPoll::Pending {
        store(enter(callsite, parent, fill).into_inner());
    } else if listeners::records_nothing() {
        note_unrecorded(callsite);
    }
}

/// Stores the span until the poll has ended. On a thread that is ending, this is impossible, and the span ends.
fn store(span: OpenSpan) {
    if OPENED.try_with(|all| all.borrow_mut().push(span)).is_ok() {
        FIRST_POLL.set(FirstPoll::Opened);
    }
}
