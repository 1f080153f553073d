//! The format of AWS X-Ray
//! ([tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)).

use std::sync::LazyLock;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, TraceId};

use super::span_headers::{header, received, sent, span_id, trace_id};

pub(super) const X_AMZN_TRACE_ID: &str = "x-amzn-trace-id";

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [X_AMZN_TRACE_ID.into()]);

/// The digits of the time in a trace id.
const TIME_DIGITS: usize = 8;

/// Propagates `Root=1-{time}-{random};Parent={span id};Sampled={0 or 1}`.
///
/// X-Ray itself accepts only trace ids whose first 32 bits are a time within the last 30 days.
#[derive(Debug)]
pub(super) struct XRayPropagator;

impl TextMapPropagator for XRayPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let Some(span) = sent(cx) else {
            return;
        };
        let trace_id = span.trace_id().to_string();
        let (time, random) = trace_id.split_at(TIME_DIGITS);
        let (parent, sampled) = (span.span_id(), u8::from(span.is_sampled()));
        let value = format!("Root=1-{time}-{random};Parent={parent};Sampled={sampled}");
        injector.set(X_AMZN_TRACE_ID, value);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let parent = header(extractor, X_AMZN_TRACE_ID).and_then(|value| parse(cx, value));
        parent.unwrap_or_else(|| cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// Other fields, such as `Self` and `Lineage`, are those of AWS. A decision that is left to the receiver (`?`)
/// counts as not sampled.
fn parse(cx: &Context, value: &str) -> Option<Context> {
    let (mut trace, mut parent, mut is_sampled) = (None, None, false);
    for field in value.split(';') {
        let (key, value) = field.trim().split_once('=')?;
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    fn extracted(value: &str) -> Context {
        let headers = HashMap::from([(X_AMZN_TRACE_ID.to_owned(), value.to_owned())]);
        XRayPropagator.extract_with_context(&Context::new(), &headers)
    }

    #[test]
    fn a_valid_parent_is_passed_on() {
        for (received, sent) in [
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            ),
            (
                "Self=1-a; Sampled=0; Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793; Lineage=a:1",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            ),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            ),
        ] {
            let cx = extracted(received);
            assert!(cx.span().span_context().is_remote(), "{received}");
            let mut headers = HashMap::new();
            XRayPropagator.inject_context(&cx, &mut headers);
            assert_eq!(
                headers,
                HashMap::from([(X_AMZN_TRACE_ID.to_owned(), sent.to_owned())])
            );
        }
    }

    #[test]
    fn an_invalid_parent_is_ignored() {
        let long = "a".repeat(1000);
        for value in [
            &*long,
            "",
            "Root",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988b-d862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f",
            "Parent=53995c3f42cd8ad8;Sampled=1",
        ] {
            let cx = extracted(value);
            assert!(!cx.span().span_context().is_valid(), "{value}");
        }
    }
}
