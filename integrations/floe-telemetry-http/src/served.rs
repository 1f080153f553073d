//! The request to a server. The parent of its span comes from the request, whatever span is current on the server.

use floe_telemetry::propagation::{
    current_context, current_span_context, current_without_span, extract_onto,
};
use http::request::Parts;
use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt as _};
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::axum_routes::forget_original_uri;
use crate::exchange::Exchange;
use crate::kind::Kind;
use crate::options::Options;

/// Marks a request that a layer for HTTP or for gRPC records or leaves out, in its extensions, and whether that layer
/// trusts no caller.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Served([Option<bool>; 2]);

/// Makes the request of a client a new one, because its extensions may be those of a request that this process serves.
pub(crate) fn renew(parts: &mut Parts) {
    parts.extensions.remove::<Served>();
    forget_original_uri(&mut parts.extensions);
}

/// Returns the exchange of a request, for whose span `open` gets the parent and a link: the span of a trusted caller is
/// the parent, and that of an untrusted one is only linked. The parent is the span of an outer layer of the other protocol,
/// if there is one. Returns `None` if an outer layer records the request or leaves it out, unless only this layer does not
/// trust the caller.
pub(crate) fn exchange_of(
    options: &Options<Parts>,
    parts: &mut Parts,
    kind: Kind,
    open: impl FnOnce(&Parts, Context, Option<SpanContext>) -> Exchange,
) -> Option<Exchange> {
    let Options { is_untrusted, .. } = *options;
    let Served(mut layers) = parts.extensions.get().copied().unwrap_or_default();
    let is_inner = layers.iter().any(Option::is_some);
    let layer = &mut layers[usize::from(kind.is_grpc())];
    if layer.is_some_and(|trusts_none| trusts_none >= is_untrusted) {
        return None;
    }
    *layer = Some(is_untrusted);
    parts.extensions.insert(Served(layers));

    let is_below_outer = is_inner && !is_untrusted && current_span_context().is_valid();
    let (context, link) = if is_below_outer {
        (current_context(), None)
    } else if is_untrusted {
        let caller = extract_onto(Context::new(), &parts.headers);
        let link = caller.span().span_context().clone();
        let base = without_baggage_of(&caller, current_without_span());
        (base, Some(link).filter(SpanContext::is_valid))
    } else {
        (extract_onto(current_without_span(), &parts.headers), None)
    };
    if !options.records(parts) {
        return Some(Exchange::skipped(kind, context));
    }

    Some(open(parts, context, link))
}

/// Removes the baggage of a caller, which an outer layer may have trusted.
fn without_baggage_of(caller: &Context, base: Context) -> Context {
    let sent = caller.baggage();
    if sent.is_empty() {
        return base;
    }
    let own = base.baggage().iter().filter(|(key, _)| sent.get(key).is_none());
    let own: Baggage = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    base.with_baggage(own)
}
