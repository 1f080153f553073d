//! The head sampler: whether a span is recorded, decided before anything is computed for it.
//!
//! It is parent-based, unless the configuration selects another sampler: a child has its parent's sampling
//! decision. For a root, the ratio of the provider or of a sampling rule decides, and then the rate limit. A
//! sampler of the program decides for each span, once its attributes are known.
//! Inside `testing::capture` every span is recorded.

pub(super) mod baggage;
mod capture;
#[cfg(feature = "provider")]
mod custom;
mod probability;
#[cfg(feature = "provider")]
mod provider;
mod rate;
pub(super) mod rules;

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

#[cfg(feature = "testing")]
pub(crate) use self::capture::CaptureScope;
#[cfg(feature = "provider")]
pub(crate) use self::custom::{CustomSampler, sampler_panics};
#[cfg(feature = "provider")]
pub(crate) use self::probability::rejects;
pub(crate) use self::probability::{Threshold, with_threshold};
#[cfg(feature = "provider")]
pub(crate) use self::provider::{
    Measured, ProviderId, RootSampler, Sampling, SamplingChange, change_sampling, start_provider,
    stop_provider,
};
use self::rate::RateLimit;
#[cfg(feature = "provider")]
pub(crate) use self::rules::matches;
use super::filter;
use super::listeners::{
    self, CUSTOM, FILTER, FORKED, Listeners, MEASURES, PER_SPAN, PROBABILITY, PROVIDER, RATE,
    RULES, SHUT_DOWN, TAIL,
};
use super::nested::{self, Boundary};
use super::record::{Head, SpanRecord};
use super::recording::{self, Local, Recording};
use super::unsampled::{self, IdHash};
use crate::callsite::{CallSite, Scope};
use crate::clock::{Ticks, monotonic_nanos};

/// A root is sampled if the last 63 bits of its trace id are below this bound, as with OpenTelemetry's
/// `TraceIdRatioBased`: other SDKs with the same ratio sample the same traces. It is above all of them where
/// every root is sampled, and 0 where [`THRESHOLD`] decides.
static ROOT_BOUND: AtomicU64 = AtomicU64::new(0);

/// The threshold of probability sampling, if [`PROBABILITY`] is set.
static THRESHOLD: AtomicU64 = AtomicU64::new(0);

static RATE_LIMIT: RateLimit = RateLimit::new();

/// The flag for a trace id that is random, so that samplers downstream may rely on it (W3C Trace
/// Context level 2).
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The sampling decision for a span that is about to start. It fits into registers.
pub(super) enum Decision {
    /// There is no span: nothing is recorded in this context.
    Off,
    /// There is no span: the filter excludes the function.
    Excluded,
    /// A span whose parent, which has these ids, is not sampled.
    Below(IdHash),
    /// A span that is not sampled, with the ids that its children get.
    Drop(Box<Recording>),
    Keep(Box<Recording>),
    /// The decision needs the name, or the attributes and links, which are not set yet: [`decide_named`] makes it.
    Undecided(Box<Recording>),
}

/// How a span was sampled.
enum Sampled {
    No,
    /// Without a change of the trace state.
    Yes,
    /// With this threshold in the trace state. It is unknown behind the rate limit.
    ByProbability(Option<Threshold>),
}

/// Decides by the ratio, or by the threshold of a rule, and for a span without a local parent also by the rate
/// limit.
#[inline]
fn sample(
    listeners: Listeners,
    trace_id: TraceId,
    parent: &SpanContext,
    is_root: bool,
    rule: Option<Threshold>,
) -> Sampled {
    let is_below = rule.is_none() && {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the ratio depends on the low half"
        )]
        let low = u128::from_be_bytes(trace_id.to_bytes()) as u64;
        (low >> 1) < ROOT_BOUND.load(Ordering::Relaxed)
    };
    let by_probability = if is_below {
        None
    } else if rule.is_some() || listeners & PROBABILITY != 0 {
        let threshold =
            rule.unwrap_or_else(|| Threshold::from_bits(THRESHOLD.load(Ordering::Relaxed)));
        if !threshold.samples(probability::randomness(trace_id, parent)) {
            return Sampled::No;
        }
        Some(threshold)
    } else {
        return Sampled::No;
    };
    let is_limited = listeners & RATE != 0;
    if is_root && is_limited && !is_within_rate_limit() {
        return Sampled::No;
    }
    match by_probability {
        None => Sampled::Yes,
        Some(threshold) => Sampled::ByProbability((!is_limited).then_some(threshold)),
    }
}

