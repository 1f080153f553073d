//! The ids of spans that are not sampled.
//!
//! Such a span needs an id only for log records and outgoing requests. A `Context` with the id would cost
//! several times as much as the rest of the call, so a call is marked in a thread-local cell, and its id
//! is created when it is read. Readers of the current span in this crate look here
//! ([`current`](super::current)). Other code
//! that reads OpenTelemetry's current `Context` finds the nearest ancestor that has one, which is not
//! sampled either.

use std::cell::Cell;
use std::marker::PhantomData;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, ContextGuard, SpanId, TraceId};

use super::listeners::{self, TAIL};
use super::recording;

/// A hash of the trace id and the span id of a span. It fits into a register, unlike the ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct IdHash(u64);

impl IdHash {
    const NONE: Self = Self(0);

    #[inline]
    pub(super) fn of(context: &SpanContext) -> Self {
        Self::of_ids(context.trace_id(), context.span_id())
    }

    #[inline]
    pub(crate) fn of_ids(trace_id: TraceId, span_id: SpanId) -> Self {
        let [high, low] = halves(trace_id.to_bytes());
        let span = u64::from_be_bytes(span_id.to_bytes());
        let trace =
            low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        Self(trace ^ span)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
const fn halves(id: [u8; 16]) -> [u64; 2] {
    let id = u128::from_be_bytes(id);
    [(id >> 64) as u64, id as u64]
}

/// A span that is not sampled and has no `Context`.
#[derive(Clone, Copy, Debug)]
struct Unsampled {
    /// The span in the current `Context`, below which it runs.
    below: IdHash,
    /// Invalid until it is read.
    id: SpanId,
}

thread_local! {
    static CURRENT: Cell<Unsampled> = const {
        Cell::new(Unsampled {
            below: IdHash::NONE,
            id: SpanId::INVALID,
        })
    };
}

/// Makes a span current until it is dropped. Guards of one thread are dropped in reverse order.
#[derive(Debug)]
pub(super) struct UnsampledGuard {
    previous: Unsampled,
    not_send: PhantomData<*const ()>,
}

impl UnsampledGuard {
    /// The span runs below the one that is current in OpenTelemetry's `Context`. Its `id` is invalid if it
    /// is to be created when it is read.
    #[inline]
    pub(super) fn attach(below: IdHash, id: SpanId) -> Self {
        Self {
            previous: CURRENT.replace(Unsampled { below, id }),
            not_send: PhantomData,
        }
    }
}

impl Drop for UnsampledGuard {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// A span of a future that waits for its next poll. A `Context` with its id would be two allocations.
#[derive(Debug)]
pub(super) struct Suspended {
    context: Context,
    span: Unsampled,
}

impl Suspended {
    /// Returns the span that is current on this thread; `None` if it has a `Context`.
    pub(super) fn current() -> Option<Self> {
        Context::map_current(|cx| {
            // Creates the id.
            id_below(cx.span().span_context())?;
            Some(Self {
                context: cx.clone(),
                span: CURRENT.get(),
            })
        })
    }

    /// Makes the span current again.
    pub(super) fn attach(&self) -> (UnsampledGuard, ContextGuard) {
        let context = self.context.clone().attach();
        (
            UnsampledGuard::attach(self.span.below, self.span.id),
            context,
        )
    }
}

/// Returns the id of the parent of a span, and whether the parent is remote. `above` is the span in the
/// `Context`, which is not sampled.
#[cold]
pub(super) fn parent_at(above: &SpanContext) -> (SpanId, bool) {
    match id_below(above) {
        Some(id) => (id, false),
        None => (above.span_id(), above.is_remote()),
    }
}

/// Returns the id of the span that is not sampled and runs on this thread directly below `above`.
pub(super) fn id_below(above: &SpanContext) -> Option<SpanId> {
    let current = CURRENT.get();
    if current.below == IdHash::NONE || current.below != IdHash::of(above) {
        return None;
    }
    if current.id != SpanId::INVALID {
        return Some(current.id);
    }
    let id = recording::with(|local| local.ids.span_id())?;
    CURRENT.set(Unsampled { id, ..current });
    Some(id)
}

/// Returns the ids of a span with this id in the trace of its ancestor `above`.
///
/// Below a remote parent a span that is not sampled stays remote for the tail sampler, which buffers local traces only. The
/// specification's local context is that of all other samplers.
#[inline]
pub(super) fn child_of(above: &SpanContext, span_id: SpanId) -> SpanContext {
    SpanContext::new(
        above.trace_id(),
        span_id,
        above.trace_flags(),
        above.is_remote() && listeners::current() & TAIL != 0,
        above.trace_state().clone(),
    )
}
