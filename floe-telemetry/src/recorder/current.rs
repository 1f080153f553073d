//! Reads the current span, whether it is in the current `Context` or in a cell of this thread.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::nested;
use super::span::RecordedSpan;
use super::unsampled::{self, child_of};

/// Returns the ids of the current span, if `cx`, the current context, has an ancestor of it.
pub(crate) fn span_context_within(cx: &Context) -> Option<SpanContext> {
    let span = cx.span();
    let above = span.span_context();
    let id = nested::id_within(above).or_else(|| unsampled::id_below(above));
    id.map(|id| child_of(above, id))
}

/// Returns the current context, whose span is the current span in any case.
pub(crate) fn current_context() -> Context {
    Context::map_current(|cx| {
        let Some(context) = span_context_within(cx) else {
            return cx.clone();
        };
        match nested::handle_within(cx.span().span_context()) {
            Some(handle) => cx.with_span(RecordedSpan::fixed(context, handle)),
            None => cx.with_remote_span_context(context),
        }
    })
}
