//! The format of Jaeger's clients
//! ([`uber-trace-id`](https://www.jaegertracing.io/docs/1.76/architecture/apis/#propagation-format)), without its
//! baggage: that of OpenTelemetry has a header of its own.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use percent_encoding::percent_decode_str;

use super::span_headers::{header, received, sent, span_id, trace_id};

pub(super) const UBER_TRACE_ID: &str = "uber-trace-id";

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [UBER_TRACE_ID.into()]);

/// The flag of a sampled trace.
const SAMPLED: u8 = 1;

/// Propagates `{trace id}:{span id}:{parent}:{flags}`.
#[derive(Debug)]
pub(super) struct JaegerPropagator;

impl TextMapPropagator for JaegerPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let Some(span) = sent(cx) else {
            return;
        };
        let flags = u8::from(span.is_sampled());
        // The id of the parent is deprecated, and 0.
        let value = format!("{}:{}:0:{flags}", span.trace_id(), span.span_id());
        injector.set(UBER_TRACE_ID, value);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let parent = header(extractor, UBER_TRACE_ID).and_then(|value| parse(cx, value));
        parent.unwrap_or_else(|| cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
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
    let flags = flags
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some(flags)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    received(
        cx,
        trace_id(trace, &digits),
        span_id(span, &digits[..16]),
        flags & SAMPLED != 0,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    fn extracted(value: &str) -> Context {
        let headers = HashMap::from([(UBER_TRACE_ID.to_owned(), value.to_owned())]);
        JaegerPropagator.extract_with_context(&Context::new(), &headers)
    }

    #[test]
    fn a_valid_parent_is_passed_on() {
        for (received, sent) in [
            (
                "80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1",
                "80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1",
            ),
            (
                "1f2:3a:0:3",
                "000000000000000000000000000001f2:000000000000003a:0:1",
            ),
            (
                "80f198ee56343ba864fe8b2a57d3eff7%3Ae457b5a2e4d86bd1%3A0%3A0",
                "80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:0",
            ),
        ] {
            let cx = extracted(received);
            assert!(cx.span().span_context().is_remote(), "{received}");
            let mut headers = HashMap::new();
            JaegerPropagator.inject_context(&cx, &mut headers);
            assert_eq!(
                headers,
                HashMap::from([(UBER_TRACE_ID.to_owned(), sent.to_owned())])
            );
        }
    }

    #[test]
    fn an_invalid_parent_is_ignored() {
        let long = "a".repeat(1000);
        for value in [
            &*long,
            "",
            "1",
            "1:2:0",
            "1:2:0:1:",
            "0:2:0:1",
            "1:0:0:1",
            "1:2:0:x",
            "1:2:0:+1",
            "1:2:0:100",
            "-1:2:0:1",
            "1:12345678901234567:0:1",
            "%ff:2:0:1",
        ] {
            let cx = extracted(value);
            assert!(!cx.span().span_context().is_valid(), "{value}");
        }
    }
}
