//! The format of AWS X-Ray
//! ([tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)).

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, TraceId};

use super::span_headers::{MAX_BYTES, SingleHeader, received, span_id, trace_id};
use crate::environment;

/// Where AWS Lambda stores the span of an invocation.
const LAMBDA_SPAN: &str = "_X_AMZN_TRACE_ID";

/// The digits of the time in a trace id.
const TIME_DIGITS: usize = 8;

/// Propagates `Root=1-{time}-{random};Parent={span id};Sampled={0 or 1}`.
///
/// X-Ray itself accepts only trace ids whose first 32 bits are a time within the last 30 days.
pub fn propagator() -> SingleHeader {
    SingleHeader::new("x-amzn-trace-id", parse, format)
}

/// Propagates the same. The parent of an invocation of AWS Lambda is the span of X-Ray's active tracing, which is in the
/// environment of the process, whatever its request says
/// ([`xray-lambda`](https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/#xray-lambda-propagator-functionality)).
#[derive(Debug)]
pub struct XRayLambda(SingleHeader);

impl Default for XRayLambda {
    fn default() -> Self {
        Self(propagator())
    }
}

impl TextMapPropagator for XRayLambda {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        self.0.inject_context(cx, injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let extracted = self.0.extract_with_context(cx, extractor);
        if cx.span().span_context().is_valid() {
            return extracted;
        }
        let span = environment::variable(LAMBDA_SPAN).ok();
        let span = span.filter(|span| span.len() <= MAX_BYTES);
        let parent = span.and_then(|span| parse(&extracted, &span));
        parent.unwrap_or(extracted)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

fn format(span: &SpanContext) -> String {
    let trace_id = span.trace_id().to_string();
    let (time, random) = trace_id.split_at(TIME_DIGITS);
    let (parent, sampled) = (span.span_id(), u8::from(span.is_sampled()));
    format!("Root=1-{time}-{random};Parent={parent};Sampled={sampled}")
}

/// Other fields, such as `Self` and `Lineage`, are those of AWS. A decision that is left to the receiver (`?`)
/// counts as not sampled.
fn parse(cx: &Context, value: &str) -> Option<Context> {
    let (mut trace, mut parent, mut is_sampled) = (None, None, false);
    for field in value.split(';').map(str::trim).filter(|field| !field.is_empty()) {
        let (key, value) = field.split_once('=')?;
        match key {
            "Root" => trace = Some(root(value)?),
            "Parent" => parent = span_id(value, &[16]),
            "Sampled" => is_sampled = value == "1",
            _ => {}
        }
    }
    received(cx, trace, parent, is_sampled)
}

fn root(value: &str) -> Option<TraceId> {
    let (time, random) = value.strip_prefix("1-")?.split_once('-')?;
    let is_split = time.len() == TIME_DIGITS;
    trace_id(&[time, random].concat(), &[32]).filter(|_| is_split)
}
