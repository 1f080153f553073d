//! Looks for OpenTelemetry's global tracer provider, which a program without a provider of this crate may have.
//!
//! OpenTelemetry reports neither that there is a provider nor that a new one is set. So a thread looks for one: at its
//! first call while nothing is recorded, and then at ever longer intervals of calls, which it counts. After some 18,000
//! calls, a call of a plain function only loads that this is so: decrementing a count takes longer than the call.
//! Other ways to open a span, the first poll of a future, and new threads go on looking.

use std::cell::Cell;

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, TraceContextExt, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, SpanId, TraceFlags, TraceId, global};

use super::last_panic;
use crate::caught::caught;

/// The longest interval between two lookups of a thread, in calls.
const MAX_INTERVAL: u32 = 1024;

/// The number of lookups after which calls of plain functions are not counted any more. The last sixteen have the
/// longest interval.
const SETTLED: u32 = 27;

/// Has a destructor, so that its destruction is noticed.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

thread_local! {
    /// Destroyed before OpenTelemetry's `Context`, see [`recording`](super::recording).
    static CONTEXT_IS_ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive
    };
    /// The calls until the next lookup of this thread.
    static CALLS: Cell<u32> = const { Cell::new(1) };
    static LOOKS: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread does not count calls of plain functions any more.
#[inline]
pub(super) fn is_settled() -> bool {
    LOOKS.get() == SETTLED
}

/// Counts a call, and looks for a provider if it is time. Returns whether there is one.
#[inline]
pub(super) fn was_found() -> bool {
    let left = CALLS.get().wrapping_sub(1);
    CALLS.set(left);
    left == 0 && look()
}

#[cold]
#[inline(never)]
fn look() -> bool {
    // The provider may call annotated functions meanwhile.
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

/// Whether the global provider makes spans. A provider that does nothing, and this crate's while nothing is recorded,
/// propagate the context of the parent.
fn is_there() -> bool {
    let is_alive = CONTEXT_IS_ALIVE.try_with(|_| ()).is_ok();
    if !is_alive || Context::is_current_telemetry_suppressed() {
        return false;
    }
    let parent = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    );
    let cx = Context::new().with_remote_span_context(parent.clone());
    // So that nothing is exported: OpenTelemetry's SDK starts no span then.
    let cx = cx.with_telemetry_suppressed();
    let tracer = global::tracer_provider().tracer("floe-telemetry");
    let span = tracer.build_with_context(SpanBuilder::from_name("probe"), &cx);
    *span.span_context() != parent
}
