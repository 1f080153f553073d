//! The parts of B3: reading single headers, ids in hexadecimal digits, and the span that is sent or received.
//!
//! B3 is our own: `opentelemetry-zipkin` brings an exporter, and neither limits a header nor rejects a second one.

use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

use crate::recorder::span_context_within;

/// In bytes; B3 needs less.
const MAX_BYTES: usize = 512;

/// `None` if the header is missing, occurs more than once, or is too long.
pub(super) fn header<'a>(extractor: &'a dyn Extractor, name: &str) -> Option<&'a str> {
    let values = extractor.get_all(name)?;
    match values[..] {
        [value] if value.len() <= MAX_BYTES => Some(value.trim_matches([' ', '\t'])),
        _ => None,
    }
}

/// Returns the span that a request belongs to, if there is one.
pub(super) fn sent(cx: &Context) -> Option<SpanContext> {
    let below = span_context_within(cx);
    let context = below.unwrap_or_else(|| cx.span().span_context().clone());
    context.is_valid().then_some(context)
}

/// `cx` with the received span as the parent. `None` if an id is invalid.
pub(super) fn received(
    cx: &Context,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    is_sampled: bool,
) -> Option<Context> {
    let flags = TraceFlags::default().with_sampled(is_sampled);
    let span = SpanContext::new(trace_id?, span_id?, flags, true, TraceState::NONE);
    span.is_valid().then(|| cx.with_remote_span_context(span))
}

/// `accepted`: the numbers of digits.
pub(super) fn trace_id(digits: &str, accepted: &[usize]) -> Option<TraceId> {
    hex(digits, accepted).map(TraceId::from)
}

/// `accepted`: the numbers of digits.
pub(super) fn span_id(digits: &str, accepted: &[usize]) -> Option<SpanId> {
    let number = u64::try_from(hex(digits, accepted)?).ok()?;
    Some(SpanId::from(number))
}

/// `from_str_radix` alone accepts signs.
fn hex(digits: &str, accepted: &[usize]) -> Option<u128> {
    if !accepted.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}