/// Sets the threshold of a sampled span.
#[cold]
fn set_threshold(record: &mut SpanRecord, parent: &SpanContext, threshold: Option<Threshold>) {
    let state = if parent.is_valid() {
        parent.trace_state()
    } else {
        &TraceState::NONE
    };
    if *state != TraceState::NONE || threshold.is_some() {
        record.more_mut().trace_state = with_threshold(state, threshold);
    }
}

#[cold]
fn is_within_rate_limit() -> bool {
    RATE_LIMIT.take_token(monotonic_nanos())
}

/// Decides for a span whose name, attributes and links are set.
pub(super) fn decide_named(mut recording: Box<Recording>, parent: &Context) -> Decision {
    let record = &mut recording.record;
    #[cfg(feature = "provider")]
    let is_sampled = if listeners::current() & CUSTOM != 0 {
        custom::decide(record, parent)
    } else {
        Some(samples_by_name(record, parent))
    };
    #[cfg(not(feature = "provider"))]
    let is_sampled = Some(samples_by_name(record, parent));
    match is_sampled {
        Some(true) => Decision::Keep(recording),
        Some(false) if listeners::current() & TAIL != 0 => {
            record.head.flags = record.head.flags.with_sampled(false);
            Decision::Keep(recording)
        }
        Some(false) => {
            record.head.flags = record.head.flags.with_sampled(false);
            Decision::Drop(recording)
        }
        None => {
            recording.discard();
            Decision::Off
        }
    }
}

/// Decides for a root by its name.
fn samples_by_name(record: &mut SpanRecord, parent: &Context) -> bool {
    let span = parent.span();
    let parent = span.span_context();
    let name = record.name().or_else(|| Some(record.head.callsite?.name()));
    let rule = |local: &mut Local| (local.rules.get()).threshold_for_name(name.unwrap_or_default());
    let rule = recording::with(rule).flatten();
    match sample(
        listeners::current(),
        record.head.trace_id,
        parent,
        true,
        rule,
    ) {
        Sampled::Yes => true,
        Sampled::ByProbability(threshold) => {
            set_threshold(record, parent, threshold);
            true
        }
        Sampled::No => false,
    }
}

/// Decides for a child of `parent`, or of the current span if `parent` `is_current`. The name is that of the call
/// site or is set later. If the span is recorded, this reads its start time.
///
/// A child of a span that is not sampled is decided inline; it does not access the thread's storage.
#[expect(
    clippy::inline_always,
    reason = "a call that is not sampled consists of little else"
)]
#[inline(always)]
pub(super) fn decide(
    parent: &Context,
    is_current: bool,
    callsite: Option<&'static CallSite>,
) -> Decision {
    let listeners = listeners::current();
    if cfg!(feature = "off") || listeners == 0 || parent.is_telemetry_suppressed() {
        return Decision::Off;
    }
    let capture = capture::capture(listeners, parent);
    if capture.is_none() && listeners & PROVIDER == 0 {
        count_after_shutdown(listeners, parent);
        return Decision::Off;
    }
    if listeners & (FILTER | FORKED) != 0 {
        #[cfg(feature = "provider")]
        if listeners & FORKED != 0 {
            recording::with(Local::leave_parent);
        }
        if listeners & FILTER != 0
            && capture.is_none()
            && callsite.is_some_and(filter::excludes_function)
        {
            return Decision::Excluded;
        }
    }
    let span = parent.span();
    let above = span.span_context();
    // The tail sampler buffers a local trace that is not sampled, so it needs all spans of that trace,
    // also those that start after their parent has ended.
    let is_tail_sampled = listeners & TAIL != 0 && capture.is_none() && !above.is_remote();
    if above.is_valid()
        && !uses_ratio(listeners, capture, above)
        && !above.is_sampled()
        && !is_tail_sampled
    {
        return Decision::Below(IdHash::of(above));
    }
    decide_with_ids(listeners, parent, is_current, callsite)
}

