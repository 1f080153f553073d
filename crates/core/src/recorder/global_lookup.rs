//! Looks for OpenTelemetry's global tracer provider, which a program may use instead of a provider of this crate.
//!
//! OpenTelemetry does not report that a provider exists or was set. So a thread looks for one while nothing is
//! recorded: at its first call, and then at growing intervals of counted calls. After about 17,400 calls, calls of
//! plain functions are no longer counted, because counting takes longer than such a call. Other ways to open a span,
//! the first poll of a future, and new threads continue to look.

use std::cell::Cell;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, TraceContextExt, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, SpanId, TraceFlags, TraceId, global};

use super::context;
use super::last_panic;
use crate::caught::caught;

/// The longest interval between two look-ups of a thread, in calls.
const MAX_INTERVAL: u32 = 1024;

/// The number of look-ups after which calls of plain functions are no longer counted. The last sixteen come at the
/// longest interval.
const SETTLED: u32 = 27;

thread_local! {
    /// The number of calls until the next look-up of this thread.
    static CALLS: Cell<u32> = const { Cell::new(1) };
    static LOOKS: Cell<u32> = const { Cell::new(0) };
}

#[inline]
pub(super) fn is_settled() -> bool {
    LOOKS.get() == SETTLED
}

/// Counts a call, and looks for a provider if a look-up is due. Returns whether a provider was found.
#[inline]
pub(super) fn was_found() -> bool {
    let left = CALLS.get().wrapping_sub(1);
    CALLS.set(left);
    left == 0 && look()
}

#[cold]
#[inline(never)]
fn look() -> bool {
    // Until the look-up has ended, annotated functions that the provider calls start no other look-up.
    CALLS.set(u32::MAX);
    let is_there = caught(is_there).unwrap_or(false);
    if is_there {
        last_panic::observe();
    }
    let looks = LOOKS.get();
    CALLS.set(MAX_INTERVAL.min(1 << looks));
    LOOKS.set((looks + 1).min(SETTLED));
    is_there
}

/// Whether the global provider creates spans. A no-op provider, and a provider of this crate that records nothing, only
/// propagate the context of the parent. The provider may belong to a copy of this crate in another version, so the look-up
/// relies on nothing but OpenTelemetry's API.
fn is_there() -> bool {
    if context::is_known_suppressed() {
        return false;
    }
    let parent = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    );
    let cx = Context::new().with_remote_span_context(parent);
    // Suppressed, so that OpenTelemetry's SDK starts no span and nothing is exported.
    let cx = cx.with_telemetry_suppressed();
    let scope = InstrumentationScope::builder("floe-telemetry").build();
    let span = tracer(scope).build_with_context(SpanBuilder::from_name("probe"), &cx);
    let ids = span.span_context();
    ids.trace_id() != TraceId::from(1) || ids.span_id() != SpanId::from(1)
}

/// Returns a tracer of the global provider.
#[inline(never)]
pub(super) fn tracer(scope: InstrumentationScope) -> BoxedTracer {
    global::tracer_provider().tracer_with_scope(scope)
}
