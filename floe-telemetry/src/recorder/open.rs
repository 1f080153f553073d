//! Opens a span: asks the sampler, sets the attributes, and attaches a `Context` with the span.

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::filter;
use super::listeners;
use super::nested::{NestedGuard, is_boundary};
use super::open_global;
use super::opening::{Fill, fill_in};
use super::parent::Parent;
use super::record::Head;
use super::recording::{self, Recording, context_is_alive};
use super::sampling::{self, Decision};
use super::span::RecordedSpan;
use super::state::{Attached, OpenSpan, Opened, State};
use super::unsampled::{IdHash, UnsampledGuard, child_of};
use crate::callsite::{CallSite, Scope};

/// Not inlined, so that an annotated function stays small while nothing is recorded.
#[inline(never)]
pub(super) fn open(callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
    let listeners = listeners::current();
    if listeners::has_only_boundaries(listeners)
        && let Some(recording) = sampling::follow_boundary(callsite)
    {
        return begin_nested(recording, fill);
    }
    if filter::excludes_call(listeners, callsite)
        || listeners == 0 && !listeners::finds_global_provider()
    {
        return OpenSpan::OPENED_OFF;
    }
    open_at(&Parent::CURRENT, Some(callsite), fill)
}

/// Makes the span of a function current in the boundary of this thread.
#[inline]
fn begin_nested(mut recording: Box<Recording>, fill: Option<Fill<'_>>) -> Opened {
    if let Some(fill) = fill {
        recording = fill_in(recording, fill);
    }
    let guard = NestedGuard::enter(&recording);
    OpenSpan::opened(Some(recording), Some(Attached::Nested(guard)))
}

#[inline(never)]
pub(super) fn open_below(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    open_at(parent, callsite, fill)
}

/// Opens a span that a builder describes, unless the filter excludes it.
pub(super) fn open_built(
    parent: &Parent,
    scope: Option<&'static Scope>,
    fill: Fill<'_>,
) -> OpenSpan {
    if !context_is_alive() {
        return OpenSpan::OFF;
    }
    if parent.map(|cx| sampling::is_filtered(cx, scope)) {
        return Opened::into_inner(skipped(parent, None, None));
    }
    Opened::into_inner(open_at(parent, None, Some(fill)))
}

