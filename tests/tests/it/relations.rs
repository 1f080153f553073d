//! `parent`, `root`, `links`, `error_if` and `metrics`: the relations of a span to others, and the outcomes that are
//! errors.

use std::io;

use floe_telemetry::{create_span, testing, traced};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{
    Link, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};

/// Returns a remote parent. Each test uses its own traces, because a capture claims a trace.
fn remote(trace: u64, sampled: bool) -> SpanContext {
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    SpanContext::new(
        TraceId::from(u128::from(trace)),
        SpanId::from(9),
        flags,
        true,
        TraceState::NONE,
    )
}

#[traced(parent = cx)]
fn below_context(cx: &Context) {
    drop(create_span("child"));
}

#[traced(parent = parent.clone())]
fn below_span_context(parent: SpanContext) {
    drop(parent);
}

#[traced(parent = parent, attributes(n))]
async fn below_later(parent: Option<SpanContext>, n: u8) {
    tokio::task::yield_now().await;
    drop(create_span("child"));
    let _ = (parent, n);
}

#[test]
fn the_parent_may_be_a_context() {
    let spans = testing::capture(|| {
        let _active = create_span("active");
        below_context(&Context::new().with_remote_span_context(remote(107, true)));
        below_span_context(remote(108, true));
        // A context without a span makes the span a root.
        below_context(&Context::new());
    });

    let both: Vec<_> = spans.named("below_context").collect();
    assert_eq!(both[0].span_context().trace_id(), TraceId::from(107));
    assert_eq!(both[0].parent_span_id(), SpanId::from(9));
    both[1].assert_root();
    assert_eq!(spans.single("below_span_context").span_context().trace_id(), TraceId::from(108));
    assert!(spans.named("child").all(|child| child.parent_span_id() != SpanId::INVALID));
}

#[tokio::test]
async fn a_future_takes_its_parent_from_an_argument() {
    let spans = testing::capture_async(async {
        below_later(Some(remote(307, true)), 1).await;
        let _active = create_span("active");
        below_later(None, 2).await;
    })
    .await;
    let both: Vec<_> = spans.named("below_later").collect();
    assert_eq!(both[0].parent_span_id(), SpanId::from(9));
    both[1].assert_child_of("active").assert_attribute("n", 2);
    let parents: Vec<_> = spans.named("child").map(testing::CapturedSpan::parent_span_id).collect();
    assert_eq!(parents, [&both[0], &both[1]].map(|span| span.span_context().span_id()));
}

#[traced(root, links = [active, &SpanContext::NONE])]
fn starts_a_new_trace(active: &SpanContext) -> Option<String> {
    drop(create_span("child"));
    let _ = active;
    Context::map_current(|cx| cx.baggage().get("tenant").map(ToString::to_string))
}

/// The array borrows the arguments, so that the body can use them.
#[traced(links = [first, second, &third])]
fn linked_to_each(first: SpanContext, second: Option<SpanContext>, third: Link) -> bool {
    first.is_valid() && second.is_none() && third.attributes.is_empty()
}

#[traced(links = several)]
async fn linked(several: Vec<SpanContext>) -> usize {
    several.len()
}

#[test]
fn a_root_has_links_and_keeps_the_baggage() {
    let spans = testing::capture(|| {
        let active = create_span("active");
        let _attached = Context::current_with_baggage([KeyValue::new("tenant", "acme")]).attach();
        assert_eq!(starts_a_new_trace(&active.span_context()).as_deref(), Some("acme"));
    });

    let active = spans.single("active").span_context().clone();
    let root = spans.single("starts_a_new_trace").assert_root();
    assert_ne!(root.span_context().trace_id(), active.trace_id());
    assert_eq!(links(&root.data().links.links), [active]);
    spans.single("child").assert_child_of("starts_a_new_trace");
}

#[tokio::test]
async fn links_may_be_an_argument_or_an_array_of_arguments() {
    let spans = testing::capture_async(async {
        linked(vec![remote(601, true), remote(602, false)]).await;
        let third = Link::with_context(remote(604, true));
        assert!(linked_to_each(remote(603, true), None, third));
    })
    .await;
    for (name, expected) in [
        ("linked", [remote(601, true), remote(602, false)]),
        ("linked_to_each", [remote(603, true), remote(604, true)]),
    ] {
        assert_eq!(links(&spans.single(name).data().links.links), expected);
    }
}

fn links(links: &[Link]) -> Vec<SpanContext> {
    links.iter().map(|link| link.span_context.clone()).collect()
}

#[traced(error_if = |result| !matches!(result, Err(error) if error.kind() == io::ErrorKind::NotFound))]
fn find(kind: io::ErrorKind) -> Result<u8, io::Error> {
    Err(kind.into())
}

#[expect(clippy::ref_option, reason = "`error_if` is given a reference to the result")]
fn is_none<T>(value: &Option<T>) -> bool {
    value.is_none()
}

#[traced(error_if = is_none)]
async fn first(list: &[u8]) -> Option<&u8> {
    list.first()
}

#[tokio::test]
async fn error_if_decides_which_outcomes_are_errors() {
    let spans = testing::capture_async(async {
        let _ = find(io::ErrorKind::NotFound);
        let _ = find(io::ErrorKind::TimedOut);
        first(&[]).await;
        first(&[1]).await;
    })
    .await;
    let finds: Vec<_> = spans.named("find").collect();
    finds[0]
        .assert_ok()
        .assert_attribute("error.type", "std::io::error::Error")
        .assert_no_attribute("exception.message");
    finds[1].assert_error("timed out");
    let firsts: Vec<_> = spans.named("first").collect();
    firsts[0].assert_error("refused by `error_if`").assert_attribute("error.type", "_OTHER");
    firsts[1].assert_ok().assert_no_attribute("error.type");
}
