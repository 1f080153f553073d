//! A span has many equal children, one after the other.

use floe_waterfall::duration;

use super::calls::Calls;
use super::{CauseKind, Finding, MS};
use crate::forest::Forest;

/// The minimum part of the time of all traces, as a divisor, the minimum number of calls, and their minimum time.
const OF_FILE: u64 = 50;
const CALLS: usize = 5;
const LEAST: u64 = MS;

pub(super) fn repeated(forest: &Forest<'_>, span: usize, calls: &Calls) -> Option<Finding> {
    let (name, count, usual) = (&calls.name, calls.count(), calls.usual());
    if count < CALLS || usual < LEAST {
        return None;
    }
    let (caller, took) = (&forest.span(span).name, duration(calls.called));
    let message = format!("`{caller}` calls {name} {count} times, one after the other, in {took}");
    let found = Finding::new(CauseKind::RepeatedCalls, OF_FILE, vec![(span, usual)], message);
    Some(Finding { about: name.clone(), ..found })
}
