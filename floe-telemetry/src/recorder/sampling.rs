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

/// The sampling decision for a span that is about to start.
pub(super) enum Decision {
    /// There is no span: nothing is recorded in this context, or the filter excludes the call.
    Skip,
    /// A root that is not sampled. Its context is attached, so that its children are not sampled
    /// either.
    NotSampled,
    /// A span whose parent, which has these ids, is not sampled.
    NotSampledBelow(IdHash),
    /// No span is recorded, but metrics are derived from the call.
    Measure(Box<Recording>),
    Record(Box<Recording>),
    /// A span whose name, or whose attributes, the decision needs and which are not set yet: [`decide_filled`] decides
    /// later.
    NeedsName(Box<Recording>),
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

/// Decides for a span whose name, attributes and links are set. The error is the context of a span that is not
/// sampled; `None` if there is no span, because a sampler has started it.
pub(super) fn decide_filled(
    record: &mut SpanRecord,
    parent: &Context,
) -> Result<(), Option<SpanContext>> {
    #[cfg(feature = "provider")]
    if listeners::current() & CUSTOM != 0 {
        return custom::decide(record, parent);
    }
    let decided = recording::with(|local| decide_by_name(record, parent, local));
    decided.unwrap_or(Ok(())).map_err(Some)
}

/// Decides for a root by its name.
fn decide_by_name(
    record: &mut SpanRecord,
    parent: &Context,
    local: &mut Local,
) -> Result<(), SpanContext> {
    let span = parent.span();
    let parent = span.span_context();
    let listeners = listeners::current();
    let set = record.more.as_ref().and_then(|more| more.name.as_deref());
    let name = set.or_else(|| Some(record.head.callsite?.name()));
    let rule = local
        .rules
        .get()
        .threshold_for_name(name.unwrap_or_default());
    match sample(listeners, record.head.trace_id, parent, true, rule) {
        Sampled::Yes => return Ok(()),
        Sampled::ByProbability(threshold) => {
            set_threshold(record, parent, threshold);
            return Ok(());
        }
        Sampled::No => {}
    }
    if listeners & TAIL != 0 {
        record.head.flags = record.head.flags.with_sampled(false);
        return Ok(());
    }
    Err(unsampled(&record.head, record.context().trace_state()))
}

/// Decides for a child of `parent`, or of the current span if `parent` `IS_CURRENT`. The name is that of the call
/// site or is set later. If the span is recorded, this reads its start time. The ids of an unsampled span go to
/// `not_sampled`, so that the decision fits into registers and has no destructor. On a thread that is ending the
/// result is `None`.
///
/// A child of a span that is not sampled is decided inline; it does not access the thread's storage.
#[expect(
    clippy::inline_always,
    reason = "a call that is not sampled consists of little else"
)]
#[inline(always)]
pub(super) fn decide<const IS_CURRENT: bool>(
    parent: &Context,
    callsite: Option<&'static CallSite>,
    not_sampled: &mut Option<Head>,
) -> Option<Decision> {
    let listeners = listeners::current();
    if cfg!(feature = "off") || listeners == 0 || parent.is_telemetry_suppressed() {
        return Some(Decision::Skip);
    }
    let capture = capture::capture(listeners, parent);
    if capture.is_none() && listeners & PROVIDER == 0 {
        count_after_shutdown(listeners, parent);
        return Some(Decision::Skip);
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
            return skip_filtered(listeners, callsite);
        }
    }
    let span = parent.span();
    let above = span.span_context();
    let uses_ratio = uses_ratio(listeners, capture, above);
    // The tail sampler buffers a local trace that is not sampled, so it needs all spans of that trace,
    // also those that start after their parent has ended.
    let is_tail_sampled = listeners & TAIL != 0 && capture.is_none() && !above.is_remote();
    if above.is_valid() && !uses_ratio && !above.is_sampled() && !is_tail_sampled {
        if !listeners::measures(listeners, callsite) || capture.is_some() {
            return Some(Decision::NotSampledBelow(IdHash::of(above)));
        }
        return measure_below_not_sampled(callsite);
    }
    decide_with_ids::<IS_CURRENT>(listeners, parent, callsite, not_sampled)
}

