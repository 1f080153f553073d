//! A `TextMapPropagator` of the program.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, propagation};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

/// `acme-trace`: the ids with a dot between them.
#[derive(Debug)]
struct Acme([String; 1]);

impl TextMapPropagator for Acme {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span().span_context().clone();
        injector.set(&self.0[0], format!("{}.{}", span.trace_id(), span.span_id()));
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let ids = extractor.get(&self.0[0]).and_then(|value| value.split_once('.'));
        let Some((trace, span)) = ids else {
            return cx.clone();
        };
        cx.with_remote_span_context(SpanContext::new(
            TraceId::from_hex(trace).unwrap(),
            SpanId::from_hex(span).unwrap(),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        ))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[test]
fn a_propagator_of_the_program_is_beside_the_configured_ones() {
    floe_tests::alone!();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(MemoryExporter::new())
        .with_propagator(Acme(["acme-trace".to_owned()]))
        .initialize()
        .unwrap();
    let (ids, headers) = {
        let span = create_span("call");
        let context = span.span_context();
        ((context.trace_id(), context.span_id()), propagation::inject_headers())
    };
    assert_eq!(headers.get("acme-trace").unwrap(), &*format!("{}.{}", ids.0, ids.1));
    assert!(headers.contains_key("traceparent"));
    let of_acme = HashMap::from([("acme-trace".to_owned(), format!("{}.{}", ids.0, ids.1))]);
    let parent = propagation::extract_span_context(&of_acme).unwrap();
    assert_eq!((parent.trace_id(), parent.span_id()), ids);
    drop(telemetry);
}
