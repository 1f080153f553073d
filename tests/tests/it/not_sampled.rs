//! A span that is not sampled has an id of its own. Every way to identify the current span through this crate gives
//! that id.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::thread;

use floe_telemetry::{
    ActiveSpan, FutureExt as _, create_span, get_current_span, get_tracer, propagation, span,
    testing, traced, tracing_layer,
};
use opentelemetry::Context;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

/// Returns a remote parent that is not sampled. Each test uses its own trace, because a capture claims a trace.
fn remote(trace: u64) -> SpanContext {
    SpanContext::new(
        TraceId::from(u128::from(trace)),
        SpanId::from(9),
        TraceFlags::new(0x02),
        true,
        TraceState::from_key_value([("vendor", "1")]).unwrap(),
    )
}

/// Returns the current span, after a check that its ids are the same wherever they are read.
#[track_caller]
fn current() -> SpanContext {
    let current = get_current_span().span_context();
    assert_eq!(propagation::current_span_context(), current);
    let trace_id = current.trace_id();
    let span_id = current.span_id();
    assert_eq!(propagation::current_trace_id(), Some(trace_id.to_string()));
    assert_eq!(propagation::current_span_id(), Some(span_id.to_string()));
    let headers = propagation::inject_headers();
    assert_eq!(headers["traceparent"], format!("00-{trace_id}-{span_id}-02"));
    assert_eq!(headers["tracestate"], "vendor=1");
    assert!(!get_current_span().is_recording());
    current
}

/// Returns the span of a guard, after a check that it is the current span.
#[track_caller]
fn ids_of(guard: &ActiveSpan) -> SpanContext {
    assert_eq!(guard.span_context(), current());
    assert_eq!(guard.span_context(), current(), "the ids do not change");
    guard.span_context()
}

/// Runs `code` below a parent that is not sampled. The ids that it returns must differ from each other, belong to the
/// trace of the parent, and be local.
#[track_caller]
fn check(trace: u64, code: impl FnOnce() -> Vec<SpanContext>) {
    let parent = remote(trace);
    let mut ids = Vec::new();
    let spans = testing::capture(|| {
        let cx = Context::current().with_remote_span_context(parent.clone());
        let _attached = cx.attach();
        ids = code();
        assert_eq!(current(), parent, "the parent is current again");
    });

    assert!(spans.is_empty(), "{spans}");
    let different: HashSet<_> = ids.iter().map(SpanContext::span_id).collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
    assert!(!different.contains(&parent.span_id()), "{ids:?}");
    assert!(!different.contains(&SpanId::INVALID), "{ids:?}");
    for id in ids {
        assert_eq!(id.trace_id(), parent.trace_id());
        assert_eq!(id.trace_flags(), parent.trace_flags());
        assert_eq!(id.trace_state(), parent.trace_state());
        assert!(!id.is_remote());
    }
}

#[traced]
fn function() -> SpanContext {
    current()
}

#[traced]
fn calls_another() -> [SpanContext; 3] {
    let before = current();
    let inner = function();
    assert_eq!(current(), before);
    [before, inner, function()]
}

#[traced(parent = cx)]
fn with_a_parent(cx: &Context) -> SpanContext {
    let _ = cx;
    current()
}

#[test]
fn a_function_has_an_id() {
    check(0xa1, || {
        let mut ids = vec![function(), function()];
        ids.extend(calls_another());
        let cx = Context::current();
        let elsewhere = Context::new().attach();
        ids.push(with_a_parent(&cx));
        drop(elsewhere);
        ids
    });
}

#[test]
fn the_id_is_carried_to_another_thread() {
    #[traced]
    fn spawns() -> [SpanContext; 2] {
        let future = async { [current(), function()] }.in_current_span();
        let ids = thread::scope(|scope| {
            let thread = scope.spawn(|| futures_executor::block_on(future));
            thread.join().unwrap()
        });
        assert_eq!(ids[0], current());
        ids
    }

    check(0xa8, || spawns().to_vec());
}

/// Other code finds the span of the first function, which has a `Context`. The functions below it have none, because
/// that would cost several times as much as a call.
#[test]
fn other_code_finds_the_first_span_of_the_process() {
    fn found() -> SpanContext {
        Context::current().span().span_context().clone()
    }
    #[traced]
    fn below() -> [SpanContext; 2] {
        [current(), found()]
    }
    #[traced]
    fn first() -> [SpanContext; 4] {
        let [below, found_below] = below();
        [current(), found(), below, found_below]
    }
    #[traced]
    async fn first_future() -> [SpanContext; 4] {
        yields().await;
        first_of(below())
    }
    fn first_of([below, found_below]: [SpanContext; 2]) -> [SpanContext; 4] {
        [current(), found(), below, found_below]
    }

    check(0xa9, || {
        let calls = [first(), futures_executor::block_on(first_future())];
        let ids = calls.map(|[own, found, below, found_below]| {
            assert_eq!(found, own);
            assert_eq!(found_below, own);
            [own, below]
        });

        ids.concat()
    });
}

