//! Decides which spans are recorded, in two steps.
//!
//! The head decides on the caller's thread, before anything is computed for a span. The first applicable row decides:
//!
//! | | question | answer |
//! |---|---|---|
//! | 1 | is there a listener, and is telemetry not suppressed in the context? | no: off |
//! | 2 | `testing::capture`: is this span in one? | keep, unless its parent is not sampled |
//! | 3 | the rules that turn spans off | off |
//! |   | is there a receiver of spans? | no: off, but for the ids of roots, which log records carry |
//! | 4 | the parent, if the sampler is parent-based | keep or drop, like the parent |
//! | 5 | the program's `ShouldSample` | keep, also without the sampled flag, or drop; needs name, attributes and links |
//! | 6 | the first rule that matches a root, else the ratio | keep or drop; rules need the name |
//!
//! If a decision needs a name or attributes that are not known yet, the span is filled before the decision is
//! completed, see [`Decision::Asked`].
//!
//! The tail decides on the collector's thread, about whole traces that have ended (`collector/tail.rs`): the head
//! keeps spans for the tail instead of dropping them, without the sampled flag. The first applicable row decides:
//!
//! | | question | answer |
//! |---|---|---|
//! | 7 | did a span fail? was the root slow? | keep |
//! | 8 | the head | its decision |
//!
//! A dropped or excluded call may still be measured. The samplers use the settings of the provider ([`settings`]).

mod provider;
pub(super) mod settings;

use std::mem;

use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId};

pub use self::{
    provider::Sampling,
    settings::{Rule, Then},
};

pub(super) use self::provider::{Sampler, start_provider};
use self::settings::Sampled;
pub(super) use self::settings::Subject;
use super::captures::capture;
use super::context;
use super::current::{self, Boundary, IdHash};
use super::fork;
use super::ids;
use super::listeners::{
    self, ASKED, BAGGAGE, BOUNDARIES, CAPTURES, CUSTOM, FORKED, IDS, INHERITED, LOGGED, Listeners,
    PER_SPAN, PROVIDER, RULES, SHUT_DOWN, TAIL, UNRECORDED, UNREPORTED, UNUSUAL,
};
use super::local;
use super::lost::{self, LOST};
use super::pending::State;
use super::record::{Head, SpanRecord};
use super::recording::Recording;
use crate::callsite::CallSite;
use crate::clock::Ticks;

/// The sampling decision for a span that is about to start. It fits into registers because no variant has two fields.
pub(super) enum Decision {
    /// No span: nothing is recorded in this context, or a rule turns the span off.
    Off,
    /// A span whose parent is not sampled, with the hash of the parent's ids.
    Below(IdHash),
    /// A span that is not sampled or has no receiver, with ids for its children. It may be the first span of a trace in
    /// this process, so OpenTelemetry's `Context` contains it, and other code finds a local span.
    Drop(Box<Recording>),
    Keep(Box<Recording>),
    /// A span about which [`decide_filled`] decides, after its name, attributes and links are set.
    Asked(Box<Recording>),
}

/// The listeners that leave the decision about a child of an unsampled local span to its parent.
const FOLLOWING_PARENT: Listeners = BOUNDARIES | ASKED | CAPTURES;

/// Whether [`unsampled_parent`] decides about a call, if there is such a parent.
#[inline]
pub(super) const fn follows_unsampled_parent(listeners: Listeners, callsite: &CallSite) -> bool {
    listeners & !FOLLOWING_PARENT == PROVIDER && !callsite.has_metrics()
}

/// Returns the hash of the current span's ids if it is a local span that is not sampled. So most calls of an unsampled
/// trace need neither [`decide`] nor the thread's storage.
#[inline]
pub(super) fn unsampled_parent() -> Option<IdHash> {
    let above = context::read_usual(|cx| {
        let span = cx.span();
        let above = span.span_context();
        let follows = above.is_valid()
            && !above.is_sampled()
            && !above.is_remote()
            && !cx.is_telemetry_suppressed();
        follows.then(|| IdHash::of(above))
    });
    above.flatten()
}

