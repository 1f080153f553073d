//! Updates of a function's span from other code, while it is open and after its end.

use std::future::pending;
use std::panic::{catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Barrier, mpsc};
use std::task::{Context as TaskContext, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use floe_telemetry::{create_span, testing, traced};
use futures_executor::block_on;
use opentelemetry::trace::{SpanId, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};

#[traced(attributes(before = 1))]
fn with_span<T>(body: impl FnOnce(Context) -> T) -> T {
    body(Context::current())
}

#[test]
fn every_update_from_another_thread_is_recorded() {
    let spans = testing::capture(|| {
        with_span(|cx| {
            let other = thread::spawn(move || {
                let span = cx.span();
                assert!(span.is_recording());
                span.set_attribute(KeyValue::new("after", 2));
                span.set_attribute(KeyValue::new("before", 3));
                span.add_event("event", vec![]);
                span.add_link(span.span_context().clone(), vec![]);
                span.update_name("renamed");
                span.set_status(Status::error("set elsewhere"));
            });

            other.join().unwrap();
        });
    });

    let span = spans.single("renamed");
    span.assert_error("set elsewhere")
        .assert_attribute("before", 3)
        .assert_attribute("after", 2)
        .assert_event("event");
    assert_eq!(span.data().links.links.len(), 1);
}

#[test]
fn concurrent_updates_are_not_lost() {
    const THREADS: i64 = 4;
    const EACH: i64 = 16;
    let spans = testing::capture(|| {
        with_span(|cx| {
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let cx = cx.clone();
                    scope.spawn(move || {
                        for n in 0..EACH {
                            let key = format!("{thread}.{n}");
                            cx.span().set_attribute(KeyValue::new(key, n));
                        }
                    });
                }
            });
        });
    });

    let span = spans.single("with_span");
    for (thread, n) in (0..THREADS).flat_map(|thread| (0..EACH).map(move |n| (thread, n))) {
        span.assert_attribute(&format!("{thread}.{n}"), n);
    }
}

#[test]
fn a_kept_context_stays_valid_and_does_not_update_later_spans() {
    let spans = testing::capture(|| {
        let (kept, ids) = with_span(|cx| (cx.clone(), cx.span().span_context().clone()));
        // The new span reuses the slot of the first one.
        with_span(|_| {
            let span = kept.span();
            assert!(!span.is_recording());
            span.set_attribute(KeyValue::new("late", true));
            span.update_name("late");
            span.set_status(Status::error("late"));
            span.end();
            assert_eq!(span.span_context(), &ids);
        });

        let _attached = kept.attach();
        with_span(|_| ());
    });

    assert_eq!(spans.named("with_span").count(), 3);
    for span in spans.named("with_span") {
        span.assert_ok().assert_no_attribute("late");
    }

    let is_child = |span: &testing::CapturedSpan<'_>| span.parent_span_id() != SpanId::INVALID;
    assert_eq!(spans.named("with_span").filter(is_child).count(), 1);
}

#[test]
fn updates_racing_with_the_end_never_reach_another_span() {
    const SPANS: usize = 200;
    let (sender, contexts) = mpsc::channel::<Context>();
    let start = Barrier::new(2);
    let spans = testing::capture(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                for cx in contexts {
                    let id = cx.span().span_context().span_id().to_string();
                    for _ in 0..20 {
                        cx.span().set_attribute(KeyValue::new("meant.for", id.clone()));
                    }
                }
            });

            start.wait();
            for _ in 0..SPANS {
                with_span(|cx| sender.send(cx).unwrap());
            }

            drop(sender);
        });
    });

    assert_eq!(spans.named("with_span").count(), SPANS);
    for span in spans.named("with_span") {
        if let Some(id) = span.attribute("meant.for") {
            assert_eq!(id.as_str(), span.span_context().span_id().to_string());
        }
    }
}

#[test]
fn a_span_ended_explicitly_keeps_its_state() {
    let end = SystemTime::now() + Duration::from_secs(3600);
    let spans = testing::capture(|| {
        with_span(|cx| {
            cx.span().set_attribute(KeyValue::new("in.time", true));
            cx.span().end_with_timestamp(end);
            assert!(!cx.span().is_recording());
            cx.span().set_attribute(KeyValue::new("late", true));
        });
    });

    let span = spans.single("with_span");
    span.assert_unset().assert_attribute("in.time", true).assert_no_attribute("late");
    assert_eq!(span.times().1, end);
}

/// Ends the span that is current, and starts another one afterwards.
fn end_early() {
    Context::current().span().end();
    drop(create_span("later"));
}

#[traced(name = "early")]
fn fails() -> Result<(), &'static str> {
    end_early();
    Err("refused")
}

#[traced(name = "early")]
async fn is_awaited() {
    end_early();
}

#[traced(name = "early")]
async fn is_dropped() {
    end_early();
    pending::<()>().await;
}

#[traced(name = "early")]
fn panics() {
    end_early();
    resume_unwind(Box::new("expected"));
}

#[test]
fn a_span_that_ends_before_its_code_keeps_the_time_of_its_end() {
    let codes: [(&str, fn()); 5] = [
        ("a function", || assert!(fails().is_err())),
        ("a future", || block_on(is_awaited())),
        ("a dropped future", || {
            let task = &mut TaskContext::from_waker(Waker::noop());
            assert!(pin!(is_dropped()).poll(task).is_pending());
        }),
        ("a panic", || assert!(catch_unwind(panics).is_err())),
        ("a guard", || {
            let _span = create_span("early");
            end_early();
        }),
    ];
    for (name, code) in codes {
        let spans = testing::capture(code);
        let (ended, started) = (spans.single("early").times().1, spans.single("later").times().0);
        assert!(ended <= started, "{name}: {ended:?}, {started:?}");
    }
}
