//! Opens the span of a call: one decision of the sampler, one table, and one enum with every state that a call
//! can be in. Cells of the table other than `Off` and `Measured` name the [way](current::Way) in which the span is current.
//!
//! | decision | a call below the current span | a call below an explicit parent, a guard | an owner that enters it later |
//! |---|---|---|---|
//! | [`Off`](Decision::Off) | `Off`, or `Measured` | `InContext`: that of the parent | the parent |
//! | [`Below`](Decision::Below) | `Unsampled`: its id is made when it is read | `InContext`: a child of the parent | that context |
//! | [`Drop`](Decision::Drop) | `InContext`: its ids | the same | that context |
//! | [`Keep`](Decision::Keep) | `InContext`: the span; `Nested` in a boundary | `InContext`: the span | the recording |
//! | [`Asked`](Decision::Asked) | the user's expressions are evaluated, then one of the rows above | the same | the same |
//!
//! - An unsampled call has a recording if metrics are made from it.
//! - With `context: boundaries`, a call is `InBoundary` where the table says `InContext`: a guard may be dropped in
//!   any order, and so does not change the cells of the thread.
//! - Where nothing of this crate records and OpenTelemetry has another global provider, the row `Off` opens a span
//!   of it, which is `InContext`.

use std::mem::ManuallyDrop;
use std::ptr;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::current::{self, CurrentGuard, Suspended, is_boundary};
use super::current_context::current_context;
use super::global;
use super::listeners;
use super::opening::{Fill, Parent, fill_in};
use super::published::Site;
use super::recorded_span::RecordedSpan;
use super::recording::{Recording, context_is_alive};
use super::sampling::{self, Decision};
use crate::callsite::CallSite;

/// A call whose body runs: its recording, and the guard that makes it current in a [`Way`](current::Way).
///
/// Each state is constructed in its final location. Moving a state that several branches construct would load it in
/// other parts than it was stored in, which stalls.
#[derive(Debug)]
pub(super) enum OpenSpan {
    /// Without a span and without a context.
    Off,
    /// A call measured in the context of its caller: a rule turns its span off.
    Measured(Option<Box<Recording>>),
    /// A call in a span. Without a recording, the span is not sampled, or the recording belongs to an explicit parent
    /// or to the polled future. An unsampled call may be measured.
    In(Option<Box<Recording>>, #[expect(dead_code, reason = "it is only dropped")] CurrentGuard),
}

/// An open span that the function that runs the body ends explicitly. It has no destructor, so the compiler needs no
/// stack for moves and drop flags.
#[derive(Debug)]
pub struct Opened(ManuallyDrop<OpenSpan>);

/// A span that is not current: of a future between two polls, or of an owner that enters it for a while.
#[derive(Debug)]
pub(super) enum Parked {
    /// No span and no context: the body runs unchanged.
    Off,
    /// Not recorded: the context of an unsampled span, or of an explicit parent. It is boxed so that a parked span fits
    /// into two registers; in memory, one load right after two stores would stall.
    In(Box<(Context, Site)>),
    /// An unsampled span without its own `Context`.
    Unsampled(Box<Suspended>),
    /// A recorded span with its context, or a measured call.
    Recording(Box<Recording>),
}

/// Opens the span of a call site as a child of `parent`, with the attributes that `fill` sets. The attributes are not
/// evaluated while nothing is recorded, which costs two loads, one of them thread-local, unless a parent is given.
///
/// `fill` is a trait object so that the code that calls it is compiled once, not for each annotated
/// function.
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
        // Without the closure in it, so that the compiler keeps the arguments in registers on this path.
        if listeners::is_idle() {
            return Opened::OFF;
        }
        open_call(callsite, fill)
    }
}

impl<F: Fn() -> Parent> StartBelow for F {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
        // The closure may read the current `Context`, which is destroyed while a thread ends. Without a provider, the body
        // runs below the parent as well, so that the trace of the caller goes on.
        if listeners::is_compiled_out() || !context_is_alive() {
            return Opened::OFF;
        }
        open_call_below(&self(), callsite, fill)
    }
}

