//! Open spans, and the ways to open one: by the recorder, if a provider or a capture has started it, or else by
//! OpenTelemetry's global provider. The table of the recorder is in `table.rs`.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::context;
use super::current::{self, CurrentGuard, Suspended, is_current_boundary};
use super::current_context::current_context;
use super::global;
use super::listeners;
use super::opening::{Fill, Parent};
use super::record::SpanRecord;
use super::recorded_span::RecordedSpan;
use super::recording::Recording;
use super::sampling::{self, Subject};
use crate::callsite::CallSite;

/// A call whose body runs: its recording, and the guard that makes it current.
///
/// Each state is constructed in its final location. Moving a state that several branches construct would load it in
/// other pieces than it was stored in, which stalls.
#[derive(Debug)]
pub(super) enum OpenSpan {
    Off,
    /// A call that is measured in the context of its caller, because it has no span.
    Measured(Held),
    /// A call in a span. Without a recording, the span is not sampled, is an explicit parent, or is the span of the
    /// polled future. An unsampled call may be measured.
    In(Held, CurrentGuard),
}

/// The recording of an open span. Its destructor is not inlined, because each crate with annotated functions would
/// contain that of a recording. For the same reason, a recording is in a `ManuallyDrop` while a guard is dropped.
#[derive(Debug)]
pub(super) struct Held(Option<ManuallyDrop<Box<Recording>>>);

impl Held {
    #[inline]
    fn new(recording: Option<Box<Recording>>) -> Self {
        Self(recording.map(ManuallyDrop::new))
    }

    #[cold]
    #[inline(never)]
    fn end(&mut self) {
        drop(self.0.take().map(ManuallyDrop::into_inner));
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.end();
        }
    }
}

/// An open span that its owner closes explicitly. It has no destructor, so the compiler needs no stack for moves and
/// drop flags.
#[derive(Debug)]
pub struct Opened(ManuallyDrop<OpenSpan>);

/// A span that is not current: the span of a future between two polls, or a span that its owner enters for a while.
#[derive(Debug)]
pub(super) enum Parked {
    /// No span and no context: the body runs without changes.
    Off,
    /// The context of an unsampled span or of an explicit parent. Boxed, so that a parked span fits into two registers;
    /// in memory, one load right after two stores would stall.
    In(Box<Unrecorded>),
    /// An unsampled span without its own `Context`.
    Unsampled(Suspended),
    Recording(Box<Recording>),
}

/// The context of a span that is not recorded.
#[derive(Debug)]
pub(super) struct Unrecorded {
    pub(super) context: Context,
    /// The data of an unsampled root of `tracing`, which is needed if the root gets a sampled parent.
    pub(super) record: Option<Box<SpanRecord>>,
}

/// Opens the span of a call site as a child of `parent`, with the attributes that `fill` sets. While nothing is
/// recorded, the attributes are not evaluated; unless a parent is given, the call costs two loads, one of them
/// thread-local.
///
/// `fill` is a trait object so that the code that calls it is compiled once, not for each annotated function.
#[inline]
pub fn enter(
    callsite: &'static CallSite,
    parent: impl StartBelow,
    fill: Option<Fill<'_>>,
) -> Opened {
    parent.open(callsite, fill)
}

/// The parent of the span of an annotated function.
pub trait StartBelow {
    /// Opens the span.
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened;
}

/// The current span, which is looked up only if something is recorded.
#[derive(Debug)]
pub struct Current;

impl StartBelow for Current {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
        // Without a closure, so that the compiler keeps the arguments in registers on this path.
        if listeners::is_idle() {
            return Opened::OFF;
        }

        open_call(callsite, fill)
    }
}

impl<F: Fn() -> Parent> StartBelow for F {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
        // Without a provider, the body also runs below the parent, so that the caller's trace continues.
        listeners::look_for_provider();
        open_below(&self(), Some(callsite), fill)
    }
}