/// Decides for a child of `parent`, or of the current span if `is_current` is set. The name is the call site's or is
/// set later. The start time is read if the span is recorded.
#[inline(never)]
pub(super) fn decide(
    parent: &Context,
    is_current: bool,
    callsite: Option<&'static CallSite>,
) -> Decision {
    let listeners = listeners::current();
    if parent.is_telemetry_suppressed() {
        return Decision::Off;
    }

    let capture = capture(listeners, parent);
    if capture.is_none() && listeners & PROVIDER == 0 {
        no_listener(listeners, parent, callsite);
        return Decision::Off;
    }

    if listeners & (RULES | UNUSUAL) != 0 && is_off(listeners, parent, callsite, capture.is_some())
    {
        return Decision::Off;
    }

    let span = parent.span();
    let above = span.span_context();
    // The tail sampler buffers a local trace that is not sampled, so it needs all spans of that trace,
    // also spans that start after their parent has ended.
    let is_tail_sampled = listeners & TAIL != 0 && capture.is_none() && !above.is_remote();
    if above.is_valid()
        && !is_independent(listeners, capture, above)
        && !above.is_sampled()
        && !is_tail_sampled
        // With the tail sampler, a span below a remote parent must stay remote, because the sampler takes a local
        // parent for one whose trace it buffers.
        && (!above.is_remote() || listeners & TAIL != 0)
    {
        return Decision::Below(IdHash::of(above));
    }

    decide_with_ids(listeners, capture, parent, is_current, callsite)
}

/// Whether a rule turns the span off, or no part of the provider receives spans. Without receivers, a root is not off
/// if log records need its ids.
#[inline(never)]
fn is_off(
    listeners: Listeners,
    parent: &Context,
    callsite: Option<&'static CallSite>,
    is_captured: bool,
) -> bool {
    if listeners & UNUSUAL != 0 {
        if listeners::has(FORKED) {
            local::with(local::Local::leave_parent);
        }

        if listeners::has(UNREPORTED) && !is_captured {
            lost::report();
        }
    }

    let is_excluded =
        || listeners & RULES != 0 && callsite.is_some_and(settings::excludes_call_site);
    let has_ids = || listeners::has(IDS) && !parent.span().span_context().is_valid();
    !is_captured && (is_excluded() || listeners::is_unrecorded(listeners) && !has_ids())
}

/// Whether a sampler decides, instead of a capture or the parent.
#[inline]
fn is_independent(listeners: Listeners, capture: Option<u64>, above: &SpanContext) -> bool {
    capture.is_none() && (!above.is_valid() || listeners & PER_SPAN != 0)
}

/// Decides about a span that needs ids of its own.
#[inline]
fn decide_with_ids(
    listeners: Listeners,
    capture: Option<u64>,
    parent: &Context,
    is_current: bool,
    callsite: Option<&'static CallSite>,
) -> Decision {
    let span = parent.span();
    let above = span.span_context();
    let is_independent = is_independent(listeners, capture, above);
    let (parent_id, is_remote) = parent_of(listeners, above, is_current);
    let decided = local::with(|local| {
        let mut recording = local.blank();
        let record = &mut recording.record;
        record.head = Head { callsite, ..Head::BLANK };
        if above.is_valid() {
            record.head.parent = parent_id;
            record.head.parent_is_remote = is_remote;
            join_trace(record, above, is_independent);
        } else {
            record.head.trace_id = ids::begin_trace();
            // Without the random flag of W3C's level 2, with which OpenTelemetry 0.31 rejects the header.
            record.head.flags = TraceFlags::SAMPLED;
        }

        let sampled = if !is_independent {
            if record.head.flags.is_sampled() { Sampled::Yes } else { Sampled::No }
        } else if listeners & ASKED != 0 && listeners::has(CUSTOM) {
            Sampled::NeedsName
        } else {
            let is_root = !above.is_valid() || is_remote;
            local.settings.get().sample(record.head.trace_id, is_root, callsite, None)
        };

        let head = &mut record.head;
        if matches!(sampled, Sampled::No) {
            head.flags = head.flags.with_sampled(false);
            if listeners & TAIL == 0 {
                complete_ids(head, above);
                return Decision::Drop(recording);
            }
        }

        head.start = Ticks::now();
        complete_ids(head, above);
        let is_sampled = head.flags.is_sampled();
        recording.open_as(if is_sampled { State::Sampled } else { State::Unsampled });
        if capture.is_some() {
            recording.record.more_mut().capture = capture;
        }

        match sampled {
            Sampled::NeedsName => {
                recording.needs_sampler = true;
                Decision::Asked(recording)
            }
            _ if capture.is_none() && listeners::is_unrecorded(listeners) => {
                Decision::Drop(recording)
            }
            _ if listeners & ASKED != 0 => Decision::Asked(recording),
            _ => Decision::Keep(recording),
        }
    });

    decided.unwrap_or(Decision::Off)
}

