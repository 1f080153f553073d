//! A remote parent.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

/// A context with a span of another process. It is the same in each call.
#[must_use]
pub fn remote(is_sampled: bool) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(7_u128),
        SpanId::from(7_u64),
        TraceFlags::default().with_sampled(is_sampled),
        true,
        TraceState::NONE,
    ))
}
