//! The parts of B3: single headers, hexadecimal ids, and the sent or received span.
//!
//! `opentelemetry-zipkin` is not used, because it brings an exporter and accepts long and repeated headers.

use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

use crate::recorder::current::span_context_within;

/// The maximum length of a header, in bytes; B3 needs less.
const MAX_BYTES: usize = 512;

/// The value of a header; `None` if the header is missing, repeated, or too long.
pub(super) fn header<'a>(extractor: &'a dyn Extractor, name: &str) -> Option<&'a str> {
    let values = extractor.get_all(name)?;
    match values[..] {
        [value] if value.len() <= MAX_BYTES => Some(value.trim_matches([' ', '\t'])),
        _ => None,
    }
}

pub(super) fn sent(cx: &Context) -> Option<SpanContext> {
    let below = span_context_within(cx);
    let context = below.unwrap_or_else(|| cx.span().span_context().clone());
    context.is_valid().then_some(context)
}

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

/// Parses a trace id. `accepted` are the accepted numbers of digits.
pub(super) fn trace_id(digits: &str, accepted: &[usize]) -> Option<TraceId> {
    hex(digits, accepted).map(TraceId::from)
}

pub(super) fn span_id(digits: &str, accepted: &[usize]) -> Option<SpanId> {
    let number = u64::try_from(hex(digits, accepted)?).ok()?;
    Some(SpanId::from(number))
}

/// Parses digits without a sign, which `from_str_radix` accepts.
fn hex(digits: &str, accepted: &[usize]) -> Option<u128> {
    if !accepted.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}
