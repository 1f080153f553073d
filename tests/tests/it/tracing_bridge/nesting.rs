//! Spans of `tracing`, `#[traced]` spans and plain OpenTelemetry spans, above and below each other.

use floe_telemetry::propagation;
use floe_telemetry::{create_span, get_current_span, get_tracer, testing, traced};
use opentelemetry::trace::{FutureExt, TraceContextExt, Tracer, get_active_span};
use opentelemetry::{Context, KeyValue};
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, Span, info, info_span, instrument};

use super::{elsewhere, record, subscriber};

#[traced]
fn ours(depth: usize) {
    if depth > 0 {
        theirs(depth);
    }
}

#[instrument]
fn theirs(depth: usize) {
    get_current_span().set_attribute("set.by", "ours");
    ours(depth - 1);
}

#[traced]
fn function(body: impl FnOnce()) {
    body();
}

#[traced]
fn leaf() {}

#[test]
fn functions_and_spans_nest_in_turn() {
    let spans = record(|| {
        function(|| {
            info_span!("first").in_scope(|| {
                info_span!("second").in_scope(|| {
                    info!("an event");
                    get_active_span(|span| span.set_attribute(KeyValue::new("set.by", "the API")));
                    leaf();
                });

                ours(1);
                get_active_span(|span| span.set_attribute(KeyValue::new("set.in", "first")));
            });

            info_span!("beside");
        });
    });

    spans.single("first").assert_child_of("function").assert_attribute("set.in", "first");
    spans
        .single("second")
        .assert_child_of("first")
        .assert_event("an event")
        .assert_attribute("set.by", "the API");
    spans.single("leaf").assert_child_of("second");
    spans.single("beside").assert_child_of("function");
    let mut of_ours = spans.named("ours");
    of_ours.next().unwrap().assert_child_of("theirs");
    of_ours.next().unwrap().assert_child_of("first");
}

#[test]
fn entering_a_span_restores_the_context_of_its_creation() {
    let spans = record(|| {
        function(|| {
            let early = info_span!("early");
            let _attached = propagation::set_baggage_value("tenant", "acme").attach();
            early.in_scope(|| {
                assert_eq!(propagation::baggage_value("tenant"), None);
                leaf();
            });

            info_span!("late").in_scope(|| {
                assert_eq!(propagation::baggage_value("tenant").unwrap(), "acme");
                let span = info_span!("elsewhere");
                elsewhere(|| span.in_scope(|| ours(0)));
            });
        });
    });

    spans.assert_tree("function\n  early\n    leaf\n  late\n    elsewhere\n      ours");
}

#[test]
fn an_explicit_parent_is_the_parent() {
    let spans = record(|| {
        let first = info_span!("first");
        let _second = info_span!("second").entered();
        info_span!(parent: &first, "below first").in_scope(|| ours(0));
        info_span!(parent: None, "alone");
        info_span!("below second");
        drop(first);
        let closed = info_span!("closed");
        let id = closed.id();
        info_span!(parent: id, "below closed");
    });

    let tree =
        "alone\nfirst\n  below first\n    ours\nsecond\n  below second\n  closed\n    below closed";
    spans.assert_tree(tree);
}

#[test]
fn an_attached_context_is_the_parent() {
    let spans = record(|| {
        let plain = Context::current_with_span(get_tracer("plain").start("plain"));
        info_span!("outer").in_scope(|| {
            let _attached = plain.clone().attach();
            info_span!("inner").in_scope(|| ours(0));
        });
    });

    spans.assert_tree("outer\nplain\n  inner\n    ours");
}

#[test]
fn follows_from_is_a_link() {
    let spans = record(|| {
        let first = info_span!("first");
        let second = info_span!("second");
        second.follows_from(&first);
        let gone = info_span!("gone").id();
        second.follows_from(gone);
    });

    let first = spans.single("first").span_context().span_id();
    let links = &spans.single("second").assert_root().data().links.links;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].span_context.span_id(), first);
}

#[instrument(fields(hops))]
async fn theirs_async(hops: usize) {
    for _ in 0..hops {
        yield_now().await;
    }

    Span::current().record("hops", hops);
    ours_async(hops).await;
    info!("done");
}

#[traced]
async fn ours_async(hops: usize) {
    for _ in 0..hops {
        yield_now().await;
    }
    async {
        yield_now().await;
        drop(create_span("leaf"));
    }
    .instrument(info_span!("block"))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nesting_survives_awaits_on_several_threads() {
    let spans = testing::capture_async(async {
        let tasks: Vec<_> = (0..50)
            .map(|hops| {
                let cx = Context::current_with_span(get_tracer("plain").start("above"));
                tokio::spawn(theirs_async(hops).with_context(cx).with_subscriber(subscriber()))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    })
    .await;
    assert_eq!(spans.len(), 250);
    for (name, parent) in [
        ("theirs_async", "above"),
        ("ours_async", "theirs_async"),
        ("block", "ours_async"),
        ("leaf", "block"),
    ] {
        assert_eq!(spans.named(name).count(), 50);
        for span in spans.named(name) {
            span.assert_child_of(parent);
        }
    }

    for span in spans.named("theirs_async") {
        span.assert_event("done");
    }
}
