//! Recorded spans that have no `Context` of their own, with the setting `context: boundaries`.
//!
//! A `Context` with a span costs about as much as the rest of a call. With the setting, the first span of a trace on
//! a thread has one, the boundary. A thread-local cell stores the boundary, and which of the spans in it is the
//! current one. The boundary is identified by the address of its span context, which clones of its `Context`
//! share, also those with other baggage. In a `Context` with another span, the cell does not apply, and the next
//! span is a boundary again. Readers of the current span in this crate look here ([`current`](super::current)).
//! Other code that reads OpenTelemetry's current `Context` finds the boundary; its updates of that span go to the
//! current one.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::pending::{Handle, PendingUpdates};
use super::recording::{Recording, context_is_alive};

/// The content of the cell.
#[derive(Clone, Copy, Debug)]
struct Current {
    /// The address of the boundary's span context, whose `Context` is attached for longer than this is stored.
    boundary: usize,
    /// The current span, which may be the boundary. It is open, so this is its own.
    updates: Option<&'static PendingUpdates>,
}

impl Current {
    const NONE: Self = Self {
        boundary: 0,
        updates: None,
    };
}

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::NONE) };
}

/// Makes a span current until it is dropped. Guards of one thread are dropped in reverse order.
#[derive(Debug)]
pub(super) struct NestedGuard {
    previous: Current,
    not_send: PhantomData<*const ()>,
}

impl NestedGuard {
    /// A span in the boundary whose context is `above`. `None` if that is not the boundary of this thread.
    #[inline]
    pub(super) fn nested(above: &SpanContext, recording: &Recording) -> Option<Self> {
        let boundary = ptr::from_ref(above).addr();
        (CURRENT.get().boundary == boundary).then(|| Self::enter(boundary, recording))
    }

    /// A span in `cx` itself, which is about to be attached, and to be detached after this guard is dropped.
    #[inline]
    pub(super) fn boundary(cx: &Context, recording: &Recording) -> Self {
        let boundary = ptr::from_ref(cx.span().span_context()).addr();
        Self::enter(boundary, recording)
    }

    /// No span: the current one is in the current context.
    pub(super) fn none() -> Self {
        Self::replace(Current::NONE)
    }

    #[inline]
    fn enter(boundary: usize, recording: &Recording) -> Self {
        let updates = recording.updates();
        let id = recording.record.head.span_id.to_bytes();
        updates.set_span_id(u64::from_be_bytes(id));
        Self::replace(Current {
            boundary,
            updates: Some(updates),
        })
    }

    #[inline]
    fn replace(current: Current) -> Self {
        Self {
            previous: CURRENT.replace(current),
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

/// `above` is the span context in a `Context`, not a copy.
#[inline]
fn updates_within(above: &SpanContext) -> Option<&'static PendingUpdates> {
    let current = CURRENT.get();
    if current.boundary == ptr::from_ref(above).addr() {
        return current.updates;
    }
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
