//! Whether a span is recorded, decided before anything is computed for it.
//!
//! Parent-based, unless the configuration says otherwise: a child does what its parent does. A root
//! asks the ratio of the provider's environment, unless it runs inside `testing::capture`, which records everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue, TraceId};

use super::head::Head;
use super::local::Local;
use super::recording::Recording;
use crate::clock::Ticks;
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
    LeaveOut,
    Record(Box<Recording>),
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

/// Decides for a span whose parent is in `parent`. A span that is recorded starts now; the context
/// of one that is left out goes to `left_out`, so that the decision fits into registers.
#[inline]
pub(super) fn decide(
    parent: &Context,
    local: &mut Local,
    left_out: &mut Option<SpanContext>,
) -> Decision {
    let listeners = LISTENERS.load(Ordering::Relaxed);
    if cfg!(feature = "off") || listeners == 0 || parent.is_telemetry_suppressed() {
        return Decision::Skip;
    }
    let capture = capture(listeners, parent);
    if capture.is_none() && listeners & PROVIDER == 0 {
        return Decision::Skip;
    }
    let span = parent.span();
    let above = span.span_context();
    let asks_ratio = capture.is_none() && (!above.is_valid() || listeners & EACH_SPAN != 0);
    let mut head = Head::BLANK;
    if above.is_valid() {
        if !asks_ratio && !above.is_sampled() {
            return Decision::Skip;
        }
        head.trace_id = above.trace_id();
        head.parent = above.span_id();
        head.parent_is_remote = above.is_remote();
        head.flags = above.trace_flags().with_sampled(true);
    } else {
        head.trace_id = local.ids.trace_id();
        head.flags = TraceFlags::SAMPLED | RANDOM;
    }
    head.span_id = local.ids.span_id();
    if asks_ratio && !ratio_takes(head.trace_id) {
        *left_out = Some(unsampled(&head, above.trace_state()));
        return Decision::LeaveOut;
    }
    head.start = Ticks::now();
    let mut recording = local.blank();
    recording.open();
    recording.record.head = head;
    if *above.trace_state() != TraceState::NONE && above.is_valid() {
        recording.record.more_mut().trace_state = above.trace_state().clone();
    }
    if let Some(identity) = identity(parent) {
        recording.record.more_mut().identity = Some(identity);
    }
    #[cfg(feature = "testing")]
    if capture.is_some() {
        recording.record.more_mut().capture = capture;
    }
    Decision::Record(recording)
}

#[cold]
fn unsampled(head: &Head, state: &TraceState) -> SpanContext {
    let flags = head.flags.with_sampled(false);
    SpanContext::new(head.trace_id, head.span_id, flags, false, state.clone())
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
