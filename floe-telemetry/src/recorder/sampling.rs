//! Whether a span is recorded, decided before anything is computed for it.
//!
//! Parent-based, unless the configuration says otherwise: a child does what its parent does. A root asks the ratio of the provider's
//! environment, unless it runs inside `testing::capture`, which records everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue, SpanId, TraceId};

use super::ids;
use crate::keys;

const PROVIDER: u8 = 1;
#[cfg(feature = "testing")]
const CAPTURES: u8 = 2;
/// The provider decides for each span, whatever its parent does.
const EACH_SPAN: u8 = 4;

/// Who wants spans at the moment: zero, or a combination of the bits above.
static LISTENERS: AtomicU8 = AtomicU8::new(0);

/// A root is sampled if the last 63 bits of its trace id are below this (OpenTelemetry's
/// `TraceIdRatioBased`, so that other SDKs with the same ratio take the same traces).
static ROOT_BOUND: AtomicU64 = AtomicU64::new(0);

/// The trace id is random, so that others may sample by it (W3C Trace Context level 2).
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// What is to be done for a span.
pub(super) enum Decision {
    /// Nothing: no one listens, or the parent is not sampled.
    Skip,
    /// A root that the ratio left out: children must know, so a context is attached.
    LeaveOut(SpanContext),
    Record(Start),
}

/// What a recorded span starts from.
pub(super) struct Start {
    pub(super) context: SpanContext,
    pub(super) parent: SpanId,
    pub(super) parent_is_remote: bool,
    pub(super) identity: Option<Arc<[KeyValue]>>,
    #[cfg(feature = "testing")]
    pub(super) capture: Option<u64>,
}

#[inline]
pub(super) fn is_off() -> bool {
    cfg!(feature = "off") || LISTENERS.load(Ordering::Relaxed) == 0
}

#[cfg(feature = "provider")]
pub(crate) fn switch_provider(sampling: Option<Sampling>) {
    match sampling {
        Some(Sampling {
            ratio,
            is_parent_based,
        }) => {
            ROOT_BOUND.store(root_bound(ratio), Ordering::Relaxed);
            let each = if is_parent_based { 0 } else { EACH_SPAN };
            LISTENERS.fetch_or(PROVIDER | each, Ordering::SeqCst);
        }
        None => {
            LISTENERS.fetch_and(!(PROVIDER | EACH_SPAN), Ordering::SeqCst);
        }
    }
}

/// Which spans the provider wants.
#[cfg(feature = "provider")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampling {
    pub(crate) ratio: f64,
    /// Otherwise the ratio decides for spans with a parent, too.
    pub(crate) is_parent_based: bool,
}

#[cfg(feature = "testing")]
pub(crate) fn switch_captures(on: bool) {
    if on {
        LISTENERS.fetch_or(CAPTURES, Ordering::SeqCst);
    } else {
        LISTENERS.fetch_and(!CAPTURES, Ordering::SeqCst);
    }
}

#[cfg(feature = "provider")]
fn root_bound(ratio: f64) -> u64 {
    // A float holds 2^63 exactly, so 1.0 gives a bound that no 63-bit number reaches.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio is in 0..=1"
    )]
    let bound = (ratio.clamp(0.0, 1.0) * 9_223_372_036_854_775_808.0) as u64;
    bound
}

fn ratio_takes(trace_id: TraceId) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low half is what the ratio looks at"
    )]
    let low = u128::from_be_bytes(trace_id.to_bytes()) as u64;
    (low >> 1) < ROOT_BOUND.load(Ordering::Relaxed)
}

/// Decides for a span whose parent is in `parent`.
#[inline]
pub(super) fn decide(parent: &Context) -> Decision {
    let listeners = LISTENERS.load(Ordering::Relaxed);
    if cfg!(feature = "off") || listeners == 0 || parent.is_telemetry_suppressed() {
        return Decision::Skip;
    }
    let capture = capture(listeners, parent);
    let is_wanted = capture.is_some() || listeners & PROVIDER != 0;
    let span = parent.span();
    let above = span.span_context();
    if above.is_valid() {
        if listeners & EACH_SPAN != 0 && capture.is_none() {
            if !ratio_takes(above.trace_id()) {
                return Decision::LeaveOut(child(above, false));
            }
        } else if !above.is_sampled() || !is_wanted {
            return Decision::Skip;
        }
        return Decision::Record(Start {
            context: child(above, true),
            parent: above.span_id(),
            parent_is_remote: above.is_remote(),
            identity: identity(parent),
            #[cfg(feature = "testing")]
            capture,
        });
    }
    let trace_id = ids::trace_id();
    if capture.is_some() || (is_wanted && ratio_takes(trace_id)) {
        Decision::Record(Start {
            context: root(trace_id, TraceFlags::SAMPLED | RANDOM),
            parent: SpanId::INVALID,
            parent_is_remote: false,
            identity: identity(parent),
            #[cfg(feature = "testing")]
            capture,
        })
    } else if is_wanted {
        Decision::LeaveOut(root(trace_id, RANDOM))
    } else {
        Decision::Skip
    }
}

#[inline]
fn child(above: &SpanContext, is_sampled: bool) -> SpanContext {
    SpanContext::new(
        above.trace_id(),
        ids::span_id(),
        above.trace_flags().with_sampled(is_sampled),
        false,
        above.trace_state().clone(),
    )
}

#[inline]
fn root(trace_id: TraceId, flags: TraceFlags) -> SpanContext {
    SpanContext::new(trace_id, ids::span_id(), flags, false, TraceState::NONE)
}

/// The identity that baggage in `cx` carries, if any.
#[inline]
fn identity(cx: &Context) -> Option<Arc<[KeyValue]>> {
    let baggage = cx.baggage();
    if baggage.is_empty() {
        return None;
    }
    let found: Vec<KeyValue> = keys::IDENTITY
        .iter()
        .filter_map(|key| Some(KeyValue::new(*key, baggage.get(key)?.clone())))
        .collect();
    (!found.is_empty()).then(|| found.into())
}

/// In the `Context` while a capture runs.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureScope(pub(crate) u64);

#[cfg(feature = "testing")]
thread_local! {
    /// The capture whose code this thread runs, for contexts that were made from nothing.
    static RUNNING: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

#[cfg(feature = "testing")]
impl CaptureScope {
    /// Runs the capture's code on this thread.
    pub(crate) fn run<T>(self, code: impl FnOnce() -> T) -> T {
        struct Restore(Option<u64>);
        impl Drop for Restore {
            fn drop(&mut self) {
                RUNNING.set(self.0);
            }
        }
        let _restore = Restore(RUNNING.replace(Some(self.0)));
        code()
    }
}

/// The capture that `cx` is in.
#[cfg(feature = "testing")]
#[inline]
fn capture(listeners: u8, cx: &Context) -> Option<u64> {
    if listeners & CAPTURES == 0 {
        return None;
    }
    let scope = cx.get::<CaptureScope>().map(|scope| scope.0);
    scope.or_else(|| RUNNING.try_with(std::cell::Cell::get).ok().flatten())
}

#[cfg(not(feature = "testing"))]
#[inline]
fn capture(_: u8, _: &Context) -> Option<u64> {
    None
}

#[cfg(all(test, feature = "provider"))]
mod tests {
    use super::*;

    #[test]
    fn the_bound_covers_all_of_the_ratio() {
        assert_eq!(root_bound(0.0), 0);
        assert_eq!(root_bound(1.0), 1 << 63);
        assert_eq!(root_bound(0.5), 1 << 62);
    }
}