#[test]
fn a_function_that_panics_restores_its_parent() {
    #[traced]
    fn panics(ids: &mut Vec<SpanContext>) {
        ids.push(current());
        panic!("as intended");
    }

    check(0xa2, || {
        let mut ids = Vec::new();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics(&mut ids)));
        assert!(caught.is_err());
        ids
    });
}

#[test]
fn a_guard_has_an_id() {
    check(0xa3, || {
        let outer = create_span("outer");
        let mut ids = vec![ids_of(&outer)];
        {
            let inner = span("inner").attribute("n", 1).start();
            ids.push(ids_of(&inner));
            assert_eq!(outer.span_context(), ids[0]);
            ids.push(function());
        }

        ids.push(outer.observe(Ok::<_, std::io::Error>(function())).unwrap());
        assert_eq!(ids_of(&outer), ids[0]);
        ids
    });
}

#[test]
fn a_guard_without_a_span_has_the_ids_of_the_current_one() {
    let _attached = Context::new().with_remote_span_context(remote(0xa4)).attach();
    // Without a capture, nothing is recorded in this context.
    let guard = create_span("not recorded");
    assert_eq!(ids_of(&guard), remote(0xa4));
}

async fn yields() {
    tokio::task::yield_now().await;
}

#[traced]
async fn future() -> [SpanContext; 2] {
    let before = current();
    yields().await;
    assert_eq!(current(), before);
    [before, function()]
}

#[traced(attributes(n))]
async fn with_attributes(n: i64) -> [SpanContext; 2] {
    let _ = n;
    let before = current();
    yields().await;
    assert_eq!(current(), before);
    [before, function()]
}

#[traced]
fn boxed() -> Pin<Box<dyn Future<Output = [SpanContext; 2]>>> {
    let at_call = current();
    Box::pin(async move {
        yields().await;
        assert_eq!(current(), at_call);
        [at_call, function()]
    })
}

#[traced]
fn opaque() -> impl Future<Output = [SpanContext; 2]> {
    let at_call = current();
    async move {
        assert_eq!(current(), at_call);
        yields().await;
        assert_eq!(current(), at_call);
        [at_call, function()]
    }
}

#[test]
fn a_future_keeps_its_id() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(0xa5, || {
        runtime.block_on(async {
            let (one, two, three, four, five) = tokio::join!(
                future(),
                with_attributes(1),
                boxed(),
                opaque(),
                async { [current(), function()] }.in_span(span("in a span")),
            );
            [one, two, three, four, five].concat()
        })
    });
}

#[test]
fn a_span_of_the_plain_api_has_an_id() {
    check(0xa6, || {
        let tracer = get_tracer("plain");
        let alone = tracer.start("alone").span_context().clone();
        let below = tracer.in_span("above", |_| [current(), function()]);
        [vec![alone], below.to_vec()].concat()
    });
}

#[test]
fn a_span_of_tracing_has_an_id_on_every_thread() {
    let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(tracing_layer()));
    tracing::dispatcher::with_default(&subscriber, || {
        check(0xa7, || {
            let outer = info_span!("outer");
            let inner = outer.in_scope(|| info_span!("inner"));
            let mut ids = vec![outer.in_scope(current), inner.in_scope(current)];
            ids.push(outer.in_scope(function));
            ids.push(info_span!(parent: &inner, "explicit").in_scope(current));
            assert_eq!(outer.in_scope(current), ids[0]);
            assert_eq!(outer.in_scope(|| inner.in_scope(current)), ids[1]);
            let elsewhere = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    tracing::dispatcher::with_default(&subscriber, || inner.in_scope(current))
                });

                thread.join().unwrap()
            });

            assert_eq!(elsewhere, ids[1]);
            ids
        });
    });
}

/// Senders without random ids, such as tests, use the same span id in several traces.
#[test]
fn an_id_belongs_to_one_trace() {
    #[traced]
    fn attaches_another() -> SpanContext {
        let own = current();
        let other = Context::current().with_remote_span_context(remote(0xab));
        let attached = other.attach();
        assert_eq!(current(), remote(0xab));
        drop(attached);
        assert_eq!(current(), own);
        own
    }

    check(0xaa, || vec![attaches_another()]);
}
