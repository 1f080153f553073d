//! The current span of a thread, which is in OpenTelemetry's current `Context` or in a cell.
//!
//! A `Context` with a span costs about as much as the rest of a recorded call, and several times as much as an
//! unsampled call. So two kinds of spans have no `Context`:
//!
//! - Recorded spans with the setting `context: boundaries`. The first span of a trace on a thread has a `Context`, the
//!   boundary. A thread-local cell stores the boundary, and which of the spans in it is the current one. The boundary
//!   is identified by the address of its span context, which clones of its `Context` share, also clones with other
//!   baggage. In a `Context` with another span, the cell does not apply, and the next span is a boundary again. Other
//!   code that reads OpenTelemetry's current `Context` finds the boundary. If it updates that span, the current
//!   span is updated instead.
//! - Spans that are not sampled. They need an id only for log records and outgoing requests, so the call is marked in a
//!   cell, and its id is created when it is read. Other code that reads the current `Context` finds the nearest
//!   ancestor that has one, which is not sampled either.
//!
//! OpenTelemetry's [specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#sdk-span-creation) requires
//! an id for a span that is not sampled. A `Context` for the id would take four times as many instructions as the rest
//! of the call. Log records, propagators and `get_current_span` read the id. A future that is not ready keeps the
//! ids of the ancestor below which it was polled, or its whole `Context` if that has baggage, a trace state or a capture.
//! It attaches a context only where another one is current at the next poll; values of the program that were in a
//! `Context` with nothing but a span are not in that one.
//! Spans of `tracing`, of guards, of builders and of the plain API have a `Context`, because they may end in any order.

use std::cell::{Cell, RefCell};
use std::ptr;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use opentelemetry::{Context, SpanId, TraceFlags, TraceId};

use super::captures::CaptureScope;
use super::context::{self, Attached, attach, attach_again};
use super::ids;
use super::listeners::{self, TAIL};
use super::pending::{Handle, PendingUpdates};
use super::recording::Recording;
use crate::clock::Ticks;

/// Returns the ids of the current span, if a cell of this thread stores it below the span in `cx`, the current context.
pub fn span_context_within(cx: &Context) -> Option<SpanContext> {
    let span = cx.span();
    let above = span.span_context();
    let id = id_within(above).or_else(|| id_below(above));
    id.map(|id| child_of(above, id))
}

// The values are in two cells, because one load of both, right after two separate stores, would stall.
thread_local! {
    /// The address of the boundary's span context, or 0. While the address is stored, the boundary's `Context` is
    /// attached.
    static BOUNDARY: Cell<usize> = const { Cell::new(0) };
    /// The current span in the boundary, possibly the boundary itself. That span is open, so the updates belong to it.
    static CURRENT: Cell<Option<&'static PendingUpdates>> = const { Cell::new(None) };
}

#[inline]
fn address(context: &SpanContext) -> usize {
    ptr::from_ref(context).addr()
}

#[inline]
pub(super) fn current_updates(recording: &Recording) -> &'static PendingUpdates {
    let updates = recording.updates();
    let id = recording.record.head.span_id.to_bytes();
    updates.set_span_id(u64::from_be_bytes(id));
    updates
}

/// Makes a span current in the boundary of this thread until the guard is dropped. The guards of a thread are dropped
/// in reverse order.
#[derive(Debug)]
pub(super) struct NestedGuard {
    previous: Option<&'static PendingUpdates>,
}

impl NestedGuard {
    #[inline]
    pub(super) fn enter(recording: &Recording) -> Self {
        Self { previous: CURRENT.replace(Some(current_updates(recording))) }
    }
}

impl Drop for NestedGuard {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// Changes the boundary of this thread until the guard is dropped. A thread's guards are dropped in reverse order.
#[derive(Debug)]
pub(super) struct BoundaryGuard {
    boundary: usize,
    current: Option<&'static PendingUpdates>,
}

impl BoundaryGuard {
    /// Makes the span in `cx` the boundary, and the span of `recording` the current one. `cx` is about to be attached,
    /// and is detached after this guard is dropped.
    #[inline]
    pub(super) fn attach(cx: &Context, recording: &Recording) -> Self {
        Self {
            boundary: BOUNDARY.replace(address(cx.span().span_context())),
            current: CURRENT.replace(Some(current_updates(recording))),
        }
    }

    /// Replaces the boundary, because its context could not be attached.
    #[cold]
    fn replace(cx: &Context) {
        BOUNDARY.set(address(cx.span().span_context()));
    }

