//! The format of Jaeger's clients
//! ([`uber-trace-id`](https://www.jaegertracing.io/docs/1.76/architecture/apis/#propagation-format)), without its
//! baggage: that of OpenTelemetry has a header of its own.

use opentelemetry::Context;
use opentelemetry::trace::SpanContext;
use percent_encoding::percent_decode_str;

use super::span_headers::{SingleHeader, received, span_id, trace_id};

/// The flag of a sampled trace.
const SAMPLED: u8 = 1;

/// Propagates `{trace id}:{span id}:{parent}:{flags}`.
pub fn propagator() -> SingleHeader {
    SingleHeader::new("uber-trace-id", parse, format)
}

fn format(span: &SpanContext) -> String {
    let flags = u8::from(span.is_sampled());
    // The id of the parent is deprecated, and 0.
    format!("{}:{}:0:{flags}", span.trace_id(), span.span_id())
}

/// Clients omit leading zeros, and may encode the colons.
fn parse(cx: &Context, value: &str) -> Option<Context> {
    let value = percent_decode_str(value).decode_utf8().ok()?;
    let mut parts = value.split(':');
    let (trace, span) = (parts.next()?, parts.next()?);
    let (_parent, flags) = (parts.next()?, parts.next()?);
    if parts.next().is_some() || !(1..=2).contains(&flags.len()) {
        return None;
    }
    let digits: Vec<_> = (1..=32).collect();
    let flags = flags.bytes().all(|b| b.is_ascii_hexdigit()).then_some(flags)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    received(cx, trace_id(trace, &digits), span_id(span, &digits[..16]), flags & SAMPLED != 0)
}
