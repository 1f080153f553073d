//! Finds spans that make many equal calls, one after the other, or that repeat a failed call.

use floe_waterfall::duration;

use super::calls::Calls;
use super::{CauseKind, Finding, LEAST};
use crate::forest::Forest;

/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 50;
/// The minimum number of calls of a loop.
const CALLS: usize = 5;

pub(super) fn repeated(forest: &Forest<'_>, span: usize, calls: &Calls) -> Option<Finding> {
    let name = &calls.name;
    let failed = calls.failed;
    let count = calls.count();
    let is_retry = calls.is_retried();
    let (kind, time, took, why) = if is_retry {
        let times = if failed == 1 { "once".to_owned() } else { format!("{failed} times") };
        let some = if failed + 1 == count { "" } else { "some of them " };
        let failure = &calls.failure;
        let with = if failure.is_empty() { String::new() } else { format!(" with {failure}") };
        let why = format!("{some}because it failed {times}{with}");
        (CauseKind::Retries, calls.retried, calls.retried, why)
    } else {
        let why = "one after the other".to_owned();
        (CauseKind::RepeatedCalls, calls.usual(), calls.called, why)
    };
    if !is_retry && count < CALLS || time < LEAST {
        return None;
    }
    let caller = &forest.span(span).name;
    let took = duration(took);
    let message = format!("`{caller}` calls {name} {count} times, {why}, in {took}");
    Some(Finding {
        about: name.clone(),
        ..Finding::new(kind, OF_FILE, vec![(span, time)], message)
    })
}
