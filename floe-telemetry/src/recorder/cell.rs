//! The current span, where it has no `Context` of its own.
//!
//! A `Context` with a span costs several times as much as the rest of a call. Two kinds of spans are therefore
//! in a thread-local cell instead, beside a hash of the span in the `Context` that they run in:
//!
//! - A span that is not sampled, which needs an id only for log records and outgoing requests. The id
//!   is created when it is read.
//! - With `context: boundaries`, a span that is recorded and is not the first one of its trace on its thread.
//!
//! A `Context` that other code attaches has another span, so the cell does not apply in it. Readers of the
//! current span in this crate look here ([`current`](super::current)). Other code that reads OpenTelemetry's current `Context` finds the
//! nearest ancestor that has one; an update of that span goes to the span in the cell.

use std::cell::Cell;
use std::marker::PhantomData;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::listeners::{self, TAIL};
use super::pending::Handle;
use super::recording::{self, Recording};

/// A hash of the trace id and the span id of a span. It fits into a register, unlike the ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct IdHash(u64);

impl IdHash {
    const NONE: Self = Self(0);

    #[inline]
    pub(super) fn of(context: &SpanContext) -> Self {
        let [high, low] = halves(context.trace_id().to_bytes());
        let span = u64::from_be_bytes(context.span_id().to_bytes());
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

/// The content of the cell.
#[derive(Clone, Copy, Debug)]
struct Inner {
    /// The span in the current `Context` that the span runs in, or which it is.
    within: IdHash,
    /// Invalid until it is read.
    id: SpanId,
    /// Access to a span that is recorded.
    handle: Option<Handle>,
}

impl Inner {
    const NONE: Self = Self {
        within: IdHash::NONE,
        id: SpanId::INVALID,
        handle: None,
    };
}

thread_local! {
    static CURRENT: Cell<Inner> = const { Cell::new(Inner::NONE) };
}

/// Makes a span current until it is dropped. Guards of one thread are dropped in reverse order.
#[derive(Debug)]
pub(super) struct CellGuard {
    previous: Inner,
    not_send: PhantomData<*const ()>,
}

impl CellGuard {
    /// A span that is not sampled and runs in a span of the current `Context`. Its `id` is invalid if it is to
    /// be created when it is read.
    #[inline]
    pub(super) fn unsampled(within: IdHash, id: SpanId) -> Self {
        Self::enter(Inner {
            within,
            id,
            handle: None,
        })
    }

    /// A recorded span that runs in the span in `cx`, which is current. `None` if that is not the span in
    /// which this thread's cell is, so that a `Context` is needed.
    #[inline]
    pub(super) fn nested(cx: &Context, recording: &Recording) -> Option<Self> {
        let within = IdHash::of(cx.span().span_context());
        let current = CURRENT.get();
        (current.within == within && current.handle.is_some()).then(|| {
            Self::enter(Inner {
                within,
                id: recording.record.head.span_id,
                handle: Some(recording.handle()),
            })
        })
    }

    /// A recorded span that is in the current `Context` itself. Spans in it need no other one.
    #[inline]
    pub(super) fn boundary(recording: &Recording) -> Self {
        let head = &recording.record.head;
        Self::enter(Inner {
            within: IdHash::of(&recording.record.context()),
            id: head.span_id,
            handle: Some(recording.handle()),
        })
    }

    /// No span: the current one is in the current `Context`.
    pub(super) fn empty() -> Self {
        Self::enter(Inner::NONE)
    }

    #[inline]
    fn enter(inner: Inner) -> Self {
        Self {
            previous: CURRENT.replace(inner),
            not_send: PhantomData,
        }
    }
}

impl Drop for CellGuard {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// Returns the id of the parent of a span, and whether the parent is remote. `above` is the span in the
/// current `Context`.
#[inline]
pub(super) fn parent_at(above: &SpanContext) -> (SpanId, bool) {
    match id_within(above) {
        Some(id) => (id, false),
        None => (above.span_id(), above.is_remote()),
    }
}

/// Returns the id of the span in this thread's cell, if it runs in `above`.
#[inline]
pub(super) fn id_within(above: &SpanContext) -> Option<SpanId> {
    let current = CURRENT.get();
    if current.within == IdHash::NONE || current.within != IdHash::of(above) {
        return None;
    }
    if current.id != SpanId::INVALID {
        return Some(current.id);
    }
    create_id(current)
}

#[cold]
fn create_id(current: Inner) -> Option<SpanId> {
    let id = recording::with(|local| local.ids.span_id())?;
    CURRENT.set(Inner { id, ..current });
    Some(id)
}

/// Access to the recorded span in this thread's cell, if it runs in the span `above`.
pub(super) fn handle_within(above: &SpanContext) -> Option<Handle> {
    let current = CURRENT.get();
    current
        .handle
        .filter(|_| current.within == IdHash::of(above))
}

/// Returns the ids of a span with this id in the trace of its ancestor `above`.
///
/// Below a remote parent, a span that is not sampled stays remote for the tail sampler, which buffers local
/// traces only. The specification's local context is that of all other samplers.
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
