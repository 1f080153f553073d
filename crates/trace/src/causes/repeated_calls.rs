//! A span has many equal children, one after the other, or a trace has thousands of equal, tiny spans.

use floe_waterfall::duration;

use super::calls::Calls;
use super::{CauseKind, Finding, MS};
use crate::forest::{Forest, Trace};
use crate::names::names;

/// The minimum part of the time of all traces, as a divisor, the minimum number of calls, and their minimum time.
const OF_FILE: u64 = 50;
const CALLS: usize = 5;
const LEAST: u64 = MS;
/// The minimum number of spans in a trace, their maximum average self time, and their minimum part of the trace, as a
/// divisor.
const MANY: usize = 1_000;
const TINY: u64 = 20_000;
const OF_TRACE: u64 = 2;

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

/// Thousands of tiny spans of one name that make up a trace.
pub(super) fn tiny(forest: &Forest<'_>, trace: &Trace) -> Option<Finding> {
    if trace.spans.len() < MANY || trace.duration() < LEAST {
        return None;
    }
    let names = names(forest, trace.spans.iter().copied());
    // The one with the most time of its own is the first.
    let most = names.first()?;
    let (name, count) = (most.name, most.count);
    let each = most.own / u64::try_from(count).ok()?.max(1);
    if count < MANY || each > TINY || most.own < trace.duration() / OF_TRACE {
        return None;
    }
    let mut spans = trace.spans.iter().copied();
    let first = spans.find(|span| &*forest.span(*span).name == name)?;
    let top = std::iter::successors(Some(first), |it| forest.parent(*it)).last()?;
    let each = duration(each);
    let message = format!(
        "`{name}` is called {count} times in one trace and takes {each} each, of which much may be the cost of its spans"
    );
    let at = vec![(top, most.own)];
    Some(Finding::new(CauseKind::RepeatedCalls, OF_FILE, at, message).of(first))
}
