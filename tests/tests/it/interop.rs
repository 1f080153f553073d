//! Plain OpenTelemetry above and below our spans.

use floe_telemetry::{TelemetryProvider, create_span, get_tracer, testing, traced};
use opentelemetry::trace::{Status, TraceContextExt, Tracer, TracerProvider, get_active_span};
use opentelemetry::{Context, KeyValue};

#[traced]
fn ours() {
    get_active_span(|span| {
        span.set_attribute(KeyValue::new("set.by", "the plain API"));
        span.add_event("plain.event", vec![KeyValue::new("n", 1)]);
    });

    let tracer = TelemetryProvider::tracer_provider().tracer("plain");
    tracer.in_span("below", |cx| {
        cx.span().set_status(Status::Ok);
        ours_again();
    });
}

#[traced]
fn ours_again() {}

#[test]
fn a_plain_span_nests_below_and_above_ours() {
    let spans = testing::capture(|| {
        let tracer = get_tracer("plain");
        tracer.in_span("above", |_| ours());
    });

    let above = spans.single("above").assert_root().assert_unset();
    assert_eq!(above.scope(), "plain");
    spans
        .single("ours")
        .assert_child_of("above")
        .assert_ok()
        .assert_attribute("set.by", "the plain API")
        .assert_event("plain.event");
    spans.single("below").assert_child_of("ours").assert_ok();
    spans.single("ours_again").assert_child_of("below");
}

/// Keeps a context attached across an await, which the documentation of `Context` warns against.
#[traced]
async fn keeps_a_context() {
    let _mine = Context::new().attach();
    tokio::task::yield_now().await;
    drop(create_span("after_keeps_a_context"));
}

#[traced(name = "keeps_a_context_with", attributes(hops))]
async fn keeps_a_context_with(hops: usize) {
    let _mine = Context::new().attach();
    for _ in 0..hops {
        tokio::task::yield_now().await;
    }

    drop(create_span("after_keeps_a_context_with"));
}

#[tokio::test]
async fn a_future_that_keeps_a_context_attached_resumes_in_its_span() {
    let spans = testing::capture_async(async {
        keeps_a_context().await;
        keeps_a_context_with(3).await;
    })
    .await;
    assert_eq!(spans.len(), 4);
    for name in ["keeps_a_context", "keeps_a_context_with"] {
        spans.single(name).assert_ok();
        let after = format!("after_{name}");
        spans.single(&after).assert_child_of(name);
    }
}