#[expect(
    clippy::inline_always,
    reason = "with the constant `Parent::CURRENT` the branches on the parent are optimised out"
)]
#[inline(always)]
fn open_at(parent: &Parent, callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> Opened {
    let mut not_sampled = None;
    // The common decisions are inlined, the others are not.
    match decide(parent, callsite, &mut not_sampled) {
        Some(Decision::Record(recording)) => begin(recording, parent, callsite, fill),
        Some(Decision::NotSampledBelow(above)) if parent.is_current() && callsite.is_some() => {
            let guard = UnsampledGuard::attach(above, SpanId::INVALID);
            OpenSpan::opened(None, Some(Attached::Unsampled(guard)))
        }
        Some(Decision::NotSampledBelow(_)) => {
            OpenSpan::in_context(below_not_sampled(parent), callsite)
        }
        Some(Decision::Skip) if parent.is_current() && !listeners::is_foreign() => {
            OpenSpan::OPENED_OFF
        }
        Some(Decision::Skip) => skipped(parent, callsite, fill),
        decision => open_decided(decision, not_sampled, parent, callsite, fill),
    }
}

/// Returns the state of a call without a span of this crate, which runs in the explicit parent, if there is one.
#[cold]
#[inline(never)]
fn skipped(parent: &Parent, callsite: Option<&'static CallSite>, fill: Option<Fill<'_>>) -> Opened {
    if let Some(opened) = open_global::open(parent, callsite, fill) {
        return opened;
    }
    parent.explicit().map_or(OpenSpan::OPENED_OFF, |cx| {
        OpenSpan::in_context(cx, callsite)
    })
}

/// Returns the context of a span whose parent is not sampled.
#[cold]
#[inline(never)]
fn below_not_sampled(parent: &Parent) -> Context {
    let span_id = recording::with(|local| local.ids.span_id());
    parent.map(|cx| match span_id {
        Some(id) => cx.with_remote_span_context(child_of(cx.span().span_context(), id)),
        None => cx.clone(),
    })
}

/// Opens a span without making it current.
pub(super) fn open_detached(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> State {
    let mut not_sampled = None;
    match decide(parent, callsite, &mut not_sampled) {
        Some(Decision::Record(recording)) => {
            let mut recording = filled(recording, callsite, fill);
            #[cfg(feature = "tracing")]
            if parent.is_current() && listeners::has_boundaries(listeners::current()) {
                recording.context = parent.map(|cx| {
                    let boundary = super::nested::id_within(cx.span().span_context());
                    boundary.is_some().then(|| cx.clone())
                });
                recording.is_in_boundary = recording.context.is_some();
            }
            if !recording.is_in_boundary {
                recording.context = below(parent, &recording);
            }
            State::Recording(recording)
        }
        Some(Decision::NotSampledBelow(_)) => {
            State::NotSampled(Box::new(below_not_sampled(parent)))
        }
        decision => {
            let opened = open_decided(decision, not_sampled, parent, callsite, fill);
            Opened::into_inner(opened).detach()
        }
    }
}

#[expect(clippy::inline_always, reason = "see `sampling::decide`")]
#[inline(always)]
fn decide(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    not_sampled: &mut Option<Head>,
) -> Option<Decision> {
    if !context_is_alive() {
        return None;
    }
    if parent.is_current() {
        Context::map_current(|cx| sampling::decide::<true>(cx, callsite, not_sampled))
    } else {
        parent.map(|cx| sampling::decide::<false>(cx, callsite, not_sampled))
    }
}

#[inline(never)]
fn open_decided(
    decision: Option<Decision>,
    not_sampled: Option<Head>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    let not_sampled = not_sampled.map(|head| parent.map(|cx| sampling::not_sampled(&head, cx)));
    match (decision, not_sampled) {
        (Some(Decision::Record(recording)), _) => begin(recording, parent, callsite, fill),
        (Some(Decision::NeedsName(recording)), _) => {
            begin_filled(recording, parent, callsite, fill)
        }
        (Some(Decision::Measure(recording)), not_sampled) => {
            begin_measured(recording, parent, not_sampled, fill)
        }
        (Some(Decision::NotSampled), Some(context)) => {
            let cx = parent.map(|cx| cx.with_remote_span_context(context));
            OpenSpan::in_context(cx, callsite)
        }
        (Some(_), _) => skipped(parent, callsite, fill),
        // The thread is ending, and its `Context` may be destroyed.
        (None, _) => OpenSpan::OPENED_OFF,
    }
}

/// Evaluates the user's expressions, which set the name, and then lets the sampling rules or the sampler of the
/// program decide.
#[cold]
fn begin_filled(
    mut recording: Box<Recording>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    recording.record.head.callsite = callsite;
    if let Some(fill) = fill {
        recording = fill_in(recording, fill);
    }
    let cx = parent.map(Context::clone);
    match sampling::decide_filled(&mut recording.record, &cx) {
        Ok(()) => {
            let callsite = recording.record.head.callsite;
            begin(recording, parent, callsite, None)
        }
        Err(Some(context)) if sampling::try_measure(&mut recording.record) => {
            begin_measured(recording, parent, Some(context), None)
        }
        Err(context) => {
            recording.discard();
            context.map_or(OpenSpan::OPENED_OFF, |context| {
                OpenSpan::in_context(cx.with_remote_span_context(context), callsite)
            })
        }
    }
}

/// Opens a measured call, whose body runs in the same context as without a span.
///
/// The user's code sets the name and status of a call without a `#[traced]` function through the context.
/// Such a call is therefore in the context, with the ids that it propagates.
#[inline(never)]
fn begin_measured(
    mut recording: Box<Recording>,
    parent: &Parent,
    not_sampled: Option<SpanContext>,
    fill: Option<Fill<'_>>,
) -> Opened {
    let callsite = recording.record.head.callsite;
    let span_id = recording.record.head.span_id;
    let is_function = callsite.is_some_and(CallSite::is_function);
    if is_function && not_sampled.is_none() && parent.is_current() && span_id != SpanId::INVALID {
        let above = parent.map(|cx| IdHash::of(cx.span().span_context()));
        let guard = UnsampledGuard::attach(above, span_id);
        return OpenSpan::opened(Some(recording), Some(Attached::Unsampled(guard)));
    }
    let record = &recording.record;
    let not_sampled = not_sampled
        .or_else(|| parent.map(|cx| sampling::measured_below(record, cx.span().span_context())));
    let mut cx = match not_sampled {
        Some(context) => Some(parent.map(|cx| cx.with_remote_span_context(context))),
        None => parent.explicit(),
    };
    if !is_function {
        if let Some(fill) = fill {
            recording = fill_in(recording, fill);
        }
        let outer = cx.unwrap_or_else(Context::current);
        let propagated = outer.span().span_context().clone();
        cx = Some(outer.with_span(RecordedSpan::fixed(propagated, recording.handle())));
    }
    recording.context.clone_from(&cx);
    let attached = cx.map(|cx| Attached::given(cx, is_function));
    OpenSpan::opened(Some(recording), attached)
}

#[expect(
    clippy::inline_always,
    reason = "with the constant `Parent::CURRENT` the branches on the parent are optimised out"
)]
#[inline(always)]
fn begin(
    recording: Box<Recording>,
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Opened {
    let recording = filled(recording, callsite, fill);
    let has_boundaries = listeners::has_boundaries(listeners::current());
    if has_boundaries && callsite.is_some() {
        let attached = attach_in_trace(parent, &recording);
        return OpenSpan::opened(Some(recording), attached);
    }
    match below(parent, &recording) {
        Some(cx) => OpenSpan::opened(Some(recording), Some(Attached::Context(cx.attach()))),
        None => OpenSpan::opened(Some(recording), None),
    }
}

/// Makes the span of a function current: without a `Context` if it is not the first one of its trace on this
/// thread. The guard of a span that is not a function's may be dropped in any order, so that span has a `Context`.
#[inline(never)]
fn attach_in_trace(parent: &Parent, recording: &Recording) -> Option<Attached> {
    if parent.is_current() && parent.map(|cx| is_boundary(cx.span().span_context())) {
        return Some(Attached::Nested(NestedGuard::enter(recording)));
    }
    below(parent, recording).map(|cx| Attached::boundary(cx, recording))
}

/// Sets the call site, and calls `fill` to set the name, attributes and links.
#[inline]
fn filled(
    mut recording: Box<Recording>,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Box<Recording> {
    recording.record.head.callsite = callsite;
    match fill {
        Some(fill) => fill_in(recording, fill),
        None => recording,
    }
}

/// Returns the context in which the span is current.
///
/// The context is written directly to its final location. Moving it right after it was written would load
/// it with wider loads than it was stored with, which defeats store-to-load forwarding.
#[expect(clippy::inline_always, reason = "as for `begin`")]
#[inline(always)]
fn below(parent: &Parent, recording: &Recording) -> Option<Context> {
    let mut below = None;
    parent.map(|cx| below = Some(cx.with_span(RecordedSpan::of_call(recording))));
    below
}
