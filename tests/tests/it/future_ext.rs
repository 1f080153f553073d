//! `FutureExt`: futures with a span, and futures in the current span.

use std::cell::Cell;
use std::collections::HashSet;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;

use floe_telemetry::attributes::{AttributeValue, ToAttributeValue};
use floe_telemetry::{
    FutureExt, SpanKind, add_event, create_span, get_current_span, record_exception, set_attribute,
    span, testing, traced,
};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::Status;
use opentelemetry::{Context, KeyValue};

#[traced]
fn leaf() {}

fn runtime() -> tokio::runtime::Runtime {
    let builder = &mut tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).build().unwrap()
}

#[test]
fn a_spawned_task_is_in_its_span_on_every_thread() {
    let spans = testing::capture(|| {
        let _request = create_span("request");
        let work = async {
            leaf();
            for _ in 0..10 {
                // Another thread may poll the future after this point.
                tokio::task::yield_now().await;
                set_attribute("threads", 2);
            }

            leaf();
            7
        };

        let task = work.in_span(span("work").attribute("rows", 3).kind(SpanKind::Consumer));
        let runtime = runtime();
        // Worker threads poll the task; their current context is empty.
        assert_eq!(runtime.block_on(runtime.spawn(task)).unwrap(), 7);
    });
    spans
        .single("work")
        .assert_child_of("request")
        .assert_ok()
        .assert_attribute("rows", 3)
        .assert_attribute("threads", 2);
    assert_eq!(spans.names().iter().filter(|name| **name == "leaf").count(), 2);
    for leaf in spans.named("leaf") {
        leaf.assert_child_of("work");
    }
}

#[test]
fn a_spawned_task_carries_the_span_and_the_baggage_of_its_caller() {
    let spans = testing::capture(|| {
        let baggage = Context::current_with_baggage([KeyValue::new("tenant", "acme")]);
        let _attached = baggage.attach();
        let _request = create_span("request");
        let work = async {
            tokio::task::yield_now().await;
            leaf();
            set_attribute("by.task", true);
            Context::current().baggage().get("tenant").map(ToString::to_string)
        };

        let runtime = runtime();
        let tenant = runtime.block_on(runtime.spawn(work.in_current_span())).unwrap();
        assert_eq!(tenant.as_deref(), Some("acme"));
    });

    spans.single("leaf").assert_child_of("request");
    spans.single("request").assert_attribute("by.task", true);
    assert_eq!(spans.names().len(), 2);
}

/// The span of a future starts with the first poll. Its parent is explicit, or current at the call of `in_span`.
#[test]
fn a_future_is_below_the_span_in_which_it_was_made() {
    let never = testing::capture(|| drop(async {}.in_span(span("work"))));
    assert!(never.is_empty());
    let spans = testing::capture(|| {
        let outer = create_span("outer");
        let cx = Context::current();
        let work = async { leaf() }.in_span(span("work"));
        drop(outer);
        let _other = create_span("other");
        futures_executor::block_on(async {
            work.await;
            async {}.in_span(span("given").parent(&cx)).await;
            async {}.in_span(span("root").root()).await;
        });
    });

    spans.assert_tree("outer\n  work\n    leaf\n  given\nother\nroot");
}

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        leaf();
    }
}

#[test]
fn a_future_that_is_dropped_is_cancelled_and_runs_destructors_in_its_span() {
    let spans = testing::capture(|| {
        let _outer = create_span("outer");
        let waits = || {
            let held = Dropped;
            async {
                let _held = held;
                pending::<()>().await;
            }
        };

        let mut futures = [waits().in_span(span("work")), waits().in_current_span()].map(Box::pin);
        for future in &mut futures {
            let task = &mut TaskContext::from_waker(Waker::noop());
            assert!(future.as_mut().poll(task).is_pending());
        }
        thread::scope(|scope| scope.spawn(|| drop(futures)).join().unwrap());
    });

    spans.assert_tree("outer\n  work\n    leaf\n  leaf");
    spans.single("work").assert_unset().assert_attribute("floe.cancelled", true);
}

#[test]
fn a_panic_reaches_the_caller_and_the_span() {
    let spans = testing::capture(|| {
        let work = async { panic!("disk full") }.in_span(span("work"));
        let caught = catch_unwind(AssertUnwindSafe(|| futures_executor::block_on(work)));
        let payload = caught.unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"disk full"));
        let carried = async { panic!("disk full") }.in_current_span();
        let caught = catch_unwind(AssertUnwindSafe(|| futures_executor::block_on(carried)));
        assert!(caught.is_err());
        assert!(!get_current_span().is_recording());
    });

    spans.single("work").assert_error("disk full").assert_attribute("exception.type", "panic");
}

