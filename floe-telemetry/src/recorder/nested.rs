//! Recorded spans that have no `Context` of their own, with the setting `context: boundaries`.
//!
//! A `Context` with a span costs about as much as the rest of a call. With the setting, the first span of a trace on
//! a thread has one, the boundary. A thread-local cell stores the boundary, and which of the spans in it is the
//! current one. The boundary is identified by the address of its span context, which clones of its `Context`
//! share, also those with other baggage. In a `Context` with another span, the cell does not apply, and the next
//! span is a boundary again. Readers of the current span in this crate look here ([`current`](super::current)).
//! Other code that reads OpenTelemetry's current `Context` finds the boundary; its updates of that span go to the
//! current one.
//!
//! The spans of `tracing` are in a list ([`entered`](super::entered)).

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

#[cfg(feature = "tracing")]
use super::entered::innermost_at as entered_at;
use super::pending::{Handle, PendingUpdates};
use super::recording::{Recording, context_is_alive};

// In two cells: a load of both at once, right after they were stored one by one, would stall.
thread_local! {
    /// The address of the boundary's span context, whose `Context` is attached for longer than this is stored; or 0.
    static BOUNDARY: Cell<usize> = const { Cell::new(0) };
    /// The current span in the boundary, which may be the boundary. It is open, so this is its own.
    static CURRENT: Cell<Option<&'static PendingUpdates>> = const { Cell::new(None) };
}

#[inline]
fn address(context: &SpanContext) -> usize {
    ptr::from_ref(context).addr()
}

/// Returns access to `recording`, whose span may become the current one.
#[inline]
pub(super) fn current_updates(recording: &Recording) -> &'static PendingUpdates {
    let updates = recording.updates();
    let id = recording.record.head.span_id.to_bytes();
    updates.set_span_id(u64::from_be_bytes(id));
    updates
}

/// Makes a span current in the boundary of this thread until it is dropped. Guards of one thread are dropped in
/// reverse order.
#[derive(Debug)]
pub(super) struct NestedGuard {
    previous: Option<&'static PendingUpdates>,
    not_send: PhantomData<*const ()>,
}

impl NestedGuard {
    /// A span in the boundary of this thread.
    #[inline]
    pub(super) fn enter(recording: &Recording) -> Self {
        Self {
            previous: CURRENT.replace(Some(current_updates(recording))),
            not_send: PhantomData,
        }
    }
}

impl Drop for NestedGuard {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// Changes the boundary of this thread until it is dropped. It is ordered with the other guards.
#[derive(Debug)]
pub(super) struct BoundaryGuard {
    boundary: usize,
    current: Option<&'static PendingUpdates>,
    not_send: PhantomData<*const ()>,
}

impl BoundaryGuard {
    /// The boundary is the span in `cx`, which is about to be attached, and to be detached after this guard is
    /// dropped. The current span is that of `recording`.
    #[inline]
    pub(super) fn attach(cx: &Context, recording: &Recording) -> Self {
        Self {
            boundary: BOUNDARY.replace(address(cx.span().span_context())),
            current: CURRENT.replace(Some(current_updates(recording))),
            not_send: PhantomData,
        }
    }

    /// No boundary: the current span is in the current context.
    pub(super) fn none() -> Self {
        Self {
            boundary: BOUNDARY.replace(0),
            current: CURRENT.get(),
            not_send: PhantomData,
        }
    }
}

impl Drop for BoundaryGuard {
    #[inline]
    fn drop(&mut self) {
        BOUNDARY.set(self.boundary);
        CURRENT.set(self.current);
    }
}

/// The boundary of a thread, in which a function is the current span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boundary(usize);

impl Boundary {
    /// The boundary of this thread, and the id of the current span in it.
    #[inline]
    pub(super) fn current() -> Option<(Self, SpanId)> {
        let updates = CURRENT.get()?;
        let boundary = BOUNDARY.get();
        let id = SpanId::from(updates.span_id());
        entered_at(boundary)
            .is_none()
            .then_some((Self(boundary), id))
    }

    /// Whether it is the span with this span context, which is in a `Context` and not a copy.
    #[inline]
    pub(super) fn is_at(self, above: &SpanContext) -> bool {
        self.0 == address(above)
    }
}

/// Whether `above`, the span context in a `Context` and not a copy, is that of the boundary of this thread.
#[inline]
pub(super) fn is_boundary(above: &SpanContext) -> bool {
    let boundary = BOUNDARY.get();
    boundary == address(above) && entered_at(boundary).is_none()
}

/// `above` is the span context in a `Context`, not a copy.
#[inline]
fn updates_within(above: &SpanContext) -> Option<&'static PendingUpdates> {
    let boundary = address(above);
    if let Some(updates) = entered_at(boundary) {
        return Some(updates);
    }
    if BOUNDARY.get() == boundary {
        return CURRENT.get();
    }
    None
}

#[cfg(not(feature = "tracing"))]
#[inline]
const fn entered_at(_: usize) -> Option<&'static PendingUpdates> {
    None
}

/// Returns the id of the current span, if its boundary is `above`, which is the span context in a `Context`.
#[inline]
pub(super) fn id_within(above: &SpanContext) -> Option<SpanId> {
    updates_within(above).map(|updates| SpanId::from(updates.span_id()))
}

/// Returns access to the current span, if its boundary is `above`, which is the span context in a `Context`.
pub(super) fn handle_within(above: &SpanContext) -> Option<Handle> {
    updates_within(above).map(PendingUpdates::handle)
}

/// Returns access to the current span, if the span with these ids is its boundary and is in the current context.
pub(super) fn handle_in_place_of(boundary: &SpanContext) -> Option<Handle> {
    // The last updates of a span may come while the thread ends.
    if !context_is_alive() {
        return None;
    }
    Context::map_current(|cx| {
        let span = cx.span();
        let above = span.span_context();
        let is_same =
            above.span_id() == boundary.span_id() && above.trace_id() == boundary.trace_id();
        is_same.then(|| handle_within(above)).flatten()
    })
}
