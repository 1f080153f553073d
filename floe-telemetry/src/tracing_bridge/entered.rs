//! The spans that a thread has entered, each with its attached context.
//!
//! A [`ContextGuard`] cannot leave its thread, and a span is exited on the thread that entered it, but
//! the layer receives only the span's id on exit. Spans may be exited in any order: OpenTelemetry's
//! context stack keeps the current context until the contexts above it are detached.

use std::cell::RefCell;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, SpanId, TraceId};
use tracing::span::Id;

/// Identifies a context by what its children and other processes inherit.
#[derive(Clone, Copy, PartialEq)]
struct ContextKey {
    trace: TraceId,
    span: SpanId,
    /// The address of the baggage.
    baggage: usize,
}

struct Entry {
    id: Id,
    /// `None` for a span without a context.
    attached: Option<(ContextGuard, ContextKey)>,
}

#[derive(Default)]
struct Thread {
    entered: Vec<Entry>,
    /// The last span that started and its context, which the first `enter` of the span takes.
    started: Option<(Id, Context)>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Detach in reverse order.
        while self.entered.pop().is_some() {}
    }
}

thread_local! {
    static THREAD: RefCell<Thread> = {
        // Thread-locals are destroyed in reverse order of initialisation, so this one is destroyed
        // before OpenTelemetry's context stack.
        Context::map_current(|_| ());
        RefCell::default()
    };
}

/// Runs `act`, which must not call user code, because that may use this state.
#[inline]
fn with<T>(act: impl FnOnce(&mut Thread) -> T) -> Option<T> {
    THREAD
        .try_with(|thread| {
            thread
                .try_borrow_mut()
                .ok()
                .map(|mut thread| act(&mut thread))
        })
        .ok()
        .flatten()
}

impl ContextKey {
    #[inline]
    fn new(cx: &Context) -> Self {
        let span = cx.span();
        let context = span.span_context();
        Self {
            trace: context.trace_id(),
            span: context.span_id(),
            baggage: std::ptr::from_ref(cx.baggage()).addr(),
        }
    }
}

/// Stores the context of the starting span for its first `enter`.
#[inline]
pub(super) fn start(id: &Id, cx: Context) {
    let previous = with(|thread| thread.started.replace((id.clone(), cx)));
    // Dropped outside of the borrow, because a context may contain user values.
    drop(previous);
}

/// Attaches the context of `id` until the span is exited. `find` looks the context up if this thread
/// has not stored it.
#[inline]
pub(super) fn enter(id: &Id, find: impl FnOnce() -> Option<Context>) {
    let started = with(|thread| thread.started.take_if(|(other, _)| other == id));
    let cx = started.flatten().map(|(_, cx)| cx).or_else(find);
    let attached = cx.map(|cx| {
        let key = ContextKey::new(&cx);
        (cx.attach(), key)
    });
    let id = id.clone();
    with(|thread| thread.entered.push(Entry { id, attached }));
}

/// The span that this thread entered last, if it is current and sampled and telemetry is not
/// suppressed.
#[inline]
pub(super) fn sampled() -> Option<(Id, SpanId)> {
    let context = Context::map_current(|cx| {
        let is_recorded = cx.span().span_context().is_sampled() && !cx.is_telemetry_suppressed();
        is_recorded.then(|| ContextKey::new(cx))
    })?;
    let id = with(|thread| {
        let last = thread.entered.last()?;
        let (_, entered) = last.attached.as_ref()?;
        (*entered == context).then(|| last.id.clone())
    });
    Some((id.flatten()?, context.span))
}

/// Reverts the last `enter` of `id` on this thread.
#[inline]
pub(super) fn exit(id: &Id) {
    let entry = with(|thread| {
        let at = thread.entered.iter().rposition(|entry| entry.id == *id)?;
        Some(thread.entered.remove(at))
    });
    // Dropped outside of the borrow, because a context may contain user values.
    drop(entry);
}

/// Removes what the thread has stored of a closed span.
#[inline]
pub(super) fn close(id: &Id) {
    let started = with(|thread| thread.started.take_if(|(other, _)| other == id));
    // Dropped outside of the borrow, because a context may contain user values.
    drop(started);
}
