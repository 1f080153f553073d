//! Reads the current span, whether it is in the current `Context` or in the cell of this thread.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::cell::{child_of, handle_within, id_within};
use super::span::RecordedSpan;

/// Returns the ids of the current span, if it is in the cell and runs in the span in `cx`.
pub(crate) fn span_context_within(cx: &Context) -> Option<SpanContext> {
    let span = cx.span();
    let above = span.span_context();
    id_within(above).map(|id| child_of(above, id))
}

/// Returns the current context, whose span is the current span in any case.
pub(crate) fn current_context() -> Context {
    Context::map_current(|cx| {
        let span = cx.span();
        let above = span.span_context();
        match (id_within(above), handle_within(above)) {
            (Some(id), Some(handle)) => {
                cx.with_span(RecordedSpan::fixed(child_of(above, id), handle))
            }
            (Some(id), None) => cx.with_remote_span_context(child_of(above, id)),
            (None, _) => cx.clone(),
        }
    })
}