    /// Removes the boundary, because the current span is in the current context.
    pub(super) fn none() -> Self {
        Self { boundary: BOUNDARY.replace(0), current: CURRENT.get() }
    }
}

impl Drop for BoundaryGuard {
    #[inline]
    fn drop(&mut self) {
        BOUNDARY.set(self.boundary);
        CURRENT.set(self.current);
    }
}

/// The boundary of a thread whose current span belongs to a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boundary(usize);

impl Boundary {
    #[inline]
    pub(super) fn current() -> Option<(Self, SpanId)> {
        let updates = CURRENT.get()?;
        Some((Self(BOUNDARY.get()), SpanId::from(updates.span_id())))
    }

    /// Whether `above` is the span context of this boundary. `above` must be borrowed from a `Context`, because the
    /// address of a copy differs.
    #[inline]
    pub(super) fn is_at(self, above: &SpanContext) -> bool {
        self.0 == address(above)
    }
}

/// Whether `above` is the boundary. `above` must be borrowed from a `Context`, because the address of a copy differs.
#[inline]
pub(super) fn is_boundary(above: &SpanContext) -> bool {
    BOUNDARY.get() == address(above)
}

/// Whether this thread may be in a boundary.
#[inline]
pub(super) fn is_in_boundary() -> bool {
    CURRENT.get().is_some()
}

/// Returns the updates of the current span; `None` if `above` is not its boundary. As for [`is_boundary`], `above` must be
/// borrowed from a `Context`.
#[inline]
fn updates_within(above: &SpanContext) -> Option<&'static PendingUpdates> {
    if is_boundary(above) { CURRENT.get() } else { None }
}

/// Returns the id of the current span, as [`updates_within`] returns its updates.
#[inline]
pub(super) fn id_within(above: &SpanContext) -> Option<SpanId> {
    updates_within(above).map(|updates| SpanId::from(updates.span_id()))
}

/// Returns a handle of the current span, as [`updates_within`] returns its updates.
pub(super) fn handle_within(above: &SpanContext) -> Option<Handle> {
    updates_within(above).map(PendingUpdates::handle)
}

/// Returns a handle of the current span, if its boundary is `boundary`, and that span is in the current context.
pub(super) fn handle_in_place_of(boundary: &SpanContext) -> Option<Handle> {
    let handle = context::read(|cx| {
        let span = cx.span();
        let above = span.span_context();
        let is_same =
            above.span_id() == boundary.span_id() && above.trace_id() == boundary.trace_id();
        is_same.then(|| handle_within(above)).flatten()
    });

    handle.flatten()
}

/// A hash of the trace id and the span id of a span. It fits into a register, unlike the ids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IdHash(u64);

impl IdHash {
    const NONE: Self = Self(0);

    #[inline]
    pub(super) fn of(context: &SpanContext) -> Self {
        Self::of_ids(context.trace_id(), context.span_id())
    }