/// Whether the ratio decides, and neither a capture nor the parent.
#[inline]
fn uses_ratio(listeners: Listeners, capture: Option<u64>, above: &SpanContext) -> bool {
    capture.is_none() && (!above.is_valid() || listeners & PER_SPAN != 0)
}

/// [`decide`] for a span that needs ids, because it is recorded or a root. Its arguments fit into registers.
#[inline(never)]
fn decide_with_ids(
    listeners: Listeners,
    parent: &Context,
    is_current: bool,
    callsite: Option<&'static CallSite>,
) -> Decision {
    let capture = capture::capture(listeners, parent);
    let span = parent.span();
    let above = span.span_context();
    let uses_ratio = uses_ratio(listeners, capture, above);
    let (parent_id, is_remote) = parent_of(listeners, above, is_current);
    let decided = recording::with(|local| {
        let mut recording = local.blank();
        recording.record.head = Head {
            span_id: local.ids.span_id(),
            callsite,
            ..Head::BLANK
        };
        let head = &mut recording.record.head;
        if above.is_valid() {
            head.trace_id = above.trace_id();
            head.parent = parent_id;
            head.parent_is_remote = is_remote;
            let is_sampled = uses_ratio || above.is_sampled();
            head.flags = above.trace_flags().with_sampled(is_sampled);
        } else {
            head.trace_id = local.ids.trace_id();
            head.flags = TraceFlags::SAMPLED | RANDOM;
        }
        let is_root = !above.is_valid() || is_remote;
        let uses_rules = uses_ratio && is_root && listeners & RULES != 0;
        let is_custom = uses_ratio && listeners & CUSTOM != 0;
        let needs_name = is_custom || uses_rules && callsite.is_none();
        let mut by_probability = None;
        if uses_ratio && !needs_name {
            let site = callsite.filter(|_| uses_rules);
            let rule = site.and_then(|site| local.rules.get().threshold_for_site(site));
            match sample(listeners, head.trace_id, above, is_root, rule) {
                Sampled::Yes => {}
                Sampled::ByProbability(threshold) => by_probability = Some(threshold),
                Sampled::No => {
                    head.flags = head.flags.with_sampled(false);
                    if listeners & TAIL == 0 {
                        if *above.trace_state() != TraceState::NONE {
                            let state = above.trace_state().clone();
                            recording.record.more_mut().trace_state = state;
                        }
                        return Decision::Drop(recording);
                    }
                }
            }
        }
        head.start = Ticks::now();
        recording.open();
        if let Some(threshold) = by_probability {
            set_threshold(&mut recording.record, above, threshold);
        } else if *above.trace_state() != TraceState::NONE && above.is_valid() {
            let state = probability::inherited(above, uses_ratio);
            recording.record.more_mut().trace_state = state;
        }
        if let Some(baggage) = local.baggage.values(parent) {
            recording.record.more_mut().baggage = Some(baggage);
        }
        #[cfg(feature = "testing")]
        if capture.is_some() {
            recording.record.more_mut().capture = capture;
        }
        if needs_name {
            return Decision::Undecided(recording);
        }
        Decision::Keep(recording)
    });
    decided.unwrap_or(Decision::Off)
}

/// Decides for a function that is called in the boundary of this thread, where [`listeners::has_only_boundaries`]:
/// it is recorded because its parent is. `None` if [`decide`] must be asked.
#[inline]
pub(super) fn follow_boundary(callsite: &'static CallSite) -> Option<Box<Recording>> {
    // First, because the compiler keeps little in registers across an access to a thread-local value.
    let (boundary, parent) = Boundary::current()?;
    if baggage::is_listed() {
        return None;
    }
    recording::with(|local| {
        Context::map_current(|cx| {
            let span = cx.span();
            let above = span.span_context();
            let follows = boundary.is_at(above)
                && above.is_sampled()
                && *above.trace_state() == TraceState::NONE
                && !cx.is_telemetry_suppressed();
            if !follows {
                return None;
            }
            let mut recording = local.blank();
            recording.open();
            recording.record.head = Head {
                trace_id: above.trace_id(),
                span_id: local.ids.span_id(),
                parent,
                start: Ticks::now(),
                callsite: Some(callsite),
                flags: above.trace_flags(),
                ..Head::BLANK
            };
            Some(recording)
        })
    })
    .flatten()
}

