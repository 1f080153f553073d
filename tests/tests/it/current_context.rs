//! The current span inside a nested annotated function, for this crate and for code that reads OpenTelemetry's
//! `Context` itself, with both values of the setting `context`.
//!
//! A run with `FLOE_TESTING_CONTEXT=boundaries` tests the second value.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::Waker;
use std::thread;

use floe_telemetry::trace::CurrentSpan;
use floe_telemetry::{
    FutureExt as _, create_span, get_current_span, get_tracer, propagation, set_attribute, testing,
    traced,
};
use floe_tests::remote_in;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, Tracer as _, get_active_span,
};
use opentelemetry::{Context, KeyValue};

fn has_boundaries() -> bool {
    std::env::var_os("FLOE_TESTING_CONTEXT").is_some_and(|value| value == "boundaries")
}

#[traced]
fn outer<T>(body: impl FnOnce() -> T) -> T {
    body()
}

#[traced]
fn inner<T>(body: impl FnOnce() -> T) -> T {
    body()
}

fn nested(body: impl FnOnce()) -> testing::Spans {
    testing::capture(|| outer(|| inner(body)))
}

#[traced(name = name.to_owned())]
fn named<T>(name: &str, body: impl FnOnce() -> T) -> T {
    body()
}

#[traced]
fn leaf() {}

#[traced]
async fn async_leaf() {}

/// Returns the id of the current span according to this crate.
fn current() -> SpanId {
    get_current_span().span_context().span_id()
}

/// Returns the id of the current span according to OpenTelemetry's context.
fn in_context() -> SpanId {
    Context::current().span().span_context().span_id()
}

#[test]
fn code_that_reads_the_context_itself_sees_the_span_of_the_setting() {
    testing::capture(|| {
        outer(|| {
            let first = in_context();
            assert_eq!(first, current());
            inner(|| {
                assert_ne!(first, current());
                let visible = if has_boundaries() { first } else { current() };
                assert_eq!(in_context(), visible);
                assert_eq!(get_active_span(|span| span.span_context().span_id()), visible);
            });

            assert_eq!((in_context(), current()), (first, first));
        });

        assert_eq!(in_context(), SpanId::INVALID);
        assert_eq!(current(), SpanId::INVALID);
    });
}

#[test]
fn requests_and_log_records_have_the_innermost_id() {
    nested(|| {
        let id = current().to_string();
        assert_eq!(propagation::current_span_id(), Some(id.clone()));
        assert!(propagation::inject_headers()["traceparent"].contains(&id));
    });
}

#[test]
fn updates_through_the_plain_api_reach_the_innermost_span() {
    let spans = testing::capture(|| {
        outer(|| {
            inner(|| {
                let cx = Context::current();
                cx.span().set_attribute(KeyValue::new("by", "context"));
                get_active_span(|span| span.add_event("active", Vec::new()));
                assert!(cx.span().is_recording());
            });

            Context::current().span().set_attribute(KeyValue::new("after", true));
        });
    });

    let inner = spans.single("inner");
    inner.assert_attribute("by", "context").assert_event("active");
    inner.assert_no_attribute("after");
    let outer = spans.single("outer");
    outer.assert_attribute("after", true);
    outer.assert_no_attribute("by");
}

#[test]
fn a_span_that_the_plain_api_ends_is_the_innermost() {
    let spans = testing::capture(|| {
        outer(|| {
            inner(|| {
                Context::current().span().end();
                assert!(!Context::current().span().is_recording());
                get_current_span().set_attribute("late", true);
            });

            assert!(Context::current().span().is_recording());
            get_current_span().set_attribute("open", true);
        });
    });

    spans.single("inner").assert_no_attribute("late");
    spans.single("outer").assert_attribute("open", true);
}

#[test]
fn a_handle_is_to_the_span_at_which_it_was_created() {
    let spans = testing::capture(|| {
        outer(|| {
            let handle: CurrentSpan = get_current_span();
            inner(|| {
                handle.set_attribute("of", "outer");
                let handle = get_current_span();
                assert_eq!(handle.span_context().span_id(), current());
                thread::spawn(move || handle.set_attribute("of", "inner")).join().unwrap();
            });
        });
    });

    spans.single("outer").assert_attribute("of", "outer");
    spans.single("inner").assert_attribute("of", "inner");
}

#[test]
fn a_context_on_another_thread_has_the_span_of_the_setting() {
    let spans = nested(|| {
        let cx = Context::current();
        let handed_over = thread::spawn(move || {
            let _attached = cx.attach();
            leaf();
        });

        handed_over.join().unwrap();
        let task = async_leaf().in_current_span();
        thread::spawn(move || futures_executor::block_on(task)).join().unwrap();
    });

    let visible = if has_boundaries() { "outer" } else { "inner" };
    spans.single("leaf").assert_child_of(visible);
    spans.single("async_leaf").assert_child_of("inner");
}

#[test]
fn a_context_with_another_span_takes_precedence() {
    let remote = remote_in(0x5eed, true);
    nested(|| {
        let own = propagation::current_trace_id();
        let attached = Context::current().with_remote_span_context(remote.clone()).attach();
        assert_eq!(current(), remote.span_id());
        let trace_id = inner(propagation::current_trace_id);
        assert_eq!(trace_id, Some(remote.trace_id().to_string()));
        drop(attached);
        assert_eq!(inner(propagation::current_trace_id), own);
    });
}

#[traced(parent = parent)]
fn with_parent(parent: Option<SpanContext>) {}