/// The functions of the recorder that annotated code calls. The linker removes them from a program that has no provider,
/// no capture, no tracer of this crate and no layer of `tracing`.
pub(super) struct Recorder {
    pub(super) open_call: fn(&'static CallSite, Option<Fill<'_>>) -> Opened,
    pub(super) open: fn(&Parent, Option<&'static CallSite>, Option<Fill<'_>>) -> Opened,
    pub(super) open_detached: fn(&Parent, Option<&'static CallSite>, Option<Fill<'_>>) -> Parked,
    pub(super) excludes_span: fn(&Parent, &Subject<'_>) -> bool,
}

/// Set before the first span is recorded.
static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Sets the recorder. Later calls have no effect.
pub(super) fn set_recorder(recorder: Recorder) {
    let _ = RECORDER.set(recorder);
}

#[inline]
pub(super) fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()
}

thread_local! {
    /// The first function that this thread has called while nothing was recorded.
    static UNRECORDED: Cell<Option<&'static CallSite>> = const { Cell::new(None) };
}

#[inline(never)]
pub(super) fn note_unrecorded(callsite: &'static CallSite) {
    if UNRECORDED.get().is_none() {
        UNRECORDED.set(Some(callsite));
    }
}

/// Returns the first annotated function that this thread has called before something was recorded, once.
pub fn take_unrecorded() -> Option<&'static CallSite> {
    UNRECORDED.take()
}

/// Opens the span of a call. Not inlined, to keep an annotated function small while nothing is recorded.
#[inline(never)]
fn open_call(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    let listeners = listeners::current();
    // With boundaries, the recorder first looks whether the call is in one. To ask here would cost sampled calls 4 %.
    if !listeners::has_boundaries(listeners)
        && sampling::follows_unsampled_parent(listeners, callsite)
    {
        return open_call_below(callsite, fill);
    }

    open_call_in_recorder(callsite, fill)
}

/// Opens a call below an unsampled span without the recorder, which saves so many registers that it would take longer
/// than the rest of the call.
#[inline(never)]
fn open_call_below(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    match open_unsampled() {
        Some(unsampled) => unsampled,
        None => open_call_in_recorder(callsite, fill),
    }
}

#[inline]
pub(super) fn open_unsampled() -> Option<Opened> {
    let above = sampling::unsampled_parent()?;
    Some(Opened::new(OpenSpan::within(None, CurrentGuard::unsampled(above))))
}

#[inline(never)]
fn open_call_in_recorder(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    match recorder() {
        Some(recorder) => (recorder.open_call)(callsite, fill),
        None => open_call_unrecorded(callsite, fill),
    }
}

#[inline(never)]
fn open_call_unrecorded(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    if listeners::records_nothing() && !listeners::finds_global_provider() {
        note_unrecorded(callsite);
        return Opened::OFF;
    }

    place_unrecorded(&Parent::CURRENT, Some(callsite), fill).opened(true)
}

#[inline(never)]
fn open_below(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    match recorder() {
        Some(recorder) => (recorder.open)(parent, callsite, fill),
        None => place_unrecorded(parent, callsite, fill).opened(callsite.is_some()),
    }
}

pub(super) fn open_built(parent: &Parent, fill: Option<Fill<'_>>) -> Opened {
    match fill {
        Some(fill) => open_below(parent, None, Some(fill)),
        None => place_unrecorded(parent, None, None).opened(false),
    }
}

