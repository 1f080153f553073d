//! The parent of a server's span. It comes from the request, whatever span is current on the server.

use floe_telemetry::propagation::{current_context, extract_onto};
use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

#[derive(Debug)]
pub(crate) struct ServerParent {
    pub(crate) context: Context,
    pub(crate) link: Option<SpanContext>,
}

impl ServerParent {
    /// Makes the span of a trusted caller the parent, and only links the span of an untrusted caller.
    pub(crate) fn of(headers: &HeaderMap, is_untrusted: bool) -> Self {
        // A span that is current here belongs to the server, not to the request.
        let mut base = current_context();
        if base.span().span_context().is_valid() {
            base = base.with_remote_span_context(SpanContext::NONE);
        }
        if !is_untrusted {
            return Self { context: extract_onto(base, headers), link: None };
        }
        let caller = extract_onto(Context::new(), headers);
        let link = caller.span().span_context().clone();
        Self { context: base, link: link.is_valid().then_some(link) }
    }
}
