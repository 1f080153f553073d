//! The spans that a thread has entered, each with its attached context.
//!
//! A span is exited on the thread that entered it, and a guard of OpenTelemetry's context cannot leave its thread. On
//! exit, the layer receives only the span's id, so the guards are stored here. Spans may be exited in any order,
//! because OpenTelemetry's context stack keeps the current context until the contexts above it are detached.

use std::cell::RefCell;

use floe_telemetry_core::propagation::current_context;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, SpanId};
use tracing::span::Id;

use crate::recorder::{BridgedSpan, EnteredSpan, IdHash, context, span_context_within};

struct Entry {
    id: Id,
    /// The entered span; `None` for a span without a context.
    entered: Option<EnteredSpan>,
    /// The ids of OpenTelemetry's current span after this span was entered.
    current: Option<IdHash>,
    is_unseen: bool,
}

impl Entry {
    #[inline]
    fn new(id: &Id, entered: Option<EnteredSpan>, is_unseen: bool) -> Self {
        let current = match &entered {
            Some(entered) => Some(entered.ids()),
            None => current_span().map(|span| span.ids),
        };
        Self { id: id.clone(), entered, current, is_unseen }
    }
}

#[derive(Default)]
struct Entered(Vec<Entry>);

impl Drop for Entered {
    fn drop(&mut self) {
        // The contexts are detached in reverse order.
        while let Some(entry) = self.0.pop() {
            if let Some(entered) = entry.entered {
                entered.leave();
            }
        }
    }
}

thread_local! {
    static ENTERED: RefCell<Entered> = RefCell::default();
}

/// Runs `act` with the thread's entered spans. `act` must not call user code, which may enter other spans.
#[inline]
fn with<T>(act: impl FnOnce(&mut Vec<Entry>) -> T) -> Option<T> {
    ENTERED
        .try_with(|entered| entered.try_borrow_mut().ok().map(|mut entered| act(&mut entered.0)))
        .ok()
        .flatten()
}

/// Makes `id` current until it is exited, by a call of `enter`, which calls no user code.
#[inline]
pub(super) fn enter(id: &Id, enter: impl FnOnce() -> Option<EnteredSpan>) {
    with(|entered| entered.push(Entry::new(id, enter(), false)));
}

/// Notes the exits of `id` on this thread for `span`, which has got another parent after it was entered.
pub(super) fn follow(id: &Id, span: &BridgedSpan) {
    with(|all| {
        let same = all.iter_mut().filter(|entry| entry.id == *id);
        same.filter_map(|entry| entry.entered.as_mut()).for_each(|entered| entered.follow(span));
    });
}

/// Enters `id` if the layer has not, for example because a filter hides the span from the layer.
#[inline]
pub(super) fn enter_unseen(id: &Id) {
    let was_seen = with(|entered| {
        let last = entered.last();
        last.is_some_and(|last| last.id == *id && !last.is_unseen)
    });

    if was_seen == Some(false) {
        let entry = Entry::new(id, None, true);
        with(|entered| entered.push(entry));
    }
}

#[inline]
pub(super) fn exit_unseen(id: &Id) {
    with(|entered| {
        if let Some(at) = entered.iter().rposition(|entry| entry.id == *id)
            && entered.get(at).is_some_and(|entry| entry.is_unseen)
        {
            // Such an entry has no context.
            entered.remove(at);
        }
    });
}

struct CurrentSpan {
    ids: IdHash,
    span_id: SpanId,
    is_sampled: bool,
}

/// Returns the current span; `None` without one, or if telemetry is suppressed.
#[inline]
fn current_span() -> Option<CurrentSpan> {
    let current = context::read(|cx| {
        let span = cx.span();
        let within = span_context_within(cx);
        let context = within.as_ref().unwrap_or_else(|| span.span_context());
        let is_span = context.is_valid() && !cx.is_telemetry_suppressed();
        is_span.then(|| CurrentSpan {
            ids: IdHash::of_ids(context.trace_id(), context.span_id()),
            span_id: context.span_id(),
            is_sampled: context.is_sampled(),
        })
    });

    current.flatten()
}

/// Returns the current context. `None` without a current span, if this span is `innermost`, the innermost span of
/// `tracing`, or if `innermost` was entered while nothing was recorded.
pub(super) fn context_within(innermost: Option<&Id>) -> Option<Context> {
    let current = current_span()?;
    if let Some(innermost) = innermost {
        let at_entry = with(|entered| {
            let mut entered = entered.iter().rev();
            entered.find(|entry| entry.id == *innermost).map(|entry| entry.current)
        });

        // Without an entry, the span was entered while nothing was recorded.
        if at_entry.flatten()? == Some(current.ids) {
            return None;
        }
    }

    Some(current_context())
}

/// Returns the last entered span of this thread, if it is current and sampled and telemetry is not suppressed.
#[inline]
pub(super) fn sampled() -> Option<(Id, SpanId)> {
    let current = current_span().filter(|span| span.is_sampled)?;
    let id = with(|entered| {
        let last = entered.last()?;
        let is_current = last.entered.is_some() && last.current == Some(current.ids);
        is_current.then(|| last.id.clone())
    });

    Some((id.flatten()?, current.span_id))
}

/// Reverts the last `enter` of `id` on this thread.
#[inline]
pub(super) fn exit(id: &Id) {
    let entry = with(|entered| {
        let at = entered.iter().rposition(|entry| entry.id == *id)?;
        Some(entered.remove(at))
    });

    // The span is left outside of the borrow, because its context may contain user values.
    if let Some(entered) = entry.flatten().and_then(|entry| entry.entered) {
        entered.exit();
    }
}
