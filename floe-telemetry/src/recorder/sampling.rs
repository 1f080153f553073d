//! The head sampler: whether a span is recorded, decided before anything is computed for it.
//!
//! Unless the configuration chooses another sampler it is parent-based: a child follows its parent.
//! For a root, the ratio of the provider or of a sampling rule decides, and then the rate limit. Inside
//! `testing::capture` everything is recorded.

pub(super) mod baggage;
mod capture;
#[cfg(feature = "provider")]
mod provider;
mod rate;
pub(super) mod rules;

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, TraceId};

#[cfg(feature = "testing")]
pub(crate) use self::capture::CaptureScope;
#[cfg(feature = "provider")]
pub(crate) use self::provider::{
    Measured, ProviderId, Sampling, SamplingChange, change_sampling, start_provider, stop_provider,
};
use self::rate::RateLimit;
#[cfg(feature = "provider")]
pub(crate) use self::rules::matches;
use super::filter;
#[cfg(feature = "tracing")]
use super::listeners::MEASURES_ALL;
use super::listeners::{self, EACH_SPAN, FILTER, KEEP, Listeners, MEASURES, PROVIDER, RATE, RULES};
use super::record::{Head, SpanRecord};
use super::recording::{self, Local, Recording};
use crate::callsite::{CallSite, Scope};
use crate::clock::Ticks;

/// A root is sampled if the last 63 bits of its trace id are below this (OpenTelemetry's
/// `TraceIdRatioBased`, so that other SDKs with the same ratio sample the same traces).
static ROOT_BOUND: AtomicU64 = AtomicU64::new(0);

static RATE_LIMIT: RateLimit = RateLimit::new();

/// The flag for a trace id that is random, so that samplers downstream may rely on it (W3C Trace
/// Context level 2).
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// What happens to a span that is about to start.
pub(super) enum Decision {
    /// Nothing is recorded: there is no listener, the filter excludes the call, or the parent is not
    /// sampled.
    Skip,
    /// A root that is not sampled. Its context is attached, so that its children are not sampled
    /// either.
    NotSampled,
    /// A call from which metrics are made, with no span or one that is not sampled.
    Measure(Box<Recording>),
    Record(Box<Recording>),
    /// A root whose name is needed by the sampling rules and not known yet: [`accepts`] decides later.
    AskByName(Box<Recording>),
}

/// Whether the ratio samples a span, and for one without a parent in this process the rate limit.
fn takes(listeners: Listeners, trace_id: TraceId, is_root: bool, bound: Option<u64>) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low half is what the ratio looks at"
    )]
    let low = u128::from_be_bytes(trace_id.to_bytes()) as u64;
    let bound = bound.unwrap_or_else(|| ROOT_BOUND.load(Ordering::Relaxed));
    (low >> 1) < bound && (!is_root || listeners & RATE == 0 || rate_takes())
}

#[cold]
fn rate_takes() -> bool {
    let now = Ticks::now().since(Ticks::ZERO).as_nanos();
    RATE_LIMIT.takes(u64::try_from(now).unwrap_or(u64::MAX))
}

/// Decides for a root whose name is known by now. The error is the context of one that is not sampled.
pub(super) fn accepts(record: &mut SpanRecord, local: &mut Local) -> Result<(), SpanContext> {
    let listeners = listeners::current();
    let set = record.more.as_ref().and_then(|more| more.name.as_deref());
    let name = set.or_else(|| Some(record.head.callsite?.name()));
    let bound = local.rules.get().of_name(name.unwrap_or_default());
    if takes(listeners, record.head.trace_id, true, bound) {
        return Ok(());
    }
    if listeners & KEEP != 0 {
        record.head.flags = record.head.flags.with_sampled(false);
        return Ok(());
    }
    Err(unsampled(&record.head, record.context().trace_state()))
}

/// Whether no span below the one in `cx` is recorded, because that one is not sampled.
#[cfg(feature = "tracing")]
#[inline]
pub(crate) fn is_unsampled_below(cx: &Context) -> bool {
    let span = cx.span();
    let above = span.span_context();
    let asks = listeners::current() & (EACH_SPAN | KEEP | MEASURES_ALL) != 0;
    above.is_valid() && !above.is_sampled() && !asks && !cx.is_telemetry_suppressed()
}

