//! A span that is not sampled has an id of its own. Every way to identify the current span through this crate gives
//! that id.

use std::collections::HashSet;
use std::future::Future;
use std::panic;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;

use floe_telemetry::trace::InSpan;
use floe_telemetry::tracing::{OpenTelemetrySpanExt as _, SetParentError};
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
    with_state(trace, TraceState::from_key_value([("vendor", "1")]).unwrap())
}

fn with_state(trace: u64, state: TraceState) -> SpanContext {
    let trace = TraceId::from(u128::from(trace));
    SpanContext::new(trace, SpanId::from(9), TraceFlags::new(0x02), true, state)
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
    let state = headers.get("tracestate").map_or("", |it| it);
    assert_eq!(state, current.trace_state().header());
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
    check_below(Context::current, &remote(trace), code);
}

/// As [`check`], in a context that `around` returns within the capture.
#[track_caller]
fn check_below(
    around: fn() -> Context,
    parent: &SpanContext,
    code: impl FnOnce() -> Vec<SpanContext>,
) {
    let mut ids = Vec::new();
    let spans = testing::capture(|| {
        let _attached = around().with_remote_span_context(parent.clone()).attach();
        ids = code();
        assert_eq!(current(), *parent, "the parent is current again");
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
    fn spawns() -> [[SpanContext; 2]; 2] {
        let carried = async { [current(), function()] }.in_current_span();
        let mut begun = Box::pin(future());
        assert!(poll(begun.as_mut()).is_pending());
        let ids = thread::scope(|scope| {
            let both = async { [carried.await, begun.await] };
            scope.spawn(|| futures_executor::block_on(both)).join().unwrap()
        });
        assert_eq!(ids[0][0], current());
        ids
    }

    check(0xa8, || spawns().concat());
    check_below(Context::current, &with_state(0xb5, TraceState::NONE), || spawns().concat());
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
fn boxed() -> Boxed {
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

type Boxed = Pin<Box<dyn Future<Output = [SpanContext; 2]>>>;

#[traced]
fn in_its_span() -> InSpan<Boxed> {
    let at_call = current();
    let future: Boxed = Box::pin(async move {
        assert_eq!(current(), at_call);
        [at_call, function()]
    });
    future.in_current_span()
}

/// The span of this call ends with the call, because the future has a span.
#[traced]
fn passes_on() -> InSpan<Boxed> {
    in_its_span()
}

#[test]
fn a_future_keeps_its_id() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(0xa5, || {
        runtime.block_on(async {
            let (one, two, three, four, five, six) = tokio::join!(
                future(),
                with_attributes(1),
                boxed(),
                opaque(),
                async { [current(), function()] }.in_span(span("in a span")),
                passes_on(),
            );
            [one, two, three, four, five, six].concat()
        })
    });
}

/// Pending three times. Returns the ids and the baggage of each poll after the first one, because an id is created when it
/// is read.
#[traced]
async fn watched() -> Vec<(SpanContext, SpanContext, Option<String>)> {
    let mut seen = Vec::new();
    for poll in 0..4 {
        assert!(!Context::current().is_telemetry_suppressed());
        if poll > 0 {
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

fn finish<F: Future<Output: Send> + Send>(mut future: Pin<&mut F>, place: Place) -> F::Output {
    loop {
        let mut polled = Poll::Pending;
        place(&mut || polled = poll(future.as_mut()));
        if let Poll::Ready(value) = polled {
            return value;
        }
    }
}

#[test]
fn a_future_keeps_its_ids_wherever_it_is_polled() {
    /// Polls the future once, and in `place` if it is set.
    #[traced]
    fn caller<F: Future<Output: Send> + Send>(
        mut future: Pin<&mut F>,
        tenant: Option<&str>,
        place: Option<Place>,
    ) -> ([SpanContext; 2], Option<F::Output>) {
        let cx = tenant.map(|tenant| propagation::set_baggage_value("tenant", tenant));
        let mut ready = None;
        within(cx.unwrap_or_else(Context::current), &mut || {
            assert!(poll(future.as_mut()).is_pending());
            ready = place.map(|place| finish(future.as_mut(), place));
        });
        ([current(), found()], ready)
    }

    for (n, (place, elsewhere)) in (0..).zip(PLACES) {
        for case in 0..4 {
            let trace = 0xb000 + 4 * n + case;
            let [is_plain, stays] = [1, 2].map(|bit| case & bit != 0);
            // A capture also takes the spans of its thread in other contexts than its own.
            let (around, parent, tenant): (fn() -> Context, _, _) = if is_plain {
                (Context::new, with_state(trace, TraceState::NONE), None)
            } else {
                (Context::current, remote(trace), Some("acme"))
            };
            check_below(around, &parent, || {
                let mut future = Box::pin(watched());
                let ([above, found], ready) =
                    caller(future.as_mut(), tenant, stays.then_some(elsewhere));
                let seen = ready.unwrap_or_else(|| finish(future.as_mut(), elsewhere));
                let id = seen[0].0.clone();
                let expected = (id.clone(), found, tenant.map(str::to_owned));
                assert!(seen.iter().all(|it| *it == expected), "{place}, {case}: {seen:?}");
                vec![above, id]
            });
        }
    }
}

/// There, OpenTelemetry's current `Context` cannot be changed.
#[test]
fn a_future_keeps_its_id_in_a_closure_of_the_api() {
    check(0xb6, || {
        let mut future = Box::pin(future());
        in_a_function(&mut || assert!(poll(future.as_mut()).is_pending()));
        match Context::map_current(|_| poll(future.as_mut())) {
            Poll::Ready(ids) => ids.to_vec(),
            Poll::Pending => panic!("it was pending once"),
        }
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
            let refused = outer.set_parent(Context::new());
            assert_eq!(refused, Err(SetParentError::AlreadyStarted));
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
        let flags = own.trace_flags();
        let other = SpanContext::new(
            TraceId::from(0xab),
            found().span_id(),
            flags,
            false,
            TraceState::NONE,
        );
        within(Context::new().with_remote_span_context(other.clone()), &mut || {
            assert_eq!(current(), other);
        });
        assert_eq!(current(), own);
        own
    }
    #[traced]
    fn first() -> SpanContext {
        attaches_another()
    }

    check(0xaa, || vec![first()]);
}