#[test]
fn a_future_that_gives_an_err_is_an_error() {
    let spans = testing::capture(|| {
        let work = async { Err::<(), _>("refused") }.in_span(span("work"));
        assert_eq!(futures_executor::block_on(work), Err("refused"));
        let recorded = async {
            let error = "x".parse::<u8>().unwrap_err();
            record_exception(&error);
            Err::<(), _>(error)
        };

        let recorded = recorded.in_span(span("recorded"));
        assert!(futures_executor::block_on(recorded).is_err());
        // A status without a text is only a mark.
        let marked = async {
            get_current_span().set_status(Status::error(""));
            Err::<(), _>("refused")
        };

        assert!(futures_executor::block_on(marked.in_span(span("marked"))).is_err());
        let judged = async {
            get_current_span().set_status(Status::Ok);
            Err::<(), _>(1)
        };

        assert!(futures_executor::block_on(judged.in_span(span("judged"))).is_err());
        let fine = async { Ok::<_, u8>(1) }.in_span(span("fine"));
        assert!(futures_executor::block_on(fine).is_ok());
    });

    spans.single("work").assert_error("&str").assert_attribute("error.type", "&str");
    // The text that the future has recorded is kept.
    spans
        .single("recorded")
        .assert_error("invalid digit found in string")
        .assert_attribute("error.type", "core::num::error::ParseIntError");
    spans.single("marked").assert_error("&str").assert_attribute("error.type", "&str");
    spans.single("judged").assert_ok();
    spans.single("fine").assert_ok();
}

/// Both traits have `in_current_span`, so a program that imports both must name the trait in a call.
#[test]
fn the_trait_of_tracing_can_be_imported_beside_ours() {
    use tracing::Instrument;

    let spans = testing::capture(|| {
        let _request = create_span("request");
        let ours = FutureExt::in_current_span(async { leaf() });
        let theirs = Instrument::in_current_span(async { leaf() });
        thread::scope(|scope| {
            scope.spawn(|| futures_executor::block_on(ours));
            scope.spawn(|| futures_executor::block_on(theirs));
        });

        futures_executor::block_on(async { leaf() }.in_span(span("work")));
    });

    // `tracing`'s method carries no context, so its span is not in the capture.
    let parents = spans.named("leaf").map(|leaf| leaf.data().parent_span_id);
    let expected = ["request", "work"].map(|name| spans.single(name).span_context().span_id());
    assert_eq!(parents.collect::<HashSet<_>>(), HashSet::from(expected));
}

#[test]
fn without_a_listener_a_future_runs_as_it_is() {
    let mut work = pin!(async { leaf() }.in_span(span("work").attribute("n", 1)));
    let task = &mut TaskContext::from_waker(Waker::noop());
    assert_eq!(work.as_mut().poll(task), Poll::Ready(()));
}

#[derive(floe_telemetry::FloeAttributes)]
#[floe(prefix = "page")]
struct Page<'a> {
    path: &'a str,
    rows: Option<u32>,
}

#[test]
fn the_current_span_is_updated_whichever_api_started_it() {
    #[traced]
    fn annotated(update: &dyn Fn()) {
        update();
    }

    let page = Page { path: "/orders", rows: None };
    let update = || {
        set_attribute("n", 1);
        set_attribute("absent", None::<u8>);
        get_current_span().set_attributes(&page);
        add_event("cache.miss", [KeyValue::new("key", "orders")]);
    };

    let spans = testing::capture(|| {
        {
            let _span = create_span("by hand");
            update();
        }

        let tracer = floe_telemetry::get_tracer("plain");
        opentelemetry::trace::Tracer::in_span(&tracer, "plain", |_| update());
        annotated(&update);
    });

    for name in ["by hand", "plain", "annotated"] {
        spans
            .single(name)
            .assert_attribute("n", 1)
            .assert_no_attribute("absent")
            .assert_attribute("page.path", "/orders")
            .assert_no_attribute("page.rows")
            .assert_event("cache.miss");
    }
}

/// A value that counts its conversions into an attribute.
struct Counted<'a>(&'a Cell<u32>);

impl ToAttributeValue for Counted<'_> {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.0.set(self.0.get() + 1);
        Some(AttributeValue::Bool(true))
    }
}

#[test]
fn a_value_is_inspected_only_if_its_span_is_recorded() {
    let made = Cell::new(0);
    set_attribute("n", Counted(&made));
    {
        let _attached = floe_tests::remote(false).attach();
        set_attribute("n", Counted(&made));
    }

    assert_eq!(made.get(), 0);
    let spans = testing::capture(|| {
        let _span = create_span("recorded");
        set_attribute("n", Counted(&made));
    });

    assert_eq!(made.get(), 1);
    spans.single("recorded").assert_attribute("n", true);
}
