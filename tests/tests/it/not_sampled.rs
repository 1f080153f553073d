//! A span that is not sampled has an id of its own. Every way to identify the current span through this crate gives
//! that id.

use std::collections::HashSet;
use std::future::Future;
use std::panic;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};
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

/// Returns the span that other code finds.
fn found() -> SpanContext {
    Context::current().span().span_context().clone()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
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
        let caught = panic::catch_unwind(panic::AssertUnwindSafe(|| panics(&mut ids)));
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

/// Pending three times. Returns the ids and the baggage of each poll, possibly only of those after the first one, because
/// an id is created when it is read.
#[traced]
async fn watched(reads_early: bool) -> Vec<(SpanContext, SpanContext, Option<String>)> {
    let mut seen = Vec::new();
    for poll in 0..4 {
        if reads_early || poll > 0 {
            seen.push((current(), found(), propagation::baggage_value("tenant")));
        }
        if poll < 3 {
            yields().await;
        }
    }
    seen
}

fn within(cx: Context, poll: &mut dyn FnMut()) {
    let _attached = cx.attach();
    poll();
}

#[traced]
fn in_a_function(poll: &mut dyn FnMut()) {
    let before = current();
    poll();
    assert_eq!(current(), before);
}

/// Where a future is polled after its first poll.
type Place = fn(&mut (dyn FnMut() + Send));

const PLACES: [(&str, Place); 8] = [
    ("the place of the first poll", |poll| poll()),
    ("another thread", |poll| thread::scope(|scope| scope.spawn(poll).join().unwrap())),
    ("another function", |poll| in_a_function(poll)),
    ("another trace", |poll| {
        within(Context::new().with_remote_span_context(remote(0xbb)), poll);
    }),
    ("a function of another trace", |poll| {
        let cx = Context::new().with_remote_span_context(remote(0xbb));
        within(cx, &mut || in_a_function(poll));
    }),
    ("other baggage", |poll| within(propagation::set_baggage_value("tenant", "other"), poll)),
    ("suppressed telemetry", |poll| within(Context::current().with_telemetry_suppressed(), poll)),
    ("a span that is recorded", |poll| {
        let spans = testing::capture(|| within(Context::new(), &mut || recorded(poll)));
        assert!(spans.len() <= 1, "{spans}");
    }),
];

#[traced]
fn recorded(poll: &mut dyn FnMut()) {
    poll();
}

#[test]
fn a_future_keeps_its_ids_wherever_it_is_polled() {
    /// Polls the future once, and ends before its next poll.
    #[traced]
    fn caller<F: Future>(mut future: Pin<&mut F>) -> [SpanContext; 2] {
        within(propagation::set_baggage_value("tenant", "acme"), &mut || {
            assert!(poll(future.as_mut()).is_pending());
        });
        [current(), found()]
    }

    for (n, (place, elsewhere)) in (0..).zip(PLACES) {
        for reads_early in [false, true] {
            check(0xb000 + 2 * n + u64::from(reads_early), || {
                let mut future = Box::pin(watched(reads_early));
                let [above, found] = caller(future.as_mut());
                let mut ready = None;
                while ready.is_none() {
                    elsewhere(&mut || match poll(future.as_mut()) {
                        Poll::Ready(value) => ready = Some(value),
                        Poll::Pending => {}
                    });
                }

                let seen = ready.unwrap();
                let id = seen[0].0.clone();
                let expected = (id.clone(), found, Some("acme".to_owned()));
                assert!(seen.iter().all(|it| *it == expected), "{place}: {seen:?}");
                vec![above, id]
            });
        }
    }
}

#[test]
fn a_select_that_drops_a_future_leaves_the_current_span() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(0xb4, || {
        runtime.block_on(async {
            let before = current();
            tokio::select! {
                biased;
                _ = future() => unreachable!(),
                () = std::future::ready(()) => assert_eq!(current(), before),
            }
            assert_eq!(current(), before);
            vec![function()]
        })
    });
}

#[test]
fn many_futures_that_are_pending_have_ids_of_their_own() {
    check(0xb1, || {
        let mut futures: Vec<_> = (0..1_000).map(|_| Box::pin(future())).collect();
        for future in &mut futures {
            assert!(poll(future.as_mut()).is_pending());
        }
        let ready = futures.iter_mut().rev().map(|future| match poll(future.as_mut()) {
            Poll::Ready(ids) => ids,
            Poll::Pending => panic!("it was pending once"),
        });
        ready.flatten().collect()
    });
}

#[test]
fn a_future_that_is_dropped_or_panics_is_in_its_span() {
    struct Reads<'a>(&'a mut Vec<SpanContext>);
    impl Drop for Reads<'_> {
        fn drop(&mut self) {
            self.0.push(current());
        }
    }

    #[traced]
    async fn ends(ids: &mut Vec<SpanContext>, panics: bool) {
        let reads = Reads(ids);
        yields().await;
        reads.0.push(current());
        yields().await;
        assert!(!panics, "as intended");
        yields().await;
    }

    for (trace, panics) in [(0xb2, false), (0xb3, true)] {
        check(trace, || {
            let mut ids = Vec::new();
            let ended = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                let mut future = pin!(ends(&mut ids, panics));
                for _ in 0..3 {
                    assert!(poll(future.as_mut()).is_pending());
                }
            }));
            assert_eq!(ended.is_err(), panics);
            assert_eq!(ids.len(), 2);
            assert_eq!(ids[0], ids[1]);
            ids.truncate(1);
            ids
        });
    }
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