    /// Returns the hash of a span's ids.
    #[inline]
    pub fn of_ids(trace_id: TraceId, span_id: SpanId) -> Self {
        let [high, low] = halves(trace_id.to_bytes());
        let span = u64::from_be_bytes(span_id.to_bytes());
        let trace =
            low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        Self(trace ^ span)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each conversion takes one half")]
const fn halves(id: [u8; 16]) -> [u64; 2] {
    let id = u128::from_be_bytes(id);
    [(id >> 64) as u64, id as u64]
}

#[derive(Clone, Copy, Debug)]
struct Unsampled {
    /// Identifies the ancestor in the current `Context`.
    below: IdHash,
    /// The id of the unsampled span. It is created when a caller reads it, and is [`SpanId::INVALID`] until then.
    id: SpanId,
}

/// The current [`Unsampled`] of a thread, in one value, because the look-up of a thread-local value is a call for the
/// compiler. Its cells are apart for the reason of [`BOUNDARY`].
#[repr(C)]
struct Cells {
    below: Cell<IdHash>,
    _between: u64,
    id: Cell<SpanId>,
}

thread_local! {
    static UNSAMPLED: Cells = const {
        Cells { below: Cell::new(IdHash::NONE), _between: 0, id: Cell::new(SpanId::INVALID) }
    };
}

impl Unsampled {
    #[inline]
    fn current() -> Self {
        UNSAMPLED.with(|cells| Self { below: cells.below.get(), id: cells.id.get() })
    }

    #[inline]
    fn replace(self) -> Self {
        UNSAMPLED.with(|cells| Self {
            below: cells.below.replace(self.below),
            id: cells.id.replace(self.id),
        })
    }

    #[inline]
    fn is_below(self, above: &SpanContext) -> bool {
        self.below != IdHash::NONE && self.below == IdHash::of(above)
    }
}

/// The unsampled span that was current before another one, and is current again when the guard is dropped. The guards of a
/// thread are dropped in reverse order.
#[derive(Debug)]
pub(super) struct UnsampledGuard(Unsampled);

impl UnsampledGuard {
    /// Makes a span current below the span of OpenTelemetry's `Context`.
    #[inline]
    fn attach(span: Unsampled) -> Self {
        Self(span.replace())
    }
}

impl Drop for UnsampledGuard {
    #[inline]
    fn drop(&mut self) {
        self.0.replace();
    }
}

/// Makes a span current on this thread until the guard is dropped. The recorder makes spans current only with this guard.
/// It cannot leave its thread, because OpenTelemetry's guards cannot.
#[derive(Debug)]
#[expect(dead_code, reason = "the guards are only dropped")]
pub(super) enum CurrentGuard {
    InContext(Attached),
    InBoundary(BoundaryGuard, Attached),
    Nested(NestedGuard),
    Unsampled(UnsampledGuard),
    /// A later poll of an unsampled future that is attached to the `Context` of its first poll.
    UnsampledIn(UnsampledGuard, Attached),
}

#[expect(clippy::inline_always, reason = "inlining constructs the guard in its final location")]
impl CurrentGuard {
    /// Makes the context that `make` creates current, or `again` if that could not be attached.
    #[inline(always)]
    pub(super) fn in_context(
        make: impl FnOnce() -> Context,
        again: impl FnOnce() -> Option<Context>,
    ) -> Self {
        Self::InContext(attach(make, again))
    }

    /// Makes `cx` current, or `again` if it could not be attached, with the span of `recording` as the boundary.
    #[inline(always)]
    pub(super) fn in_boundary(
        cx: Context,
        recording: &Recording,
        again: impl FnOnce() -> Option<Context>,
    ) -> Self {
        let boundary = BoundaryGuard::attach(&cx, recording);
        let attached = attach(|| cx, || again().inspect(BoundaryGuard::replace));
        Self::InBoundary(boundary, attached)
    }

    #[inline(always)]
    pub(super) fn nested(recording: &Recording) -> Self {
        Self::Nested(NestedGuard::enter(recording))
    }

    /// Makes the span in `cx` current, even if that span is the boundary around the current one.
    pub(super) fn propagated(cx: &Context, is_call: bool) -> Self {
        let has_boundaries = is_call && listeners::has_boundaries(listeners::current());
        if has_boundaries {
            Self::InBoundary(BoundaryGuard::none(), attach_again(cx))
        } else {
            Self::InContext(attach_again(cx))
        }
    }

    /// Makes the previous span current for an owner that may do so anywhere. The guard of such a span has no other variant.
    pub(super) fn detach(&mut self) {
        if let Self::InContext(attached) = self {
            attached.detach();
        }
    }

    /// Makes the previous span current if this one is unsampled. Then, the guard must not be dropped.
    #[inline(always)]
    pub(super) fn leave_unsampled(&self) -> bool {
        match self {
            Self::Unsampled(guard) => {
                guard.0.replace();
                true
            }
            _ => false,
        }
    }

    /// Makes an unsampled span current, whose id is created when it is read.
    #[inline(always)]
    pub(super) fn unsampled(below: IdHash) -> Self {
        Self::Unsampled(UnsampledGuard::attach(Unsampled { below, id: SpanId::INVALID }))
    }
}

/// An unsampled span of a future between two polls. A `Context` with its id would take two allocations.
#[derive(Debug)]
pub(super) struct Suspended(Box<Place>);

/// The context below which an unsampled span runs.
#[derive(Debug)]
struct Place {
    above: Above,
    span: Unsampled,
}

#[derive(Debug)]
enum Above {
    /// The span of a [plain](is_plain) context. A clone of the context would take two atomic operations.
    Span(TraceId, SpanId, TraceFlags),
    Context(Context),
}

impl Above {
    fn context(&self) -> Context {
        match *self {
            Self::Context(ref cx) => cx.clone(),
            Self::Span(trace_id, span_id, flags) => {
                let span = SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE);
                Context::new().with_remote_span_context(span)
            }
        }
    }
}

/// Marks a `Context` that has a value of a propagator of this crate. A future keeps such a context.
#[derive(Debug)]
pub(crate) struct Propagated;

/// Whether a context has nothing but a local span without a trace state. OpenTelemetry's API does not tell whether it has
/// values of the program.
#[inline]
fn is_plain(cx: &Context) -> bool {
    let span = cx.span();
    let span = span.span_context();
    !span.is_remote()
        && *span.trace_state() == TraceState::NONE
        && cx.baggage().is_empty()
        && !cx.is_telemetry_suppressed()
        && cx.get::<CaptureScope>().is_none()
        && cx.get::<Propagated>().is_none()
}

/// The maximum number of unused places of a thread, as many as a chain of futures that await each other usually needs.
const MAX_UNUSED: usize = 16;

thread_local! {
    /// The memory of spans that have ended, for the next ones.
    #[expect(clippy::vec_box, reason = "the allocations are reused")]
    static UNUSED: RefCell<Vec<Box<Place>>> = const { RefCell::new(Vec::new()) };
}

impl Place {
    #[cold]
    fn unused() -> Self {
        let span = Unsampled { below: IdHash::NONE, id: SpanId::INVALID };
        Self { above: Above::Context(Context::new()), span }
    }
}

impl Suspended {
    /// Returns the current span, if it is unsampled and has no `Context`.
    pub(super) fn current() -> Option<Self> {
        let suspended = context::read(|cx| {
            let span = Unsampled::current();
            let above = cx.span();
            let above = above.span_context();
            if !span.is_below(above) {
                return None;
            }

            let unused = UNUSED.try_with(|unused| unused.borrow_mut().pop()).ok().flatten();
            let mut place = unused.unwrap_or_else(|| Box::new(Place::unused()));
            // One by one, because moving the whole place would load it in other pieces than it was stored in.
            place.above = if is_plain(cx) {
                Above::Span(above.trace_id(), above.span_id(), above.trace_flags())
            } else {
                Above::Context(cx.clone())
            };
            place.span = span;
            Some(Self(place))
        });

        suspended.flatten()
    }

