//! Spans that are entered and exited in any order restore the current context.

use floe_telemetry::testing::CapturedSpan;
use floe_telemetry::{get_current_span, testing, traced};
use floe_tests::remote_in;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use proptest::prelude::*;
use tracing::dispatcher::with_default;
use tracing::span::EnteredSpan;
use tracing::{Span, info_span};

use super::{record, subscriber};

#[traced]
fn work() {}

#[traced]
fn function<T>(body: impl FnOnce() -> T) -> T {
    body()
}

fn current() -> SpanId {
    Context::map_current(|cx| cx.span().span_context().span_id())
}

fn innermost() -> SpanId {
    get_current_span().span_context().span_id()
}

/// Returns the id of the current span, and checks that the span is in the unsampled trace.
fn unsampled() -> SpanId {
    let current = get_current_span().span_context();
    assert_eq!(current.trace_id(), remote_in(7, false).trace_id());
    assert!(!current.is_sampled());
    current.span_id()
}

#[test]
fn a_span_ends_at_its_last_exit_and_not_with_its_last_handle() {
    let spans = record(|| {
        // The next span reuses its memory.
        info_span!("earlier").in_scope(|| ());
        let never = info_span!("never entered");
        let parent = info_span!("parent");
        let child = parent.in_scope(|| info_span!("child"));
        let again = child.clone();
        drop(parent);
        drop(child);
        again.in_scope(|| info_span!("between"));
        again.record("nothing", 1);
        again.in_scope(|| again.in_scope(work));
        info_span!("later").in_scope(|| ());
        drop((again, never));
    });

    // `tracing` keeps a parent open as long as it has children.
    let names = ["earlier", "parent", "between", "work", "child", "later", "never entered"];
    assert_eq!(spans.names(), names);
    spans.single("child").assert_child_of("parent");
    spans.single("work").assert_child_of("child");
    let (start, end) = spans.single("child").times();
    let [between, work, later] =
        ["between", "work", "later"].map(|name| spans.single(name).times());
    assert!(start <= between.0);
    assert!(work.1 <= end);
    assert!(end <= later.0);
    assert!(later.1 <= spans.single("never entered").times().1);
}

#[traced]
fn exit(entered: EnteredSpan) {
    drop(entered);
    info_span!("after the exit").in_scope(work);
}

#[test]
fn a_span_may_be_exited_in_a_function_that_is_called_in_it() {
    let spans = record(|| {
        function(|| {
            exit(info_span!("span").entered());
            info_span!("after the function");
        });
    });

    let tree =
        "function\n  span\n    exit\n      after the exit\n        work\n  after the function";
    spans.assert_tree(tree);
}

#[test]
fn a_span_may_be_entered_in_a_function_and_exited_after_it() {
    let spans = record(|| {
        function(|| {
            let entered = function(|| info_span!("span").entered());
            work();
            drop(entered);
            info_span!("after the exit");
        });
    });

    let roots: Vec<_> = spans.named("function").map(|span| span.span_context().span_id()).collect();
    spans.single("work").assert_child_of("span");
    assert_eq!(spans.single("span").data().parent_span_id, roots[0]);
    assert_eq!(spans.single("after the exit").data().parent_span_id, roots[1]);
}

proptest! {
    /// The model is a list: an exit removes the last entry of that span, and the last entry is
    /// current.
    #[test]
    fn the_current_context_is_that_of_the_last_span_entered(
        steps in prop::collection::vec((any::<bool>(), 0_usize..4), 0..40),
    ) {
        let mut below = Ok(());
        let mut roots = Ok(());
        let mut children = Ok(());
        let spans = testing::capture(|| with_default(&subscriber(), || {
            let cx = Context::current().with_remote_span_context(remote_in(7, false));
            let attached = cx.attach();
            below = walk(&steps, || info_span!("unsampled"), unsampled);
            drop(attached);
            roots = walk(&steps, || info_span!(parent: None, "root"), current);
            children = function(|| walk(&steps, || info_span!("child"), innermost));
        }));
        below?;
        roots?;
        children?;
        // Span ids of `tracing` are used again, without any state of the unsampled span.
        prop_assert_eq!(spans.named("root").map(CapturedSpan::assert_root).count(), 4);
        prop_assert_eq!(spans.named("unsampled").count(), 0);
        prop_assert_eq!(spans.named("child").count(), 4);
    }
}

fn walk(
    steps: &[(bool, usize)],
    span: fn() -> Span,
    current: fn() -> SpanId,
) -> Result<(), TestCaseError> {
    let outside = current();
    let spans: Vec<Span> = (0..4).map(|_| span()).collect();
    let ids: Vec<SpanId> = spans.iter().map(|span| span.in_scope(current)).collect();
    let mut entered = Vec::new();
    let enter = |at: usize| {
        spans[at].with_subscriber(|(id, subscriber)| subscriber.enter(id));
    };

    let exit = |at: usize| {
        spans[at].with_subscriber(|(id, subscriber)| subscriber.exit(id));
    };

    for &(enters, at) in steps {
        if enters {
            enter(at);
            entered.push(at);
        } else if let Some(last) = entered.iter().rposition(|other| *other == at) {
            exit(at);
            entered.remove(last);
        }

        let expected = entered.last().map_or(outside, |at| ids[*at]);
        prop_assert_eq!(current(), expected);
    }

    for at in entered {
        exit(at);
    }

    prop_assert_eq!(current(), outside);
    Ok(())
}
