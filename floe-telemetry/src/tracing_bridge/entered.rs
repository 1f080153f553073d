//! The spans that a thread has entered, each with its attached context.
//!
//! A [`ContextGuard`] cannot leave its thread, and a span is exited on the thread that entered it, but
//! the layer receives only the span's id on exit. Spans may be exited in any order: OpenTelemetry's
//! context stack keeps the current context until the contexts above it are detached.
//!
//! A span that is not sampled and starts directly below the last entered span has the same context as
//! that span, where the registry finds it through the parent. The thread therefore stores only the
//! span's id, which makes an unsampled span cheap as long as it stays on its thread.

use std::cell::RefCell;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, SpanId, TraceId};
use tracing::span::Id;

use crate::recorder::is_unsampled_below;

/// The maximum number of unsampled spans that a thread stores. Further ones are looked up in the registry.
const MAX_UNSAMPLED: usize = 32;

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
    /// `None` if the current context did not change.
    _attached: Option<ContextGuard>,
    /// `None` for a span without a context.
    context: Option<ContextKey>,
}

#[derive(Default)]
struct Thread {
    entered: Vec<Entry>,
    /// Unsampled open spans, with the context in which they started.
    unsampled: Vec<(Id, ContextKey)>,
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

    #[inline]
    fn current() -> Self {
        Context::map_current(Self::new)
    }
}

/// Stores the starting span as unsampled and returns true, if its parent is unsampled and is the last
/// span that this thread entered.
#[inline]
pub(super) fn start_unsampled(id: &Id) -> bool {
    let context = Context::map_current(|cx| is_unsampled_below(cx).then(|| ContextKey::new(cx)));
    let Some(context) = context else { return false };
    with(|thread| {
        let is_last = thread
            .entered
            .last()
            .is_some_and(|last| last.context == Some(context));
        if is_last && thread.unsampled.len() < MAX_UNSAMPLED {
            thread.unsampled.push((id.clone(), context));
            return true;
        }
        false
    }) == Some(true)
}

/// Stores the context of the starting span for its first `enter`.
#[inline]
pub(super) fn start(id: &Id, cx: Context) {
    let previous = with(|thread| {
        // The registry reuses ids.
        thread.unsampled.retain(|(other, _)| other != id);
        thread.started.replace((id.clone(), cx))
    });
    // Dropped outside of the borrow, because a context may contain user values.
    drop(previous);
}

/// Attaches the context of `id` until the span is exited. `find` looks the context up if this thread
/// has not stored it.
#[inline]
pub(super) fn enter(id: &Id, find: impl FnOnce() -> Option<Context>) {
    let stored = with(|thread| {
        if let Some((_, context)) = thread.unsampled.iter().rfind(|(other, _)| other == id) {
            let is_current = *context == ContextKey::current();
            return is_current.then_some((None, Some(*context)));
        }
        let (_, cx) = thread.started.take_if(|(other, _)| other == id)?;
        Some((Some(cx), None))
    });
    let (attached, context) = match stored.flatten() {
        Some((None, context)) => (None, context),
        Some((Some(cx), _)) => attach(cx),
        None => find().map_or((None, None), attach),
    };
    let id = id.clone();
    with(|thread| {
        thread.entered.push(Entry {
            id,
            _attached: attached,
            context,
        });
    });
}

fn attach(cx: Context) -> (Option<ContextGuard>, Option<ContextKey>) {
    let context = ContextKey::new(&cx);
    (Some(cx.attach()), Some(context))
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
        (last.context == Some(context)).then(|| last.id.clone())
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

/// Removes a closed span. Returns true if it was stored as unsampled, so that there is no open span to
/// end.
#[inline]
pub(super) fn close(id: &Id) -> bool {
    let closed = with(|thread| {
        let at = thread.unsampled.iter().rposition(|(other, _)| other == id);
        if let Some(at) = at {
            thread.unsampled.remove(at);
        }
        (
            at.is_some(),
            thread.started.take_if(|(other, _)| other == id),
        )
    });
    closed.is_some_and(|(was_unsampled, _)| was_unsampled)
}
