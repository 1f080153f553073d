//! A library with another version of OpenTelemetry, whose spans are in the same trace by the headers of W3C. The lines are
//! those of docs/migrating.md.

use std::collections::HashMap;

use floe_telemetry::{create_span, propagation, testing, traced};

#[traced(parent = headers)]
fn receive(headers: &HashMap<String, String>) {}

/// A test with the crates of a version.
macro_rules! version {
    ($name:ident, $api:ident, $sdk:ident) => {
        #[test]
        fn $name() {
            use $api::propagation::TextMapPropagator as _;
            use $api::trace::{Tracer as _, TracerProvider as _};
            use $sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

            let exporter = InMemorySpanExporter::default();
            let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
            let tracer = provider.build().tracer("library");
            let spans = testing::capture(|| {
                let _span = create_span("order");
                let mut headers = HashMap::new();
                propagation::inject_context(&mut headers);
                let propagator = $sdk::propagation::TraceContextPropagator::new();
                let _attached = propagator.extract(&headers).attach();
                tracer.in_span("load", |cx| {
                    let mut headers = HashMap::new();
                    propagator.inject_context(&cx, &mut headers);
                    receive(&headers);
                });
            });
            let theirs = exporter.get_finished_spans().unwrap();
            let (order, load) = (spans.single("order").span_context(), &theirs[0].span_context);
            assert_eq!(theirs[0].name, "load");
            assert_eq!(theirs[0].parent_span_id.to_string(), order.span_id().to_string());
            let receive = spans.single("receive");
            assert_eq!(receive.data().parent_span_id.to_string(), load.span_id().to_string());
            for trace in
                [receive.span_context().trace_id().to_string(), load.trace_id().to_string()]
            {
                assert_eq!(trace, order.trace_id().to_string());
            }
        }
    };
}

version!(one_trace_with_0_31, opentelemetry_0_31, opentelemetry_sdk_0_31);
version!(one_trace_with_0_32, opentelemetry_0_32, opentelemetry_sdk_0_32);