    #[inline]
    pub(super) fn make_current(&self) -> CurrentGuard {
        let Place { above, span: Unsampled { below, id } } = &*self.0;
        let is_current = match above {
            Above::Span(..) => {
                let is_same = |cx: &Context| IdHash::of(cx.span().span_context()) == *below;
                context::read(|cx| is_same(cx) && is_plain(cx)) == Some(true)
            }
            Above::Context(cx) => is_current(cx),
        };
        let guard = UnsampledGuard::attach(Unsampled { below: *below, id: *id });
        if is_current {
            return CurrentGuard::Unsampled(guard);
        }

        let attached = attach(|| above.context(), || Some(above.context()));
        CurrentGuard::UnsampledIn(guard, attached)
    }

    /// Keeps the whole current context, which is still that of the span's ancestor.
    pub(super) fn keep_context(&mut self) {
        self.0.above = Above::Context(context::raw_current());
    }

    /// Keeps the id that may have been created while the span was current, which it still is.
    #[inline]
    pub(super) fn keep_id(&mut self) {
        self.0.span = Unsampled::current();
    }

    pub(super) fn end(mut self) {
        // Dropped outside of the borrow, because it may contain values of the program.
        self.0.above = Above::Context(Context::new());
        let _ = UNUSED.try_with(|unused| {
            let mut unused = unused.borrow_mut();
            if unused.len() < MAX_UNUSED {
                unused.push(self.0);
            }
        });
    }
}

/// Whether `cx` is the current context: with the same span, baggage and suppression. A span belongs to one capture.
/// OpenTelemetry's API does not tell whether other values are the same.
#[inline]
fn is_current(cx: &Context) -> bool {
    let is_current = context::read(|current| {
        ptr::eq(current.span().span_context(), cx.span().span_context())
            && ptr::eq(current.baggage(), cx.baggage())
            && current.is_telemetry_suppressed() == cx.is_telemetry_suppressed()
    });

    is_current == Some(true)
}

/// Whether `cx` is the current context, and its span the boundary of this thread.
#[inline]
pub(super) fn is_current_boundary(cx: &Context) -> bool {
    is_boundary(cx.span().span_context()) && is_current(cx)
}

/// Returns the id of the parent of a span, and whether the parent is remote. `above` is the unsampled span in the
/// `Context`.
#[cold]
pub(super) fn parent_at(above: &SpanContext) -> (SpanId, bool) {
    match id_below(above) {
        Some(id) => (id, false),
        None => (above.span_id(), above.is_remote()),
    }
}

/// Returns the id of the unsampled span that runs on this thread directly below `above`. Creates the id if necessary.
pub(super) fn id_below(above: &SpanContext) -> Option<SpanId> {
    let current = Unsampled::current();
    if !current.is_below(above) {
        return None;
    }

    if current.id != SpanId::INVALID {
        return Some(current.id);
    }

    let id = ids::span_id(Ticks::ZERO);
    UNSAMPLED.with(|cells| cells.id.set(id));
    Some(id)
}

/// Returns the ids of the span `span_id` in the trace of its ancestor `above`.
///
/// With the tail sampler, an unsampled span below a remote parent stays remote, because the sampler buffers only local
/// traces. Other samplers get a local context, as specified.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_of_unsampled_futures_leaves_little_memory() {
        for _ in 0..2 * MAX_UNUSED {
            Suspended(Box::new(Place::unused())).end();
        }
        assert_eq!(UNUSED.with_borrow(Vec::len), MAX_UNUSED);
    }
}