/// Sets the ids that depend on the start, which only a recorded span has: copies of a memory differ by it.
#[inline]
fn complete_ids(head: &mut Head, above: &SpanContext) {
    head.span_id = ids::span_id(head.start);
    if !above.is_valid() {
        head.trace_id = ids::complete_trace(head.trace_id, head.start);
    }
}

/// Adds the span to the trace of `above`, whose trace state is passed on unchanged.
#[inline]
fn join_trace(record: &mut SpanRecord, above: &SpanContext, is_independent: bool) {
    record.head.trace_id = above.trace_id();
    let is_sampled = is_independent || above.is_sampled();
    record.head.flags = above.trace_flags().with_sampled(is_sampled);
    if *above.trace_state() != TraceState::NONE {
        record.more_mut().trace_state = above.trace_state().clone();
    }
}

/// Completes the decision about a span that is [`Decision::Asked`], after `fill` has set its data.
pub(super) fn decide_filled(
    decision: Decision,
    parent: &Context,
    fill: impl FnOnce(Box<Recording>) -> Box<Recording>,
) -> Decision {
    let Decision::Asked(mut recording) = decision else {
        return decision;
    };

    let needs_sampler = mem::take(&mut recording.needs_sampler);
    if needs_sampler && provider::is_asking() {
        recording.discard();
        return Decision::Off;
    }

    let mut recording = fill(recording);
    if needs_sampler {
        let listeners = listeners::current();
        let decision = provider::ask(&mut recording.record, parent);
        if decision != Some(true) {
            let flags = &mut recording.record.head.flags;
            *flags = flags.with_sampled(false);
            recording.open_as(State::Unsampled);
        }

        if decision.is_none() && listeners & TAIL == 0 || listeners::is_unrecorded(listeners) {
            return Decision::Drop(recording);
        }
    }

    if listeners::has(BAGGAGE)
        && let Some(Some(baggage)) = local::with(|local| local.settings.get().baggage(parent))
    {
        recording.record.more_mut().baggage = Some(baggage);
    }

    if listeners::has(LOGGED) {
        recording.list();
    }

    Decision::Keep(recording)
}

/// Opens the recording of a function called in the boundary of this thread if [`listeners::has_only_boundaries`],
/// because its parent is recorded. Returns `None` if [`decide`] must decide.
#[inline]
pub(super) fn follow_boundary(callsite: &'static CallSite) -> Option<Box<Recording>> {
    // Read first, because the compiler keeps few values in registers across an access to a thread-local value.
    let (boundary, parent) = Boundary::current()?;
    local::with(|local| {
        context::read(|cx| {
            let span = cx.span();
            let above = span.span_context();
            let is_sampled = above.is_sampled();
            let follows = boundary.is_at(above)
                && (is_sampled || listeners::current() & TAIL != 0)
                && *above.trace_state() == TraceState::NONE
                && !cx.is_telemetry_suppressed();
            if !follows {
                return None;
            }

            let mut recording = local.blank();
            let start = Ticks::now();
            recording.open_as(if is_sampled { State::Sampled } else { State::Unsampled });
            recording.record.head = Head {
                trace_id: above.trace_id(),
                span_id: ids::span_id(start),
                parent,
                start,
                callsite: Some(callsite),
                flags: above.trace_flags(),
                ..Head::BLANK
            };

            Some(recording)
        })
        .flatten()
    })
    .flatten()
}