/// Not inlined, to keep an annotated function small while nothing is recorded.
#[inline(never)]
fn open_call(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    let listeners = listeners::current();
    if listeners::has_only_boundaries(listeners)
        && let Some(recording) = sampling::follow_boundary(callsite)
    {
        let recording = filled(recording, fill);
        return Opened::new(OpenSpan::nested(recording));
    }
    if sampling::excludes_call(listeners, callsite)
        || listeners == 0 && !listeners::finds_global_provider()
    {
        return Opened::OFF;
    }
    open(&Parent::CURRENT, Some(callsite), fill)
}

#[inline(never)]
fn open_call_below(parent: &Parent, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    open(parent, Some(callsite), fill)
}

/// Opens a span that a builder describes by `fill`, or none if a rule turns it off.
pub(super) fn open_built(parent: &Parent, fill: Option<Fill<'_>>) -> OpenSpan {
    if !context_is_alive() {
        return OpenSpan::Off;
    }
    let opened = match fill {
        Some(fill) => open(parent, None, Some(fill)),
        None => open_rarely(Decision::Off, parent, None, None),
    };
    opened.into_inner()
}

/// The table, for calls and guards. A guard has no call site.
#[expect(
    clippy::inline_always,
    reason = "with the constant `Parent::CURRENT` the branches on the parent are optimised out"
)]
#[inline(always)]
fn open(parent: &Parent, callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> Opened {
    // The common rows are inlined, the others are not.
    match decide(parent, callsite) {
        Decision::Keep(recording) => keep(recording, parent, callsite.is_some(), fill),
        Decision::Below(above) if parent.is_current() && callsite.is_some() => {
            let measured = parent.map(|cx| sampling::measured(cx, callsite));
            Opened::new(OpenSpan::In(measured, CurrentGuard::unsampled(above, callsite)))
        }
        Decision::Off
            if parent.is_current()
                && !listeners::is_foreign()
                && !callsite.is_some_and(CallSite::has_metrics) =>
        {
            Opened::OFF
        }
        decision => open_rarely(decision, parent, callsite, fill),
    }
}

/// The other rows than the common ones.
#[cold]
#[inline(never)]
fn open_rarely(
    decision: Decision,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    let (decision, fill) = decided(decision, parent, fill);
    if let Decision::Keep(recording) = decision {
        return keep(recording, parent, callsite.is_some(), fill);
    }
    Opened::new(match place(decision, parent, callsite, fill) {
        Placed::In(cx, recording) => {
            let is_call = callsite.is_some();
            OpenSpan::In(recording, CurrentGuard::propagated(cx, is_call, Site::of(callsite)))
        }
        Placed::Here(Some(measured)) => OpenSpan::Measured(Some(measured)),
        Placed::Here(None) => OpenSpan::Off,
    })
}

/// Opens a span without making it current.
pub(super) fn open_detached(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Parked {
    match decide(parent, callsite) {
        Decision::Keep(recording) => keep_detached(recording, parent, fill),
        decision => detach_rarely(decision, parent, callsite, fill),
    }
}

#[cold]
#[inline(never)]
fn detach_rarely(
    decision: Decision,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Parked {
    let (decision, fill) = decided(decision, parent, fill);
    if let Decision::Keep(recording) = decision {
        return keep_detached(recording, parent, fill);
    }
    match place(decision, parent, callsite, fill) {
        Placed::In(_, Some(recording)) | Placed::Here(Some(recording)) => {
            Parked::Recording(recording)
        }
        Placed::In(cx, None) => Parked::in_context(cx, Site::of(callsite)),
        Placed::Here(None) => Parked::Off,
    }
}

fn keep_detached(recording: Box<Recording>, parent: &Parent, fill: Option<Fill<'_>>) -> Parked {
    let mut recording = filled(recording, fill);
    if parent.is_current() && listeners::has_boundaries(listeners::current()) {
        recording.context = parent.map(|cx| {
            let boundary = current::id_within(cx.span().span_context());
            boundary.is_some().then(|| cx.clone())
        });
        recording.is_in_boundary = recording.context.is_some();
    }
    if !recording.is_in_boundary {
        recording.context = Some(below(parent, &recording));
    }
    Parked::Recording(recording)
}

#[expect(clippy::inline_always, reason = "see `sampling::decide`")]
#[inline(always)]
fn decide(parent: &Parent, callsite: Option<&'static CallSite>) -> Decision {
    // On a thread that is ending, its `Context` may be destroyed.
    if !context_is_alive() {
        return Decision::Off;
    }
    if parent.is_current() {
        Context::map_current(|cx| sampling::decide(cx, true, callsite))
    } else {
        parent.map(|cx| sampling::decide(cx, false, callsite))
    }
}

/// Passes a span to the program, for a decision or an observation, after its name and attributes are set.
fn decided<'f>(
    decision: Decision,
    parent: &Parent,
    fill: Option<Fill<'f>>,
) -> (Decision, Option<Fill<'f>>) {
    if !matches!(decision, Decision::Asked(_)) {
        return (decision, fill);
    }
    let cx = parent.map(Context::clone);
    let fill = |recording| filled(recording, fill);
    (sampling::decide_filled(decision, &cx, fill), None)
}

/// The context of an unrecorded call, and the recording of a measured call or of another provider's span.
enum Placed {
    /// In the context of the caller.
    Here(Option<Box<Recording>>),
    In(Context, Option<Box<Recording>>),
}

/// The rows without a recorded span. The user's code sets the name and the status of a measured call that is not a
/// `#[traced]` function through the context.
#[cold]
fn place(
    decision: Decision,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Placed {
    if !context_is_alive() {
        return Placed::Here(None);
    }
    if matches!(decision, Decision::Off)
        && let Some((cx, recording)) = global::open(parent, callsite, fill)
    {
        return Placed::In(cx, recording);
    }
    let (ids, measured) = parent.map(|cx| sampling::not_recorded(decision, cx, callsite));
    let cx = match &ids {
        Some(ids) => Some(parent.map(|cx| cx.with_remote_span_context(ids.clone()))),
        None => parent.explicit(),
    };
    let Some(mut cx) = cx else {
        return Placed::Here(measured);
    };
    let measured = measured.map(|mut recording| {
        if let Some(ids) = ids
            && !callsite.is_some_and(CallSite::is_function)
        {
            recording = filled(recording, fill);
            cx = cx.with_span(RecordedSpan::fixed(ids, recording.handle()));
        }
        recording.context = Some(cx.clone());
        recording
    });
    Placed::In(cx, measured)
}

/// The row of a recorded span.
#[expect(clippy::inline_always, reason = "as for `open`")]
#[inline(always)]
fn keep(
    recording: Box<Recording>,
    parent: &Parent,
    is_call: bool,
    fill: Option<Fill<'_>>,
) -> Opened {
    let recording = filled(recording, fill);
    if is_call && listeners::has_boundaries(listeners::current()) {
        return keep_in_boundary(recording, parent);
    }
    let current = CurrentGuard::in_context(below(parent, &recording), &recording);
    Opened::new(OpenSpan::In(Some(recording), current))
}

#[inline(never)]
fn keep_in_boundary(recording: Box<Recording>, parent: &Parent) -> Opened {
    if parent.is_current() && parent.map(|cx| is_boundary(cx.span().span_context())) {
        return Opened::new(OpenSpan::nested(recording));
    }
    let current = CurrentGuard::in_boundary(below(parent, &recording), &recording);
    Opened::new(OpenSpan::In(Some(recording), current))
}

#[inline]
fn filled(recording: Box<Recording>, fill: Option<Fill<'_>>) -> Box<Recording> {
    match fill {
        Some(fill) => fill_in(recording, fill),
        None => recording,
    }
}

/// Returns the context in which the span is current.
#[expect(clippy::inline_always, reason = "as for `open`")]
#[inline(always)]
fn below(parent: &Parent, recording: &Recording) -> Context {
    parent.map(|cx| cx.with_span(RecordedSpan::of_call(recording)))
}

impl Opened {
    pub(super) const OFF: Self = Self::new(OpenSpan::Off);

    #[expect(clippy::inline_always, reason = "it only constructs")]
    #[inline(always)]
    const fn new(span: OpenSpan) -> Self {
        Self(ManuallyDrop::new(span))
    }

    #[inline]
    pub(super) fn is_off(&self) -> bool {
        matches!(*self.0, OpenSpan::Off)
    }

    /// Like [`OpenSpan::close`].
    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    pub(super) fn close(&mut self) -> Option<Box<Recording>> {
        self.0.close()
    }

    /// Like [`OpenSpan::park`].
    pub(super) fn park(&mut self) -> Parked {
        self.0.park()
    }

    #[inline]
    pub(super) fn into_inner(self) -> OpenSpan {
        ManuallyDrop::into_inner(self.0)
    }
}

impl OpenSpan {
    #[inline]
    fn nested(recording: Box<Recording>) -> Self {
        let current = CurrentGuard::nested(&recording);
        Self::In(Some(recording), current)
    }

    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    fn take(&mut self) -> Option<Box<Recording>> {
        match self {
            Self::Off => None,
            Self::Measured(recording) | Self::In(recording, _) => recording.take(),
        }
    }

    /// Makes the caller's span current again, and returns the recording, which the caller ends.
    ///
    /// The guards are dropped in place. Moving them would load them in other parts than they were just stored in, which
    /// stalls, for an eighth of a span's time.
    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    pub(super) fn close(&mut self) -> Option<Box<Recording>> {
        let recording = self.take();
        *self = Self::Off;
        recording
    }

    /// Makes the caller's span current again, and stores the state with which this span becomes current later.
    pub(super) fn park(&mut self) -> Parked {
        if matches!(self, Self::Off) {
            return Parked::Off;
        }
        let parked = Parked::current(self.take());
        *self = Self::Off;
        parked
    }
}

impl Parked {
    /// Parks a span without a recording in a context.
    pub(super) fn in_context(cx: Context, site: Site) -> Self {
        Self::In(Box::new((cx, site)))
    }

    /// The current context, with the current span in it.
    pub(super) fn in_current_context() -> Self {
        let cx = current_context();
        let site = Site::in_context(&cx);
        Self::in_context(cx, site)
    }

    /// Parks the span that is current on this thread. Its context is current, unless the user's code has left another
    /// one attached; then a recorded span is added to that context.
    pub(super) fn current(recording: Option<Box<Recording>>) -> Self {
        let Some(mut recording) = recording else {
            return match Suspended::current() {
                Some(suspended) => Self::Unsampled(Box::new(suspended)),
                None => Self::in_current_context(),
            };
        };
        if recording.context.is_some() {
            return Self::Recording(recording);
        }
        if recording.record.is_measured() {
            recording.context = Some(current_context());
            return Self::Recording(recording);
        }
        let span_id = recording.record.head.span_id;
        Context::map_current(|cx| {
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

    /// Makes the span current until the result is dropped. The result has no recording.
    pub(super) fn attach(&mut self) -> OpenSpan {
        match self {
            Self::Off => OpenSpan::Off,
            Self::In(parked) => {
                OpenSpan::In(None, CurrentGuard::propagated(parked.0.clone(), true, parked.1))
            }
            Self::Unsampled(suspended) => OpenSpan::In(None, suspended.attach()),
            Self::Recording(recording) => recording.attach(),
        }
    }

    /// The recording, which the caller ends.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::In(_) | Self::Unsampled(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}

impl Recording {
    fn attach(&mut self) -> OpenSpan {
        let Some(mut cx) = self.context.clone() else {
            return OpenSpan::Off;
        };
        if self.record.is_measured() {
            let site = Site::of(self.record.head.callsite);
            return OpenSpan::In(None, CurrentGuard::propagated(cx, true, site));
        }
        if self.is_in_boundary {
            // On another thread, for example, the boundary is not current any more. The span gets a `Context` of its
            // own there.
            let above = cx.span();
            let above = above.span_context();
            let is_current = Context::map_current(|cx| ptr::eq(cx.span().span_context(), above));
            if !(is_current && is_boundary(above))
                && let Some(own) = self.own_context()
            {
                cx = own.clone();
            }
        } else if !listeners::has_boundaries(listeners::current()) {
            return OpenSpan::In(None, CurrentGuard::in_context(cx, self));
        }
        OpenSpan::In(None, CurrentGuard::in_boundary(cx, self))
    }

    /// The context with the span, which is created now if the span was in the `Context` of its boundary.
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
    use super::super::published::Published;
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_call_has_little_of_its_span_on_the_stack() {
        // Each call of a recursive function has one.
        let published = size_of::<Published>().next_multiple_of(8);
        assert_eq!(size_of::<Opened>(), 32 + published);
    }
}
