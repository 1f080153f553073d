//! X-Ray's trace context beside W3C's.

use std::env;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use opentelemetry_aws::trace::XrayPropagator as Format;

/// The header of X-Ray, whose value Lambda passes with each invocation, too.
pub(crate) const HEADER: &str = "x-amzn-trace-id";

/// The flag by which opentelemetry-aws stands for `Sampled=?`, with which a caller leaves the decision to its callee. In
/// W3C's level 2, it marks a random trace id.
const UNDECIDED: TraceFlags = TraceFlags::new(0x02);

/// The variable with the name of the function, which only Lambda sets.
pub(crate) const FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// X-Ray's trace context, for `TelemetryProviderBuilder::with_propagator`: the header `X-Amzn-Trace-Id`, which services
/// of AWS send and read. On Lambda, [`LambdaLayer`](crate::LambdaLayer) passes it the header of each invocation.
///
/// A `traceparent` takes precedence. A load balancer sends a header without a parent, which names no span and is
/// ignored. A header with `Sampled=?` or without `Sampled` is ignored, too, because nobody has decided about the trace,
/// and so is one with `Sampled=0` on Lambda, which passes it to each function without active tracing.
#[derive(Clone, Debug, Default)]
pub struct XrayPropagator(Format);

impl XrayPropagator {
    /// Creates the propagator.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl TextMapPropagator for XrayPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let sent = span.span_context();
        let (ids, flags) = ((sent.trace_id(), sent.span_id()), sent.trace_flags() & !UNDECIDED);
        let sent = SpanContext::new(ids.0, ids.1, flags, false, sent.trace_state().clone());
        self.0.inject_context(&Context::new().with_remote_span_context(sent), injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let current = cx.span().span_context().clone();
        if current.is_valid() && current.is_remote() {
            return cx.clone();
        }
        let received = self.0.extract_with_context(&Context::new(), extractor);
        let received = received.span().span_context().clone();
        let is_undecided = received.trace_flags() & UNDECIDED == UNDECIDED;
        let is_decided = received.is_sampled() || !is_undecided && env::var_os(FUNCTION).is_none();
        if received.is_valid() && is_decided {
            cx.with_remote_span_context(received)
        } else {
            cx.clone()
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::trace::{SpanId, TraceId, TraceState};

    use super::*;

    fn extracted(cx: &Context, header: &str) -> String {
        let headers = HashMap::from([(HEADER.to_owned(), header.to_owned())]);
        let cx = XrayPropagator::new().extract_with_context(cx, &headers);
        let span = cx.span();
        let context = span.span_context();
        format!("{} {} {}", context.trace_id(), context.span_id(), context.is_sampled())
    }

    #[test]
    fn a_header_with_a_parent_is_read_unless_a_traceparent_was() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let xray = "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 true";
        let nothing = "00000000000000000000000000000000 0000000000000000 false";
        let of = |is_remote| {
            let ids = (TraceId::from(1), SpanId::from(2));
            let state = TraceState::NONE;
            SpanContext::new(ids.0, ids.1, TraceFlags::default(), is_remote, state)
        };
        let traceparent = Context::new().with_remote_span_context(of(true));
        let local = Context::new().with_remote_span_context(of(false));
        let kept = "00000000000000000000000000000001 0000000000000002 false";
        let of_balancer = "Root=1-5759e988-bd862e3fe1be46a994272793";
        for (cx, header, expected) in [
            (&Context::new(), header, xray),
            (&local, header, xray),
            (&traceparent, header, kept),
            (&traceparent, of_balancer, kept),
            (&local, of_balancer, kept),
            (&Context::new(), of_balancer, nothing),
            (&Context::new(), "Root=1;Parent==;", nothing),
            (&Context::new(), "", nothing),
            (&Context::new(), &header.replace("d=1", "d=0"), &xray.replace("true", "false")),
            (&Context::new(), &header.replace("d=1", "d=?"), nothing),
            (&Context::new(), header.trim_end_matches(";Sampled=1"), nothing),
        ] {
            assert_eq!(extracted(cx, header), expected, "{header}");
        }
    }

    #[test]
    fn the_random_flag_of_w3c_is_not_sent_as_a_request_for_a_decision() {
        for (flags, sampled) in [(0, "0"), (1, "1"), (2, "0"), (3, "1")] {
            let (ids, flags) = ((TraceId::from(1), SpanId::from(2)), TraceFlags::new(flags));
            let span = SpanContext::new(ids.0, ids.1, flags, true, TraceState::NONE);
            let mut headers = HashMap::new();
            let cx = Context::new().with_remote_span_context(span);
            XrayPropagator::new().inject_context(&cx, &mut headers);
            let expected = format!(
                "Root=1-00000000-000000000000000000000001;Parent=0000000000000002;Sampled={sampled}"
            );
            assert_eq!(headers[HEADER], expected);
        }
    }
}
