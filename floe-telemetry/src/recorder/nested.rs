//! Recorded spans that have no `Context` of their own, with the setting `context: boundaries`.
//!
//! A `Context` with a span costs about as much as the rest of a call. With the setting, the first span of a trace on
//! a thread has one, the boundary. A thread-local cell stores the boundary, and which of the spans in it is the
//! current one. A `Context` that other code attaches has another span, so the cell does not apply in it, and
//! the next span is a boundary again. Readers of the current span in this crate look here
//! ([`current`](super::current)). Other code that reads OpenTelemetry's current `Context` finds the
//! boundary; its updates of that span go to the current one.

use std::cell::Cell;
use std::marker::PhantomData;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::pending::{Handle, PendingUpdates};
use super::recording::Recording;
use super::unsampled::IdHash;

/// The content of the cell.
#[derive(Clone, Copy, Debug)]
struct Current {
    boundary: IdHash,
    /// The current span, which may be the boundary. It is open, so this is its own.
    updates: Option<&'static PendingUpdates>,
}

impl Current {
    const NONE: Self = Self {
        boundary: IdHash::NONE,
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
    /// A span in the boundary that is in `cx`, the current context. `None` if there is no boundary in it.
    #[inline]
    pub(super) fn nested(cx: &Context, recording: &Recording) -> Option<Self> {
        let boundary = IdHash::of(cx.span().span_context());
        let current = CURRENT.get();
        (current.boundary == boundary && current.updates.is_some())
            .then(|| Self::enter(boundary, recording))
    }

    /// A span that is in the current context itself.
    #[inline]
    pub(super) fn boundary(recording: &Recording) -> Self {
        Self::enter(IdHash::of(&recording.record.context()), recording)
    }

    /// No span: the current one is in the current context.
    pub(super) fn none() -> Self {
        Self::replace(Current::NONE)
    }

    #[inline]
    fn enter(boundary: IdHash, recording: &Recording) -> Self {
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

#[inline]
fn updates_within(above: &SpanContext) -> Option<&'static PendingUpdates> {
    let current = CURRENT.get();
    current
        .updates
        .filter(|_| current.boundary == IdHash::of(above))
}

/// Returns the id of the current span, if its boundary is `above`.
#[inline]
pub(super) fn id_within(above: &SpanContext) -> Option<SpanId> {
    updates_within(above).map(|updates| SpanId::from(updates.span_id()))
}

/// Returns access to the current span, if its boundary is `above`.
pub(super) fn handle_within(above: &SpanContext) -> Option<Handle> {
    updates_within(above).map(PendingUpdates::handle)
}