/// Decides for a span below `parent`. Its name is that of the call site, or is set later. A span that is
/// recorded starts now. The ids of one that is not sampled are written to `not_sampled`: without them the
/// decision fits into registers and has no destructor. On a thread that is ending there is no decision.
#[inline]
pub(super) fn decide(
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
        return Some(Decision::Skip);
    }
    if listeners & FILTER != 0
        && capture.is_none()
        && callsite.is_some_and(filter::excludes_function)
    {
        return skip_filtered(listeners, callsite);
    }
    let span = parent.span();
    let above = span.span_context();
    let asks_ratio = capture.is_none() && (!above.is_valid() || listeners & EACH_SPAN != 0);
    // The tail sampler buffers a local trace that is not sampled, so it needs all spans of that trace,
    // also those that start after their parent has ended.
    let keeps = listeners & KEEP != 0 && capture.is_none() && !above.is_remote();
    if above.is_valid() && !asks_ratio && !above.is_sampled() && !keeps {
        // Without access to the thread's storage: this is where most spans that are not sampled end.
        if listeners::measures(listeners, callsite) && capture.is_none() {
            return recording::with(|local| Decision::Measure(measure(callsite, local)));
        }
        return Some(Decision::Skip);
    }
    recording::with(|local| {
        let mut head = Head::BLANK;
        if above.is_valid() {
            head.trace_id = above.trace_id();
            head.parent = above.span_id();
            head.parent_is_remote = above.is_remote();
            let is_sampled = asks_ratio || above.is_sampled();
            head.flags = above.trace_flags().with_sampled(is_sampled);
        } else {
            head.trace_id = local.ids.trace_id();
            head.flags = TraceFlags::SAMPLED | RANDOM;
        }
        head.span_id = local.ids.span_id();
        let is_root = !above.is_valid() || above.is_remote();
        let asks_rules = asks_ratio && is_root && listeners & RULES != 0;
        if asks_ratio && (!asks_rules || callsite.is_some()) {
            let bound = callsite.filter(|_| asks_rules);
            let bound = bound.and_then(|site| local.rules.get().of_site(site));
            if !takes(listeners, head.trace_id, is_root, bound) {
                if listeners & KEEP == 0 {
                    *not_sampled = Some(head);
                    if listeners::measures(listeners, callsite) {
                        return Decision::Measure(measure(callsite, local));
                    }
                    return Decision::NotSampled;
                }
                head.flags = head.flags.with_sampled(false);
            }
        }
        head.start = Ticks::now();
        let mut recording = local.blank();
        recording.open();
        recording.record.head = head;
        if *above.trace_state() != TraceState::NONE && above.is_valid() {
            recording.record.more_mut().trace_state = above.trace_state().clone();
        }
        if let Some(baggage) = local.baggage.values(parent) {
            recording.record.more_mut().baggage = Some(baggage);
        }
        #[cfg(feature = "testing")]
        if capture.is_some() {
            recording.record.more_mut().capture = capture;
        }
        if asks_rules && callsite.is_none() {
            return Decision::AskByName(recording);
        }
        Decision::Record(recording)
    })
}

/// A call that the filter excludes is measured if its function asks for that by name.
#[cold]
fn skip_filtered(listeners: Listeners, callsite: Option<&'static CallSite>) -> Option<Decision> {
    if listeners::measures(listeners & MEASURES, callsite) {
        return recording::with(|local| Decision::Measure(measure(callsite, local)));
    }
    Some(Decision::Skip)
}

/// Whether the filter excludes a span of a tracer, or of none, below `parent`.
pub(super) fn is_filtered(parent: &Context, scope: Option<&Scope>) -> bool {
    let listeners = listeners::current();
    listeners & FILTER != 0
        && capture::capture(listeners, parent).is_none()
        && filter::excludes_scope(scope)
}

/// The context of a span below `parent` that is not sampled.
#[cold]
pub(super) fn not_sampled(head: &Head, parent: &Context) -> SpanContext {
    unsampled(head, parent.span().span_context().trace_state())
}

#[cold]
fn unsampled(head: &Head, state: &TraceState) -> SpanContext {
    let flags = head.flags.with_sampled(false);
    SpanContext::new(head.trace_id, head.span_id, flags, false, state.clone())
}

/// Begins to measure a call. It has no ids, which distinguishes it from a span.
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

/// Turns a span that is not recorded after all into a measured call, if metrics are made from it.
pub(super) fn becomes_measured(record: &mut SpanRecord) -> bool {
    let is_measured = listeners::measures(listeners::current(), record.head.callsite);
    if is_measured {
        record.head.trace_id = TraceId::INVALID;
    }
    is_measured
}
