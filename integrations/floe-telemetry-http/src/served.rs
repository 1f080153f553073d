//! The request to a server. The parent of its span comes from the request, whatever span is current on the server.

use floe_telemetry::propagation::{current_context, extract_onto};
use http::request::Parts;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::exchange::Exchange;
use crate::kind::Kind;
use crate::options::Options;

/// Marks a request that a layer records or leaves out, in its extensions: the kind of the layer, and whether it trusts no
/// caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served(Kind, bool);

/// Makes the request of a client a new one, because its extensions may be those of a request that this process serves.
pub(crate) fn renew(parts: &mut Parts) {
    parts.extensions.remove::<Served>();
    #[cfg(feature = "axum")]
    parts.extensions.remove::<axum::extract::OriginalUri>();
    #[cfg(feature = "axum-0_7")]
    parts.extensions.remove::<axum_0_7::extract::OriginalUri>();
}

/// Returns the exchange of a request, for whose span `open` gets the parent and a link: the span of a trusted caller is
/// the parent, and that of an untrusted one is only linked. Returns `None` if an outer layer records the request or leaves
/// it out, unless only this layer does not trust the caller.
pub(crate) fn exchange_of(
    options: &Options<Parts>,
    parts: &mut Parts,
    kind: Kind,
    open: impl FnOnce(&Parts, Context, Option<SpanContext>) -> Exchange,
) -> Option<Exchange> {
    let Options { is_untrusted, .. } = *options;
    if let Some(Served(outer, trusts_none)) = parts.extensions.get()
        && *outer == kind
        && *trusts_none >= is_untrusted
    {
        return None;
    }

    // A span that is current here belongs to the server, not to the request.
    let mut base = current_context();
    if base.span().span_context().is_valid() {
        base = base.with_remote_span_context(SpanContext::NONE);
    }

    let (context, link) = if is_untrusted {
        let caller = extract_onto(Context::new(), &parts.headers);
        (base, Some(caller.span().span_context().clone()).filter(SpanContext::is_valid))
    } else {
        (extract_onto(base, &parts.headers), None)
    };

    parts.extensions.insert(Served(kind, is_untrusted));
    if !options.records(parts) {
        return Some(Exchange::skipped(kind, context));
    }

    Some(open(parts, context, link))
}
