//! OpenTelemetry's current `Context`, with the span that is current in any case.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::current::{handle_within, span_context_within};
use super::recorded_span::RecordedSpan;

/// Returns the current context, whose span is the current span in any case.
pub(crate) fn current_context() -> Context {
    Context::map_current(|cx| {
        let Some(context) = span_context_within(cx) else {
            return cx.clone();
        };
        match handle_within(cx.span().span_context()) {
            Some(handle) => cx.with_span(RecordedSpan::fixed(context, handle)),
            None => cx.with_remote_span_context(context),
        }
    })
}