pub(super) fn open_detached(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Parked {
    match recorder() {
        Some(recorder) => (recorder.open_detached)(parent, callsite, fill),
        None => place_unrecorded(parent, callsite, fill).parked(),
    }
}

/// The context of an unrecorded call, and the recording of a measured call or of another provider's span.
pub(super) enum Placed {
    Here(Option<Box<Recording>>),
    In(Context, Option<Box<Recording>>),
}

/// Opens a span of OpenTelemetry's global provider, or else runs the call below an explicit parent.
pub(super) fn place_unrecorded(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Placed {
    if !context::is_there() {
        return Placed::Here(None);
    }

    if listeners::is_foreign()
        && let Some((cx, recording)) = global::open(parent, callsite, fill)
    {
        return Placed::In(cx, recording);
    }

    parent.as_explicit().map_or(Placed::Here(None), |cx| Placed::In(cx.clone(), None))
}

impl Placed {
    pub(super) fn opened(self, is_call: bool) -> Opened {
        Opened::new(match self {
            Self::In(cx, recording) => {
                OpenSpan::within(recording, CurrentGuard::propagated(&cx, is_call))
            }
            Self::Here(Some(measured)) => OpenSpan::Measured(Held::new(Some(measured))),
            Self::Here(None) => OpenSpan::Off,
        })
    }

    pub(super) fn parked(self) -> Parked {
        match self {
            Self::In(_, Some(recording)) | Self::Here(Some(recording)) => {
                Parked::Recording(recording)
            }
            Self::In(cx, None) => Parked::in_context(cx),
            Self::Here(None) => Parked::Off,
        }
    }
}

impl Opened {
    pub(super) const OFF: Self = Self::new(OpenSpan::Off);

    #[expect(clippy::inline_always, reason = "it only constructs a value")]
    #[inline(always)]
    pub(super) const fn new(span: OpenSpan) -> Self {
        Self(ManuallyDrop::new(span))
    }

    #[inline]
    pub(super) fn is_off(&self) -> bool {
        matches!(*self.0, OpenSpan::Off)
    }

    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    fn take(&mut self) -> Option<ManuallyDrop<Box<Recording>>> {
        match &mut *self.0 {
            OpenSpan::Off => None,
            OpenSpan::Measured(held) | OpenSpan::In(held, _) => held.0.take(),
        }
    }

    /// Makes the caller's span current again, and returns the recording, which the caller ends.
    ///
    /// The guards are dropped in place. Moving them would load them in other pieces than they were stored in, which
    /// stalls for an eighth of a span's time.
    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    pub(super) fn close(&mut self) -> Option<Box<Recording>> {
        let recording = self.take();
        *self.0 = OpenSpan::Off;
        recording.map(ManuallyDrop::into_inner)
    }

    /// As [`close`](Self::close) for an unsampled span, which has nothing to record; else returns `false`. The owner
    /// forgets the span, whose guard is neither moved nor dropped.
    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    pub(super) fn close_unsampled(&self) -> bool {
        matches!(&*self.0, OpenSpan::In(Held(None), current) if current.leave_unsampled())
    }

    /// As [`close`](Self::close), for an owner that may drop the span anywhere.
    pub(super) fn close_anywhere(&mut self) -> Option<Box<Recording>> {
        if let OpenSpan::In(_, current) = &mut *self.0 {
            current.detach();
        }
        self.close()
    }

    /// Makes the caller's span current again, and returns the state with which this span becomes current later.
    pub(super) fn park(&mut self) -> Parked {
        if self.is_off() {
            return Parked::Off;
        }

        let parked = Parked::current(self.take().map(ManuallyDrop::into_inner));
        *self.0 = OpenSpan::Off;
        parked
    }

    /// As [`park`](Self::park), for a future that was made in a call and is often polled elsewhere from the start: an
    /// unsampled span keeps its whole context, too.
    pub(super) fn park_whole(&mut self) -> Parked {
        let mut parked = self.park();
        if let Parked::Unsampled(suspended) = &mut parked {
            suspended.keep_context();
        }
        parked
    }

    #[inline]
    pub(super) fn into_inner(self) -> OpenSpan {
        ManuallyDrop::into_inner(self.0)
    }
}

impl OpenSpan {
    #[expect(clippy::inline_always, reason = "it only constructs a value")]
    #[inline(always)]
    pub(super) fn within(recording: Option<Box<Recording>>, current: CurrentGuard) -> Self {
        Self::In(Held::new(recording), current)
    }
}

impl Parked {
    pub(super) fn in_context(cx: Context) -> Self {
        Self::In(Box::new(Unrecorded { context: cx, record: None }))
    }

    pub(super) fn in_current_context() -> Self {
        Self::in_context(current_context())
    }

    /// Parks the span that is current on this thread. Its context is current, unless the user's code has left another
    /// context attached. Then a recorded span is added to that context.
    pub(super) fn current(recording: Option<Box<Recording>>) -> Self {
        let Some(mut recording) = recording else {
            return Suspended::current().map_or_else(Self::in_current_context, Self::Unsampled);
        };

        if recording.context.is_some() {
            return Self::Recording(recording);
        }

        if recording.record.is_measured() {
            recording.context = Some(current_context());
            return Self::Recording(recording);
        }

        let span_id = recording.record.head.span_id;
        context::read(|cx| {
            let span = cx.span();
            let above = span.span_context();
            recording.is_in_boundary =
                current::id_within(above) == Some(span_id) && above.span_id() != span_id;
            let has_span = recording.is_in_boundary || above.span_id() == span_id;
            recording.context = Some(if has_span {
                cx.clone()
            } else {
                cx.with_span(RecordedSpan::of_call(&recording))
            });
        });

        Self::Recording(recording)
    }

    /// Makes the span current until the result is closed. The result has no recording.
    #[inline]
    pub(super) fn make_current(&mut self) -> Opened {
        match self {
            Self::Unsampled(suspended) => {
                Opened::new(OpenSpan::within(None, suspended.make_current()))
            }
            Self::Recording(recording) => recording.make_current(),
            Self::Off => Opened::OFF,
            Self::In(parked) => {
                let current = CurrentGuard::propagated(&parked.context, true);
                Opened::new(OpenSpan::within(None, current))
            }
        }
    }

    /// Ends a poll in which the span was current, and after which it will be current again.
    #[inline]
    pub(super) fn leave(&mut self, current: &mut Opened) {
        if let Self::Unsampled(suspended) = self {
            suspended.keep_id();
        }
        if !current.close_unsampled() {
            drop(current.close());
        }
    }

    pub(super) fn context(&self) -> Option<&Context> {
        match self {
            Self::Off | Self::Unsampled(_) => None,
            Self::In(parked) => Some(&parked.context),
            Self::Recording(recording) => recording.context.as_ref(),
        }
    }

    /// Returns the recording, which the caller ends.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::In(_) => None,
            Self::Unsampled(suspended) => {
                suspended.end();
                None
            }
            Self::Recording(recording) => Some(recording),
        }
    }
}