/// Returns the id of the parent of a recorded span, and whether the parent is remote. `above` is the span in the
/// `Context`.
#[inline]
fn parent_of(listeners: Listeners, above: &SpanContext, is_current: bool) -> (SpanId, bool) {
    if is_current
        && listeners::has_boundaries(listeners)
        && let Some(id) = nested::id_within(above)
    {
        return (id, false);
    }
    if above.is_sampled() || !above.is_valid() {
        return (above.span_id(), above.is_remote());
    }
    unsampled::parent_at(above)
}

/// Spans that started after the provider was shut down.
static AFTER_SHUTDOWN: AtomicU64 = AtomicU64::new(0);

/// Counts a span that starts after the provider was shut down, unless its parent is not sampled.
#[cold]
fn count_after_shutdown(listeners: Listeners, parent: &Context) {
    let span = parent.span();
    let parent = span.span_context();
    if listeners & SHUT_DOWN != 0 && (parent.is_sampled() || !parent.is_valid()) {
        AFTER_SHUTDOWN.fetch_add(1, Ordering::Relaxed);
    }
}

/// The number of spans that started after a provider was shut down, since the process started.
#[cfg(feature = "provider")]
pub(crate) fn spans_after_shutdown() -> u64 {
    AFTER_SHUTDOWN.load(Ordering::Relaxed)
}

/// Returns whether the filter excludes a child of `parent` with this scope, or without a scope.
pub(super) fn is_filtered(parent: &Context, scope: Option<&Scope>) -> bool {
    let listeners = listeners::current();
    listeners & FILTER != 0
        && capture::capture(listeners, parent).is_none()
        && filter::excludes_scope(scope)
}

/// Returns the ids of a span that is not sampled, if there is one, and the recording of its call if metrics are made from
/// it.
#[cold]
pub(super) fn not_recorded(
    decision: Decision,
    parent: &Context,
    callsite: Option<&'static CallSite>,
) -> (Option<SpanContext>, Option<Box<Recording>>) {
    match decision {
        Decision::Excluded => {
            let is_measured = listeners::measures(listeners::current() & MEASURES, callsite);
            (None, is_measured.then(|| measure(callsite)).flatten())
        }
        Decision::Below(_) => {
            let span = parent.span();
            let id = recording::with(|local| local.ids.span_id());
            let ids = id.map(|id| unsampled::child_of(span.span_context(), id));
            (ids, measured(parent, callsite))
        }
        Decision::Drop(mut recording) => {
            let ids = recording.record.context();
            let head = &mut recording.record.head;
            if !listeners::measures(listeners::current(), head.callsite) {
                recording.discard();
                return (Some(ids), None);
            }
            // Which distinguishes a measured call from a span.
            head.trace_id = TraceId::INVALID;
            head.start = Ticks::now();
            recording.open();
            (Some(ids), Some(recording))
        }
        Decision::Off | Decision::Keep(_) | Decision::Undecided(_) => (None, None),
    }
}

/// Begins to measure a call whose parent is not sampled, if metrics are made from it.
#[inline]
pub(super) fn measured(
    parent: &Context,
    callsite: Option<&'static CallSite>,
) -> Option<Box<Recording>> {
    let listeners = listeners::current();
    let is_measured =
        listeners::measures(listeners, callsite) && capture::capture(listeners, parent).is_none();
    is_measured.then(|| measure(callsite)).flatten()
}

/// Begins to measure a call. The record has no trace id, which distinguishes it from that of a span.
#[inline(never)]
fn measure(callsite: Option<&'static CallSite>) -> Option<Box<Recording>> {
    recording::with(|local| {
        let mut recording = local.blank();
        recording.open();
        recording.record.head = Head {
            callsite,
            start: Ticks::now(),
            ..Head::BLANK
        };
        recording
    })
}
