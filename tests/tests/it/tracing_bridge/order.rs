//! Spans that are entered and exited in any order restore the current context.

use floe_telemetry::{testing, traced};
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use proptest::prelude::*;
use tracing::dispatcher::with_default;
use tracing::{Span, info_span};

use super::{record, subscriber};

#[traced]
fn work() {}

fn current() -> SpanId {
    Context::map_current(|cx| cx.span().span_context().span_id())
}

#[test]
fn a_span_may_be_exited_before_the_one_inside_it() {
    let spans = record(|| {
        let first = info_span!("first");
        let second = info_span!("second");
        let entered_first = first.enter();
        let entered_second = second.enter();
        drop(entered_first);
        info_span!("in second").in_scope(work);
        drop(entered_second);
        assert_eq!(current(), SpanId::INVALID);
        info_span!("outside");
    });
    spans.single("second").assert_root();
    spans.single("in second").assert_child_of("second");
    spans.single("work").assert_child_of("in second");
    spans.single("outside").assert_root();
}

#[test]
fn a_span_may_be_entered_again_inside_itself() {
    let spans = record(|| {
        let outer = info_span!("outer");
        outer.in_scope(|| {
            info_span!("inner").in_scope(|| {
                outer.in_scope(work);
                info_span!("leaf");
            });
            info_span!("beside");
        });
    });
    spans.single("work").assert_child_of("outer");
    spans.single("leaf").assert_child_of("inner");
    spans.single("beside").assert_child_of("outer");
}

#[test]
fn a_span_lasts_until_its_last_handle_is_dropped() {
    let spans = record(|| {
        let parent = info_span!("parent");
        let child = parent.in_scope(|| info_span!("child"));
        let again = child.clone();
        drop(parent);
        drop(child);
        again.in_scope(|| info_span!("between"));
        again.record("nothing", 1);
        again.in_scope(work);
        drop(again);
    });
    // `tracing` keeps a parent open as long as it has children.
    assert_eq!(spans.names(), ["between", "work", "child", "parent"]);
    spans.single("child").assert_child_of("parent");
    spans.single("work").assert_child_of("child");
    let (start, end) = spans.single("child").times();
    let (between, _) = spans.single("between").times();
    assert!(start <= between && between <= end);
}

proptest! {
    /// The model is a list: an exit removes the last entry of that span, and the last entry is
    /// current.
    #[test]
    fn the_current_context_is_that_of_the_last_span_entered(
        steps in prop::collection::vec((any::<bool>(), 0_usize..4), 0..40),
    ) {
        let mut result = Ok(());
        let spans = testing::capture(|| with_default(&subscriber(), || {
            result = walk(&steps);
        }));
        result?;
        prop_assert_eq!(spans.named("span").count(), 4);
    }
}

fn walk(steps: &[(bool, usize)]) -> Result<(), TestCaseError> {
    let spans: Vec<Span> = (0..4).map(|_| info_span!(parent: None, "span")).collect();
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
        let expected = entered.last().map_or(SpanId::INVALID, |at| ids[*at]);
        prop_assert_eq!(current(), expected);
    }
    for at in entered {
        exit(at);
    }
    prop_assert_eq!(current(), SpanId::INVALID);
    Ok(())
}
