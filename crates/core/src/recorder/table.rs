//! Opens spans in a program with a recorder, by one decision of the sampler, one table, and one enum with every state
//! of a call. `InContext`, `Unsampled` and `Nested` are [ways](current::Way) in which a span is current.
//!
//! | decision | a call below the current span | a call below an explicit parent, a guard | an owner that enters it later |
//! |---|---|---|---|
//! | [`Off`](Decision::Off) | `Off`, or `Measured` | `InContext`: the parent's context | the parent |
//! | [`Below`](Decision::Below) | `Unsampled`: its id is made when it is read | `InContext`: a child of the parent | that context |
//! | [`Drop`](Decision::Drop) | `InContext`: its ids | the same | that context |
//! | [`Keep`](Decision::Keep) | `InContext`: the span; `Nested` in a boundary | `InContext`: the span | the recording |
//! | [`Asked`](Decision::Asked) | the user's expressions are evaluated, then one of the rows above | the same | the same |
//!
//! - An unsampled call has a recording if metrics are made from it.
//! - With `context: boundaries`, a call is `InBoundary` instead of `InContext`. A guard stays `InContext`, because
//!   guards may be dropped in any order, and so must not change the cells of the thread.
//! - If this crate records nothing and OpenTelemetry has another global provider, the row `Off` opens a span of that
//!   provider, which is `InContext`.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::captures::{self, CaptureScope};
use super::context;
use super::current::{self, CurrentGuard, IdHash, is_boundary};
use super::listeners::{self, Listeners};
use super::local;
use super::open::{
    self, OpenSpan, Opened, Parked, Placed, Recorder, note_unrecorded, place_unrecorded,
};
use super::opening::{Fill, Parent, fill_in};
use super::record::SpanRecord;
use super::recorded_span::RecordedSpan;
use super::recording::Recording;
use super::sampling::{self, Decision, Sampler, Sampling};
use super::thread_end::LEAVE;
use crate::callsite::CallSite;

const RECORDER: Recorder = Recorder {
    open_call,
    open,
    open_detached,
    excludes_span: |parent, subject| parent.map(|cx| sampling::excludes_span(cx, subject)),
};

impl Sampling {
    /// Starts recording for a provider. A sampler of the program replaces the configured sampler and the ratios of
    /// rules.
    ///
    /// The sampler may add attributes and a trace state to a span whose name, attributes and links are set, and may
    /// panic. It returns the sampled flag, or `None` for no span, unless the tail needs it. The collector passes a span
    /// without the flag to processors and metrics, and exports it only if the tail keeps its trace.
    pub fn start(
        self,
        sampler: Option<impl Fn(&mut SpanRecord, &Context) -> Option<bool> + Send + Sync + 'static>,
    ) {
        set();
        sampling::start_provider(self, sampler.map(|it| -> Arc<Sampler> { Arc::new(it) }));
    }
}

impl CaptureScope {
    /// Starts recording for captures, with `context: boundaries` if `has_boundaries` is set.
    pub fn start_all(has_boundaries: bool) {
        set();
        captures::start_captures(has_boundaries);
    }
}

fn set() {
    let _ = LEAVE.set(local::leave);
    open::set_recorder(RECORDER);
}

fn open_call(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    let listeners = listeners::current();
    if listeners::has_only_boundaries(listeners) && current::is_in_boundary() {
        return open_in_boundary(callsite, fill);
    }

    if listeners::has_boundaries(listeners)
        && sampling::follows_unsampled_parent(listeners, callsite)
        && let Some(unsampled) = open::open_unsampled()
    {
        return unsampled;
    }

    if listeners::is_unusual(listeners) {
        return open_call_rarely(listeners, callsite, fill);
    }

    match decide(&Parent::CURRENT, Some(callsite)) {
        Decision::Below(above) => open_measured(above, Some(callsite)),
        Decision::Keep(recording) => keep_call(recording, fill),
        decision => open_decided(decision, &Parent::CURRENT, Some(callsite), fill),
    }
}

/// Opens an unsampled call below the current span, with a recording if metrics are made from it.
#[inline(never)]
fn open_measured(above: IdHash, callsite: Option<&'static CallSite>) -> Opened {
    let measured = Parent::CURRENT.map(|cx| sampling::measured(cx, callsite));
    Opened::new(OpenSpan::within(measured, CurrentGuard::unsampled(above)))
}

#[inline(never)]
fn open_in_boundary(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    match sampling::follow_boundary(callsite) {
        Some(recording) => Opened::new(OpenSpan::nested(fill_in(recording, fill))),
        None => open(&Parent::CURRENT, Some(callsite), fill),
    }
}

#[inline(never)]
fn open_call_rarely(
    listeners: Listeners,
    callsite: &'static CallSite,
    fill: Option<Fill<'_>>,
) -> Opened {
    if sampling::excludes_call(listeners, callsite) {
        return Opened::OFF;
    }

    if listeners == 0 && !listeners::finds_global_provider() {
        note_unrecorded(callsite);
        return Opened::OFF;
    }

    open(&Parent::CURRENT, Some(callsite), fill)
}

