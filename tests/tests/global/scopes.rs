//! Spans arrive over the network under their instrumentation scopes.

use std::collections::BTreeMap;

use floe_telemetry::opentelemetry::InstrumentationScope;
use floe_telemetry::opentelemetry::trace::{Tracer as _, TracerProvider as _};
use floe_telemetry::{
    FutureExt as _, TelemetryProvider, Tracer, callsite, create_span, span, traced, tracing_layer,
};
use floe_tests_renamed::scopes;
use futures_executor::block_on;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use super::pipeline::Pipeline;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[traced]
fn of_the_tests() {}

#[traced(tracer = "global_scopes.named")]
fn of_a_name() {}

static TRACER: Tracer = floe_telemetry::tracer!("global_scopes.tracer");

const NAMED: &str = "global_scopes.constant";

#[traced(tracer = NAMED, attributes(n))]
async fn of_a_constant(n: u8) -> u8 {
    n
}

#[traced(tracer = TRACER.name())]
fn of_a_tracers_name() {}

struct Block;

#[traced(tracer = "global_scopes.block")]
impl Block {
    fn one() {}

    #[traced(tracer = "global_scopes.method")]
    fn two() {}
}

fn work() {
    of_the_tests();
    of_a_name();
    block_on(of_a_constant(1));
    of_a_tracers_name();
    drop(TRACER.span("of a tracer").start());
    Block::one();
    Block::two();
    scopes::of_the_package();
    scopes::of_a_named_tracer();
    scopes::of_a_tracer();
    drop(create_span("by hand"));
    block_on(async {}.in_span(span("around a future")));
    let scope = InstrumentationScope::builder("global_scopes.api")
        .with_version("3.0")
        .with_schema_url("https://opentelemetry.io/schemas/1.40.0")
        .build();
    TelemetryProvider::tracer_provider().tracer_with_scope(scope).in_span("of the API", |_| ());
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!(target: "global_scopes::target", "of tracing").in_scope(|| ());
    });
}

#[alone]
fn each_scope_of_a_batch_has_its_own_spans() {
    let pipeline = Pipeline::http(|_| ());
    // For the second batch, the exporter uses the scopes that it cached with the first one.
    for _ in 0..2 {
        work();
        work();
        pipeline.flush();
    }

    pipeline.shut_down();

    let requests = pipeline.receiver.requests();
    assert_eq!(requests.len(), 2);
    let expected: BTreeMap<_, _> = [
        (("floe-tests", VERSION, ""), "of_the_tests"),
        (("global_scopes.named", VERSION, ""), "of_a_name"),
        (("global_scopes.constant", VERSION, ""), "of_a_constant"),
        (("global_scopes.tracer", VERSION, ""), "of_a_tracers_name, of a tracer"),
        (("global_scopes.block", VERSION, ""), "Block::one"),
        (("global_scopes.method", VERSION, ""), "Block::two"),
        (("floe-tests-renamed", "7.3.1", ""), "of_the_package"),
        (("renamed.named", "7.3.1", ""), "of_a_named_tracer"),
        (("renamed.by_hand", "7.3.1", ""), "of_a_tracer"),
        (("global_scopes.api", "3.0", "https://opentelemetry.io/schemas/1.40.0"), "of the API"),
        (("global_scopes::target", "", ""), "of tracing"),
        (("", "", ""), "by hand, around a future"),
    ]
    .into_iter()
    .map(|((name, version, url), span)| {
        ((name.to_owned(), version.to_owned(), url.to_owned()), [span, span].join(", "))
    })
    .collect();
    for request in requests {
        let message = ExportTraceServiceRequest::decode(&*request.body).unwrap();
        assert_eq!(message.resource_spans.len(), 1);
        let mut found = BTreeMap::new();
        for spans in &message.resource_spans[0].scope_spans {
            let scope = spans.scope.clone().unwrap();
            let key = (scope.name, scope.version, spans.schema_url.clone());
            let sorted: Vec<_> = spans.spans.iter().map(|span| span.name.clone()).collect();
            let names = sorted.join(", ");
            assert!(found.insert(key, names).is_none(), "a scope occurs twice");
        }

        assert_eq!(found, expected);
    }

    let listed = callsite::tracers().find(|scope| scope.name() == "renamed.by_hand").unwrap();
    assert_eq!(listed.version(), Some("7.3.1"));
    let span = pipeline.receiver.spans().into_iter().find(|span| span.name == "of the API");
    assert_eq!(span.unwrap().scope_version, "3.0");
}
