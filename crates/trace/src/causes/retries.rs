//! A span repeats a call that failed.

use floe_waterfall::duration;

use super::calls::Calls;
use super::{CauseKind, Finding, MS};
use crate::forest::Forest;

/// The minimum part of the time of all traces, as a divisor, the minimum number of failed calls, and the minimum time
/// from the first failed call to the last call.
const OF_FILE: u64 = 50;
const FAILED: usize = 2;
const LEAST: u64 = MS;
/// The minimum part of pauses that the sentence mentions, as a divisor.
const PAUSED: u64 = 10;

pub(super) fn retries(forest: &Forest<'_>, span: usize, calls: &Calls) -> Option<Finding> {
    let (name, failed, count) = (&calls.name, calls.failed, calls.count());
    // A call that follows a success is not a retry.
    if failed < FAILED || failed + 1 != count || calls.retried() < LEAST {
        return None;
    }
    let (caller, took) = (&forest.span(span).name, duration(calls.retried()));
    let pauses = match calls.paused {
        paused if paused < calls.retried() / PAUSED => String::new(),
        paused => format!(", {} of it in pauses between them", duration(paused)),
    };
    let message = format!(
        "`{caller}` calls {name} {count} times, because it failed {failed} times, which took {took} until the last call{pauses}"
    );
    let at = vec![(span, calls.retried())];
    Some(Finding { about: name.clone(), ..Finding::new(CauseKind::Retries, OF_FILE, at, message) })
}
