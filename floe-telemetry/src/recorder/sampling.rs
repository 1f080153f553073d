//! Whether a span is recorded, decided before anything is computed for it.
//!
//! Parent-based, unless the configuration says otherwise: a child does what its parent does. A root
//! asks the ratio of the provider's environment, or that of a rule, and then the rate limit, unless
//! it runs inside `testing::capture`, which records everything.

mod capture;
mod identity;
pub(super) mod measured;
#[cfg(feature = "provider")]
mod provider;
mod rate;
mod rules;

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, TraceId};

use super::head::Head;
use super::local::{self, Local};
use super::record::SpanRecord;
use super::recording::Recording;
use crate::callsite::CallSite;
use crate::clock::Ticks;

#[cfg(feature = "testing")]
pub(crate) use self::capture::CaptureScope;
#[cfg(feature = "provider")]
pub(crate) use self::provider::{Measured, Sampling, switch_provider};
use self::rate::RateLimit;
pub(crate) use self::rules::KnownRules;
#[cfg(feature = "provider")]
pub(crate) use self::rules::matches;

const PROVIDER: u8 = 1;
#[cfg(feature = "testing")]
const CAPTURES: u8 = 2;
/// The provider decides for each span, whatever its parent does.
const EACH_SPAN: u8 = 4;
/// Some names have a ratio of their own.
const RULES: u8 = 8;
/// Roots are limited.
const RATE: u8 = 16;
/// What is left out is recorded all the same, not sampled, because the collector may keep it.
const KEEP: u8 = 32;
/// Metrics are made of the calls of some functions.
const MEASURES: u8 = 64;
/// Metrics are made of all calls.
const MEASURES_ALL: u8 = 128;
/// What a provider may set.
#[cfg(feature = "provider")]
const OF_PROVIDER: u8 = PROVIDER | EACH_SPAN | RULES | RATE | KEEP | MEASURES | MEASURES_ALL;

/// Who wants spans at the moment: zero, or a combination of the bits above.
static LISTENERS: AtomicU8 = AtomicU8::new(0);

/// A root is sampled if the last 63 bits of its trace id are below this (OpenTelemetry's
/// `TraceIdRatioBased`, so that other SDKs with the same ratio take the same traces).
static ROOT_BOUND: AtomicU64 = AtomicU64::new(0);

static RATE_LIMIT: RateLimit = RateLimit::new();

/// The trace id is random, so that others may sample by it (W3C Trace Context level 2).
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// What is to be done for a span.
pub(super) enum Decision {
    /// Nothing: no one listens, or the parent is not sampled.
    Skip,
    /// A root that the ratio left out: children must know, so a context is attached.
    NotSampled,
    /// No span, or one that is left out, of a call that metrics are made of.
    Measure(Box<Recording>),
    Record(Box<Recording>),
    /// A root whose name is not known yet, where that matters: [`accepts`] knows.
    AskByName(Box<Recording>),
}

#[inline]
pub(crate) fn is_off() -> bool {
    cfg!(feature = "off") || LISTENERS.load(Ordering::Relaxed) == 0
}

#[cfg(feature = "testing")]
pub(crate) fn switch_captures(on: bool) {
    if on {
        LISTENERS.fetch_or(CAPTURES, Ordering::SeqCst);
    } else {
        LISTENERS.fetch_and(!CAPTURES, Ordering::SeqCst);
    }
}

/// Whether the ratio takes a span, and the rate limit if it has no parent here.
fn takes(listeners: u8, trace_id: TraceId, is_root: bool, bound: Option<u64>) -> bool {
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

/// Whether a root is recorded, now that it has its name. If not, the context that says so.
pub(super) fn accepts(record: &mut SpanRecord, local: &mut Local) -> Result<(), SpanContext> {
    let listeners = LISTENERS.load(Ordering::Relaxed);
    let said = record.more.as_ref().and_then(|more| more.name.as_deref());
    let name = said.or_else(|| Some(record.head.callsite?.name()));
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

/// Whether what begins below is left out because the span there is, whatever it is.
#[cfg(feature = "tracing")]
#[inline]
pub(crate) fn leaves_out_below(cx: &Context) -> bool {
    let span = cx.span();
    let above = span.span_context();
    let asks = LISTENERS.load(Ordering::Relaxed) & (EACH_SPAN | KEEP | MEASURES_ALL) != 0;
    above.is_valid() && !above.is_sampled() && !asks && !cx.is_telemetry_suppressed()
}

/// Decides for a span whose parent is in `parent`, and whose name is that of its call site, or comes
/// later. A span that is recorded starts now; the ids of one that is left out go to `not_sampled`, so that
/// the decision fits into registers, and nobody has to look whether there is something to drop.
/// Nothing is decided on a thread that is ending.
#[inline]
pub(super) fn decide(
    parent: &Context,
    callsite: Option<&'static CallSite>,
    not_sampled: &mut Option<Head>,
) -> Option<Decision> {
    let listeners = LISTENERS.load(Ordering::Relaxed);
    if cfg!(feature = "off") || listeners == 0 || parent.is_telemetry_suppressed() {
        return Some(Decision::Skip);
    }
    let capture = capture::capture(listeners, parent);
    if capture.is_none() && listeners & PROVIDER == 0 {
        return Some(Decision::Skip);
    }
    let span = parent.span();
    let above = span.span_context();
    let asks_ratio = capture.is_none() && (!above.is_valid() || listeners & EACH_SPAN != 0);
    // A parent of this process that is not sampled is held by the collector, and so is the rest of its
    // trace, also what begins when the parent has ended.
    let keeps = listeners & KEEP != 0 && capture.is_none() && !above.is_remote();
    if above.is_valid() && !asks_ratio && !above.is_sampled() && !keeps {
        // The thread's own is not asked for: most of what is left out is left out here.
        if measured::is_wanted(listeners, callsite) && capture.is_none() {
            return local::with(|local| Decision::Measure(measured::begin(callsite, local)));
        }
        return Some(Decision::Skip);
    }
    local::with(|local| {
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
                    if measured::is_wanted(listeners, callsite) {
                        return Decision::Measure(measured::begin(callsite, local));
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
        if let Some(identity) = identity::identity(parent) {
            recording.record.more_mut().identity = Some(identity);
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

/// The context of a span that was left out below `parent`.
#[cold]
pub(super) fn not_sampled(head: &Head, parent: &Context) -> SpanContext {
    unsampled(head, parent.span().span_context().trace_state())
}

#[cold]
fn unsampled(head: &Head, state: &TraceState) -> SpanContext {
    let flags = head.flags.with_sampled(false);
    SpanContext::new(head.trace_id, head.span_id, flags, false, state.clone())
}
