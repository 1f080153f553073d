//! `testing::capture` records the spans of its closure and no others.

use std::panic::catch_unwind;
use std::thread;

use floe_telemetry::{create_span, testing, traced};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use tracing::instrument;

#[traced]
fn work(n: usize) {
    step(n);
}

#[traced(attributes(n))]
fn step(n: usize) {
    let _ = n;
}

/// Captures do not see each other. The end of the last one switches recording off, which must not affect a capture that
/// starts meanwhile.
#[test]
fn captures_that_run_at_once_have_their_own_spans_and_lose_none() {
    thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || {
                for _ in 0..300 {
                    let spans = testing::capture(|| work(n));
                    assert_eq!(spans.len(), 2);
                    spans.single("step").assert_attribute("n", n);
                }
            });
        }
    });
}

/// A capture has all spans of a thread, although the thread's buffer holds only 256.
#[test]
fn a_capture_of_many_quick_spans_has_all_of_them() {
    let many = testing::capture(|| (0..20_000).for_each(step));
    assert_eq!(many.len(), 20_000);
    let threads = testing::capture(|| {
        for _ in 0..10 {
            let context = Context::current();
            thread::spawn(move || {
                let _attached = context.attach();
                (0..2_000).for_each(step);
            })
            .join()
            .unwrap();
        }
    });

    assert_eq!(threads.len(), 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asynchronous_captures_follow_their_tasks() {
    #[traced]
    async fn task(n: usize) {
        tokio::task::yield_now().await;
        step(n);
    }

    let capture = |n| async move {
        testing::capture_async(async move {
            tokio::spawn(task(n).with_context(Context::current())).await.unwrap();
            task(n).await;
        })
        .await
    };

    let (one, two) = tokio::join!(capture(1), capture(2));
    for (spans, n) in [(one, 1_i64), (two, 2)] {
        assert_eq!(spans.len(), 4);
        assert!(
            spans
                .named("step")
                .all(|span| span.attribute("n") == Some(&opentelemetry::Value::I64(n)))
        );
    }
}

#[test]
fn an_active_span_outside_is_hidden() {
    let outer = testing::capture(|| {
        let _span = create_span("outside");
        let inner = testing::capture(|| step(1));
        inner.single("step").assert_root();
        assert_eq!(inner.len(), 1);
    });

    assert_eq!(outer.names(), ["outside"]);
}

#[test]
fn a_failed_assertion_shows_the_trace() {
    let spans = testing::capture(|| work(3));
    let panic = catch_unwind(|| {
        spans.single("step").assert_attribute("n", 4);
    })
    .unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("span `step`\n  expected: attribute `n` = 4\n     found: 3\ncaptured spans:\n  work [Ok]"), "{message}");
    let message = catch_unwind(|| {
        let _ = spans.single("absent");
    })
    .unwrap_err();
    assert!(
        message.downcast_ref::<String>().unwrap().starts_with("no span `absent`\ncaptured spans:")
    );
}

#[test]
fn captures_that_continue_the_same_remote_trace_do_not_see_each_other() {
    let run = |n| {
        testing::capture(move || {
            // The parent comes from headers alone, as in a server.
            let _attached = floe_tests::remote(true).attach();
            step(n);
        })
    };

    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| run(1));
        let two = scope.spawn(|| run(2));
        (one.join().unwrap(), two.join().unwrap())
    });

    one.single("step").assert_attribute("n", 1);
    two.single("step").assert_attribute("n", 2);
}

#[traced]
fn in_a_thread() {}

#[test]
fn a_span_of_a_thread_without_the_context_is_said_to_be_missing() {
    let message = |spans: &testing::Spans| {
        let failed = catch_unwind(|| spans.single("in_a_thread").name().to_owned()).unwrap_err();
        failed.downcast_ref::<String>().unwrap().clone()
    };

    let lost = testing::capture(|| thread::spawn(in_a_thread).join().unwrap());
    assert_eq!(
        message(&lost).lines().next().unwrap(),
        "no span `in_a_thread`, but `in_a_thread` started on a thread or in a task without the context of the \
         capture: `in_current_span` carries it there",
    );

    let failed = catch_unwind(|| drop(lost.assert_tree("in_a_thread").tree())).unwrap_err();
    let message_of_tree = failed.downcast_ref::<String>().unwrap();
    assert!(
        message_of_tree.starts_with("tree of spans, but `in_a_thread` started on a thread"),
        "{message_of_tree}"
    );

    let carried = testing::capture(|| {
        thread::spawn(floe_telemetry::in_current_span(in_a_thread)).join().unwrap();
    });

    carried.single("in_a_thread").assert_ok();
    // Calls before the capture are not part of it.
    let never = testing::capture(|| ());
    assert!(message(&never).starts_with("no span `in_a_thread`\n"));
}

#[instrument]
fn instrumented() {}

#[traced]
async fn awaited_later() {}

/// Neither leaves a trace of the call in the capture.
#[test]
fn an_empty_capture_names_its_usual_causes() {
    let hint = "no spans were captured: a future needs `capture_async`, and spans of `tracing` need a \
                subscriber with the layer `floe_telemetry::tracing_layer()`";
    for spans in [testing::capture(instrumented), testing::capture(awaited_later)] {
        assert_eq!(spans.to_string(), hint);
        let failed = catch_unwind(|| drop(spans.assert_tree("instrumented").tree())).unwrap_err();
        let message = failed.downcast_ref::<String>().unwrap();
        assert!(message.ends_with(hint), "{message}");
    }
}