/// Returns the id of the parent of a recorded span, and whether the parent is remote. `above` is the span in the
/// `Context`.
#[inline]
fn parent_of(listeners: Listeners, above: &SpanContext, is_current: bool) -> (SpanId, bool) {
    if is_current
        && listeners::has_boundaries(listeners)
        && let Some(id) = current::id_within(above)
    {
        return (id, false);
    }

    if above.is_sampled() || !above.is_valid() {
        return (above.span_id(), above.is_remote());
    }

    current::parent_at(above)
}

/// Returns the ids of an unsampled span, if there is one, and the recording of its call if metrics are made from it.
#[cold]
pub(super) fn not_recorded(
    decision: Decision,
    parent: &Context,
    callsite: Option<&'static CallSite>,
) -> (Option<SpanContext>, Option<Box<Recording>>) {
    let ids = match decision {
        // The program's sampler is deciding about another span, or telemetry is suppressed.
        Decision::Off if provider::is_asking() || parent.is_telemetry_suppressed() => {
            return (None, None);
        }
        Decision::Below(_) => {
            let span = parent.span();
            Some(current::child_of(span.span_context(), ids::span_id(Ticks::ZERO)))
        }
        Decision::Drop(recording) => {
            let ids = recording.record.context();
            recording.discard();
            Some(ids)
        }
        // A rule turns the span off, or nothing receives it.
        Decision::Off | Decision::Keep(_) | Decision::Asked(_) => None,
    };

    (ids, measured(parent, callsite))
}

#[inline]
pub(super) fn measured(
    parent: &Context,
    callsite: Option<&'static CallSite>,
) -> Option<Box<Recording>> {
    let is_measured =
        listeners::is_measured(callsite) && capture(listeners::current(), parent).is_none();
    is_measured.then(|| measure(callsite)).flatten()
}

/// Creates the record of a measured call. Unlike a span, it has no trace id.
#[inline(never)]
fn measure(callsite: Option<&'static CallSite>) -> Option<Box<Recording>> {
    local::with(|local| {
        let mut recording = local.blank();
        recording.open_as(State::NoSpan);
        recording.record.head = Head { callsite, start: Ticks::now(), ..Head::BLANK };
        recording
    })
}

/// Whether a call of `callsite` does nothing, because no part of the provider receives spans or a rule turns its span
/// off.
#[inline]
pub(super) fn excludes_call(listeners: Listeners, callsite: &CallSite) -> bool {
    // Captures and measured calls are not excluded: `decide` handles both.
    listeners & (RULES | UNUSUAL) != 0
        && (listeners == UNUSUAL && listeners::has(UNRECORDED)
            || listeners & RULES != 0
                && !listeners::has_captures(listeners)
                && !listeners::is_measured(Some(callsite))
                && settings::excludes_call_site(callsite))
}

/// Whether a rule turns off a child of `parent` that has no call site, unless a capture applies. Called only if there
/// are [rules](listeners::has_rules).
pub(super) fn excludes_span(parent: &Context, subject: &Subject<'_>) -> bool {
    capture(listeners::current(), parent).is_none()
        && local::with(|local| local.settings.get().excludes(subject)).unwrap_or(false)
}

/// Counts a span that starts where its thread has no current context, as if it were a root.
#[cold]
pub(super) fn count_late(callsite: Option<&'static CallSite>) {
    let listeners = listeners::current();
    if listeners & PROVIDER == 0 {
        no_listener(listeners, &Context::new(), callsite);
    } else if !is_off(listeners, &Context::new(), callsite, false) {
        lost::add(&LOST.spans);
    }
}

/// Counts a span that starts after the shutdown of the provider, unless its parent is not sampled. Also counts a call
/// outside the captures.
#[cold]
fn no_listener(listeners: Listeners, parent: &Context, callsite: Option<&'static CallSite>) {
    if let Some(callsite) = callsite.filter(|_| listeners::has_captures(listeners)) {
        super::captures::miss(callsite.name());
    }

    let span = parent.span();
    let parent = span.span_context();
    if listeners::has(SHUT_DOWN) && (parent.is_sampled() || !parent.is_valid()) {
        lost::add(&LOST.after_shutdown);
        if listeners::has(UNREPORTED) {
            lost::report();
        }

        if listeners::has(INHERITED) {
            fork::say_not_exported();
        }
    }
}