/// Opens the span of a call or a guard according to the table. A guard has no call site.
fn open(parent: &Parent, callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> Opened {
    open_decided(decide(parent, callsite), parent, callsite, fill)
}

#[inline(never)]
fn open_decided(
    decision: Decision,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    let (decision, fill) = decided(decision, parent, fill);
    match decision {
        Decision::Keep(recording) => keep(recording, parent, callsite.is_some(), fill),
        Decision::Below(above) if parent.is_current() && callsite.is_some() => {
            open_measured(above, callsite)
        }
        Decision::Off
            if parent.is_current()
                && !listeners::is_foreign()
                && !callsite.is_some_and(CallSite::has_metrics) =>
        {
            Opened::OFF
        }
        decision => place(decision, parent, callsite, fill).opened(callsite.is_some()),
    }
}

fn open_detached(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Parked {
    match decided(decide(parent, callsite), parent, fill) {
        (Decision::Keep(recording), fill) => {
            let mut recording = fill_in(recording, fill);
            recording.context = Some(below(parent, &recording));
            Parked::Recording(recording)
        }
        (decision, fill) => place(decision, parent, callsite, fill).parked(),
    }
}

#[inline]
fn decide(parent: &Parent, callsite: Option<&'static CallSite>) -> Decision {
    let explicit = parent.as_explicit();
    let decided =
        context::read(|cx| sampling::decide(explicit.unwrap_or(cx), explicit.is_none(), callsite));
    decided.unwrap_or_else(|| {
        // The thread has no current context any more.
        sampling::count_late(callsite);
        Decision::Off
    })
}

/// Fills a span that is [`Decision::Asked`], and completes the decision.
fn decided<'f>(
    decision: Decision,
    parent: &Parent,
    fill: Option<Fill<'f>>,
) -> (Decision, Option<Fill<'f>>) {
    if !matches!(decision, Decision::Asked(_)) {
        return (decision, fill);
    }

    let cx = parent.map(Context::clone);
    let fill = |recording| fill_in(recording, fill);
    (sampling::decide_filled(decision, &cx, fill), None)
}

/// Opens a call according to the rows without a recorded span.
#[cold]
fn place(
    decision: Decision,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Placed {
    if !context::is_there() || matches!(decision, Decision::Off) && listeners::is_foreign() {
        return place_unrecorded(parent, callsite, fill);
    }

    let (ids, measured) = parent.map(|cx| sampling::not_recorded(decision, cx, callsite));
    let cx = match ids {
        // Derived by a second look at the parent, because moving the context out of the first one would take longer.
        Some(ids) => Some(parent.derive(|cx| cx.with_remote_span_context(ids))),
        None => parent.as_explicit().cloned(),
    };

    let Some(cx) = cx else {
        return Placed::Here(measured);
    };

    let measured = measured.map(|mut recording| {
        recording.context = Some(cx.clone());
        recording
    });

    Placed::In(cx, measured)
}

/// Opens a call below the current span according to the row of a recorded span.
#[inline(never)]
fn keep_call(recording: Box<Recording>, fill: Option<Fill<'_>>) -> Opened {
    keep(recording, &Parent::CURRENT, true, fill)
}

/// Opens a call according to the row of a recorded span.
#[expect(clippy::inline_always, reason = "each recorded call runs it once")]
#[inline(always)]
fn keep(
    recording: Box<Recording>,
    parent: &Parent,
    is_call: bool,
    fill: Option<Fill<'_>>,
) -> Opened {
    let recording = fill_in(recording, fill);
    if is_call && listeners::has_boundaries(listeners::current()) {
        return keep_in_boundary(recording, parent);
    }

    let again = || Some(below_again(parent, &recording));
    let current = CurrentGuard::in_context(|| below(parent, &recording), again);
    Opened::new(OpenSpan::within(Some(recording), current))
}

#[inline(never)]
fn keep_in_boundary(recording: Box<Recording>, parent: &Parent) -> Opened {
    if parent.is_current() && parent.map(|cx| is_boundary(cx.span().span_context())) {
        return Opened::new(OpenSpan::nested(recording));
    }

    let again = || Some(below_again(parent, &recording));
    let current = CurrentGuard::in_boundary(below(parent, &recording), &recording, again);
    Opened::new(OpenSpan::within(Some(recording), current))
}

#[expect(clippy::inline_always, reason = "each recorded call runs it once")]
#[inline(always)]
fn below(parent: &Parent, recording: &Recording) -> Context {
    parent.derive(|cx| cx.with_span(RecordedSpan::of_call(recording)))
}

#[cold]
#[inline(never)]
fn below_again(parent: &Parent, recording: &Recording) -> Context {
    below(parent, recording)
}

impl OpenSpan {
    #[inline]
    fn nested(recording: Box<Recording>) -> Self {
        let current = CurrentGuard::nested(&recording);
        Self::within(Some(recording), current)
    }
}