impl Recording {
    #[inline]
    fn make_current(&mut self) -> Opened {
        let Some(cx) = &self.context else {
            return Opened::OFF;
        };

        let again = || Some(cx.clone());
        if !self.is_in_boundary
            && !listeners::has_boundaries(listeners::current())
            && !self.record.is_measured()
        {
            let current = CurrentGuard::in_context(|| cx.clone(), again);
            return Opened::new(OpenSpan::within(None, current));
        }

        if self.is_in_boundary && is_current_boundary(cx) {
            return Opened::new(OpenSpan::within(None, CurrentGuard::nested(self)));
        }

        self.make_current_again()
    }

    /// Makes the span current where its boundary is not, or as a boundary.
    #[inline(never)]
    fn make_current_again(&mut self) -> Opened {
        // The boundary may no longer be current, for example on another thread. There, the span gets its own `Context`.
        let Some(cx) = self.own_context().cloned() else {
            return Opened::OFF;
        };

        let current = if self.record.is_measured() {
            CurrentGuard::propagated(&cx, true)
        } else {
            CurrentGuard::in_boundary(cx, self, || self.context.clone())
        };
        Opened::new(OpenSpan::within(None, current))
    }

    /// Returns the context with the span. Creates it if the span was in the `Context` of its boundary.
    pub(super) fn own_context(&mut self) -> Option<&Context> {
        if self.is_in_boundary {
            let cx = self.context.take()?;
            self.context = Some(cx.with_span(RecordedSpan::of_call(self)));
            self.is_in_boundary = false;
        }

        self.context.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_call_has_little_of_its_span_on_the_stack() {
        // Each call of a recursive function has its own `Opened`.
        assert_eq!(size_of::<Opened>(), 32);
    }
}