/// Whether the ratio decides, and neither a capture nor the parent.
#[inline]
fn uses_ratio(listeners: Listeners, capture: Option<u64>, above: &SpanContext) -> bool {
    capture.is_none() && (!above.is_valid() || listeners & PER_SPAN != 0)
}

#[inline(never)]
fn measure_below_not_sampled(callsite: Option<&'static CallSite>) -> Option<Decision> {
    recording::with(|local| {
        let mut recording = measure(callsite, local);
        recording.record.head.span_id = local.ids.span_id();
        Decision::Measure(recording)
    })
}

/// [`decide`] for a span that needs ids, because it is recorded or a root. Its arguments fit into registers.
#[inline(never)]
fn decide_with_ids<const IS_CURRENT: bool>(
    listeners: Listeners,
    parent: &Context,
    callsite: Option<&'static CallSite>,
    not_sampled: &mut Option<Head>,
) -> Option<Decision> {
    let capture = capture::capture(listeners, parent);
    let span = parent.span();
    let above = span.span_context();
    let uses_ratio = uses_ratio(listeners, capture, above);
    let (parent_id, is_remote) = parent_of::<IS_CURRENT>(listeners, above);
    recording::with(|local| {
        let mut head = Head::BLANK;
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
        head.span_id = local.ids.span_id();
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
                Sampled::No if listeners & TAIL != 0 => {
                    head.flags = head.flags.with_sampled(false);
                }
                Sampled::No => {
                    *not_sampled = Some(head);
                    if listeners::measures(listeners, callsite) {
                        return Decision::Measure(measure(callsite, local));
                    }
                    return Decision::NotSampled;
                }
            }
        }
        head.start = Ticks::now();
        let mut recording = local.blank();
        recording.open();
        recording.record.head = head;
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
            return Decision::NeedsName(recording);
        }
        Decision::Record(recording)
    })
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
fn parent_of<const IS_CURRENT: bool>(listeners: Listeners, above: &SpanContext) -> (SpanId, bool) {
    if IS_CURRENT
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

/// Skips a call that the filter excludes. It is still measured if its function has `#[traced(metrics)]`.
#[cold]
fn skip_filtered(listeners: Listeners, callsite: Option<&'static CallSite>) -> Option<Decision> {
    if listeners::measures(listeners & MEASURES, callsite) {
        return recording::with(|local| Decision::Measure(measure(callsite, local)));
    }
    Some(Decision::Skip)
}

/// Returns whether the filter excludes a child of `parent` with this scope, or without a scope.
pub(super) fn is_filtered(parent: &Context, scope: Option<&Scope>) -> bool {
    let listeners = listeners::current();
    listeners & FILTER != 0
        && capture::capture(listeners, parent).is_none()
        && filter::excludes_scope(scope)
}

/// Returns the context of a child of `parent` that is not sampled.
#[cold]
pub(super) fn not_sampled(head: &Head, parent: &Context) -> SpanContext {
    unsampled(head, parent.span().span_context().trace_state())
}

/// Returns the context of a measured call whose parent `above` is not sampled. `None` if the filter excludes
/// the call, which propagates its parent's.
pub(super) fn measured_below(record: &SpanRecord, above: &SpanContext) -> Option<SpanContext> {
    let span_id = record.head.span_id;
    (span_id != SpanId::INVALID).then(|| unsampled::child_of(above, span_id))
}

#[cold]
fn unsampled(head: &Head, state: &TraceState) -> SpanContext {
    let flags = head.flags.with_sampled(false);
    SpanContext::new(head.trace_id, head.span_id, flags, false, state.clone())
}

/// Begins to measure a call. The record has no trace id, which distinguishes it from that of a span.
#[inline(never)]
fn measure(callsite: Option<&'static CallSite>, local: &mut Local) -> Box<Recording> {
    let mut recording = local.blank();
    recording.open();
    recording.record.head = Head {
        callsite,
        start: Ticks::now(),
        ..Head::BLANK
    };
    recording
}

/// Converts a span that is not sampled into a measured call, if metrics are derived from it. Returns
/// whether they are.
pub(super) fn try_measure(record: &mut SpanRecord) -> bool {
    let is_measured = listeners::measures(listeners::current(), record.head.callsite);
    if is_measured {
        record.head.trace_id = TraceId::INVALID;
    }
    is_measured
}