#[traced(name = format!("suspends {task}.{depth}"))]
async fn suspends(task: u32, depth: u32) {
    let own_leaf = format!("leaf of {task}.{depth}");
    named(&own_leaf, leaf);
    tokio::task::yield_now().await;
    if depth > 0 {
        Box::pin(suspends(task, depth - 1)).await;
    }

    named(&own_leaf, leaf);
}

fn pending_once(future: &mut Pin<Box<impl Future<Output = ()>>>) {
    let mut task = std::task::Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut task).is_pending());
}

/// Polls two futures of the outer span in turn: each poll of one is between two polls of the other.
fn suspended_in_turn() {
    let tasks = [0, 1].map(|task| suspends(task, 1).in_current_span());
    let [first, second] = tasks;
    inner(|| futures_executor::block_on(async { tokio::join!(first, second) }));
}

/// The bodies of the function `outer`, each with the expected tree of spans.
const BODIES: [(fn(), &str); 9] = [
    (
        || inner(|| get_tracer("acme").in_span("plain", |_| leaf())),
        "outer\n  inner\n    plain\n      leaf",
    ),
    (
        || {
            inner(|| {
                let tenant = [KeyValue::new("tenant", "acme")];
                let _baggage = Context::current_with_baggage(tenant).attach();
                named("child", leaf);
            });
        },
        "outer\n  inner\n    child\n      leaf",
    ),
    (|| inner(|| with_parent(None)), "outer\n  inner\n    with_parent"),
    // A future of the outer span is polled in the inner one.
    (
        || {
            let task = async_leaf().in_current_span();
            inner(|| futures_executor::block_on(task));
        },
        "outer\n  async_leaf\n  inner",
    ),
    // A guard outlives its function.
    (
        || {
            let guard = inner(|| create_span("guard"));
            leaf();
            drop(guard);
            named("last", || ());
        },
        "outer\n  inner\n    guard\n      leaf\n  last",
    ),
    (
        suspended_in_turn,
        "outer\n  inner\n  suspends 0.1\n    leaf of 0.1\n      leaf\n    suspends 0.0\n      leaf of 0.0 ×2\n        leaf\n    leaf of 0.1\n      leaf\n  suspends 1.1\n    leaf of 1.1\n      leaf\n    suspends 1.0\n      leaf of 1.0 ×2\n        leaf\n    leaf of 1.1\n      leaf",
    ),
    // A future moves to another thread.
    (
        || {
            let mut future = Box::pin(suspends(0, 1));
            inner(|| pending_once(&mut future));
            thread::spawn(move || futures_executor::block_on(future)).join().unwrap();
        },
        "outer\n  inner\n    suspends 0.1\n      leaf of 0.1\n        leaf\n      suspends 0.0\n        leaf of 0.0 ×2\n          leaf\n      leaf of 0.1\n        leaf",
    ),
    // A future is dropped while it is pending.
    (
        || {
            inner(|| {
                pending_once(&mut Box::pin(suspends(0, 0)));
                named("then", || ());
            });
        },
        "outer\n  inner\n    suspends 0.0\n      leaf of 0.0\n        leaf\n    then",
    ),
    (
        || {
            assert!(catch_unwind(|| inner(|| panic!("expected"))).is_err());
            leaf();
        },
        "outer\n  inner [error]\n  leaf",
    ),
];

#[test]
fn each_span_is_below_the_one_that_is_current_at_its_start() {
    for (body, tree) in BODIES {
        testing::capture(|| outer(body)).assert_tree(tree);
    }
}

#[test]
fn a_context_of_this_crate_with_the_outer_span_is_not_the_boundary() {
    let spans = testing::capture(|| {
        outer(|| {
            let attached = propagation::set_baggage_value("tenant", "acme").attach();
            inner(|| {
                set_attribute("in", "baggage");
                Context::current().span().end();
            });

            drop(attached);
            let headers = propagation::inject_headers();
            let attached = propagation::extract_context(&headers).attach();
            named("below headers", || set_attribute("in", "headers"));
            drop(attached);
            set_attribute("in", "outer");
        });
    });

    spans.single("inner").assert_child_of("outer").assert_attribute("in", "baggage");
    spans.single("below headers").assert_child_of("outer").assert_attribute("in", "headers");
    spans.single("outer").assert_attribute("in", "outer");
}

#[traced]
async fn reads_before_it_waits() {
    let cx = Context::current();
    tokio::task::yield_now().await;
    cx.span().set_attribute(KeyValue::new("status", 200));
    leaf();
}

#[traced]
async fn awaits() {
    reads_before_it_waits().await;
}

#[test]
fn a_context_that_was_read_before_an_await_updates_the_same_span_after_it() {
    let spans = testing::capture(|| futures_executor::block_on(awaits()));
    let span = spans.single("reads_before_it_waits");
    span.assert_attribute("status", 200).assert_child_of("awaits");
    spans.single("leaf").assert_child_of("reads_before_it_waits");
}

/// A limit of `boundaries`: while an inner function runs on the same thread, the context of the outer function has the
/// span of the inner function, because both functions share one context object.
#[test]
fn the_context_of_an_outer_function_in_an_inner_one_has_the_span_of_the_setting() {
    let spans = testing::capture(|| {
        outer(|| {
            let cx = Context::current();
            inner(|| {
                let _attached = cx.clone().attach();
                leaf();
                cx.span().set_attribute(KeyValue::new("by", "outer's context"));
            });
        });
    });

    let (seen, other) = if has_boundaries() { ("inner", "outer") } else { ("outer", "inner") };
    spans.single("leaf").assert_child_of(seen);
    spans.single(other).assert_no_attribute("by");
    spans.single(seen).assert_attribute("by", "outer's context");
}
