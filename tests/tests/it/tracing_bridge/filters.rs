//! Spans that a filter disables, and the spans around them.

use floe_telemetry::{traced, tracing_layer};
use floe_tests::remote_in;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::level_filters::LevelFilter;
use tracing::{info, info_span, trace_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::{record, record_in};

#[traced]
fn work() {}

#[test]
fn filters_of_the_subscriber_work() {
    let layer = tracing_layer()
        .with_filter(filter_fn(|metadata| metadata.target() != "noise"))
        .with_filter(LevelFilter::DEBUG);
    let spans = record_in(registry().with(layer), || {
        let noise = info_span!(target: "noise", "noise");
        let _outer = info_span!("outer").entered();
        let _noise = noise.enter();
        trace_span!("too fine").in_scope(|| {
            info!(target: "noise", "not this one");
            info!("this one");
            work();
        });

        info_span!(parent: &noise, "below noise");
    });

    assert_eq!(spans.len(), 3);
    spans.single("outer").assert_event("this one");
    assert_eq!(spans.single("outer").events().len(), 1);
    spans.single("work").assert_child_of("outer");
    // A filter hides the parent from the layer.
    spans.single("below noise").assert_root();
}

#[test]
fn below_an_unsampled_span_nothing_is_sampled() {
    let unsampled = remote_in(7, false);
    let spans = record(|| {
        let cx = Context::current().with_remote_span_context(unsampled.clone());
        let attached = cx.attach();
        let outer = info_span!("outer", otel.name = "outer");
        outer.record("otel.name", "still left out");
        drop(attached);
        // The parent's context is detached, but the span still has a context in the parent's trace.
        outer.in_scope(|| {
            let current = Context::current().span().span_context().clone();
            assert_eq!(current.trace_id(), unsampled.trace_id());
            assert!(!current.is_sampled());
            info!("without a span");
            work();
            info_span!("inner").in_scope(work);
        });

        info_span!(parent: &outer, "explicit").in_scope(work);
        info_span!("another").follows_from(&outer);
    });

    assert_eq!(spans.len(), 1);
    let links = &spans.single("another").data().links.links;
    assert_eq!(links[0].span_context.trace_id(), unsampled.trace_id());
}

#[test]
fn suppressed_telemetry_is_not_recorded() {
    let spans = record(|| {
        let _outer = info_span!("outer").entered();
        let suppressed = Context::enter_telemetry_suppressed_scope();
        info_span!("exporter").in_scope(|| {
            info!("sending");
            work();
        });

        drop(suppressed);
        info_span!("after").in_scope(|| info!("again"));
    });

    assert_eq!(spans.names(), ["after", "outer"]);
    assert!(spans.single("outer").events().is_empty());
    spans.single("after").assert_child_of("outer").assert_event("again");
}

#[test]
fn a_second_layer_adds_nothing() {
    let twice = registry().with(tracing_layer()).with(tracing_layer());
    let spans = record_in(twice, || {
        info_span!("outer", rows = 1).in_scope(work);
    });

    assert_eq!(spans.len(), 2);
    spans.single("outer").assert_root().assert_attribute("rows", 1);
    spans.single("work").assert_child_of("outer");
}
