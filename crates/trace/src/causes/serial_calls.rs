//! A span waits for several others of different names, one after the other.

use floe_waterfall::duration;

use super::{CauseKind, Finding, MS, busy, sum};
use crate::forest::Forest;
use crate::span::{Kind, Span};

/// The minimum part of the time of all traces, as a divisor, the minimum number of names, and the minimum time of each
/// call and of the time that parallel calls would save.
const OF_FILE: u64 = 50;
const NAMES: usize = 3;
const LONG: u64 = 20 * MS;
/// The maximum number of names in the sentence.
const MOST_NAMES: usize = 5;

pub(super) fn serial(forest: &Forest<'_>, index: usize) -> Option<Finding> {
    let children = forest.children(index).iter().map(|child| forest.span(*child));
    let long: Vec<&Span> = children.filter(|it| it.duration() >= LONG && waits(it)).collect();
    let mut all: Vec<&str> = long.iter().map(|child| &*child.name).collect();
    all.dedup();
    if all.len() < NAMES || long.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return None;
    }
    let total = sum(long.iter().map(|child| child.duration()));
    let longest = long.iter().map(|child| child.duration()).max()?;
    if total - longest < LONG {
        return None;
    }
    let others = all.split_off(all.len().min(MOST_NAMES)).len();
    let mut all: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    all.extend((others > 0).then(|| format!("{others} others")));
    let last = all.pop()?;
    let (caller, first) = (&forest.span(index).name, all.join(", "));
    let (took, at_once) = (duration(total), duration(longest));
    let message = format!(
        "`{caller}` waits for {first} and {last} one after the other, {took}: if none needs the result of another, all at once take {at_once}"
    );
    Some(Finding::new(CauseKind::SerialCalls, OF_FILE, vec![(index, total - longest)], message))
}

/// Whether a span waits: it calls another program, or reports that it was idle.
fn waits(span: &Span) -> bool {
    let is_call = matches!(span.kind, Kind::Client | Kind::Producer | Kind::Consumer);
    busy(span).map_or(is_call, |time| time <= span.duration() / 2)
}
