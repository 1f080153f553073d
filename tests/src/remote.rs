//! Remote parents.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

/// Returns a context with a span of another process. The ids of the span are the same in each call.
#[must_use]
pub fn remote(is_sampled: bool) -> Context {
    Context::new().with_remote_span_context(remote_in(7, is_sampled))
}

/// Returns a span of another process, in the trace with this id.
#[must_use]
pub fn remote_in(trace: u128, is_sampled: bool) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(is_sampled);
    SpanContext::new(TraceId::from(trace), SpanId::from(7), flags, true, TraceState::NONE)
}
