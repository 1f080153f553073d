//! Collects the calls of a span, in which the rules find loops and retries. Calls are equal if their names and
//! statements differ only in numbers and ids.

use std::collections::BTreeMap;

use crate::forest::Forest;
use crate::names::normalized;
use crate::span::Span;

/// The maximum number of characters of the statement in the name of a call.
const LONGEST: usize = 80;

#[derive(Default)]
pub(super) struct Calls {
    /// The name in backticks, with the statement if that differs from the name.
    pub(super) name: String,
    durations: Vec<u64>,
    /// The time of all calls.
    pub(super) called: u64,
    /// The number of failed calls that another call followed.
    pub(super) failed: usize,
    /// The start of the first failed call, and the start of the last call after a failed one.
    retried: (u64, u64),
    last_failed: bool,
    until: u64,
}

impl Calls {
    fn add(&mut self, call: &Span) {
        // Overlapping calls are parallel, not repeated.
        if call.start >= self.until {
            if self.last_failed {
                self.failed += 1;
                self.retried.1 = call.start;
            }
            self.last_failed = call.is_failure();
            if self.last_failed && self.failed == 0 {
                self.retried.0 = call.start;
            }
            self.durations.push(call.duration());
            self.called = self.called.saturating_add(call.duration());
        }
        self.until = call.end.max(self.until);
    }

    pub(super) const fn count(&self) -> usize {
        self.durations.len()
    }

    /// Returns the time from the first failed call to the last call that followed a failed one.
    pub(super) const fn retried(&self) -> u64 {
        self.retried.1.saturating_sub(self.retried.0)
    }

    /// Returns the time of the calls if each took the median time, because outliers have a cause of their own.
    pub(super) fn usual(&self) -> u64 {
        let mut durations = self.durations.clone();
        durations.sort_unstable();
        let median = durations.get(durations.len().saturating_sub(1) / 2).copied();
        median.unwrap_or_default().saturating_mul(durations.len() as u64).min(self.called)
    }
}

/// Returns the calls of a span, grouped by name and statement.
pub(super) fn calls(forest: &Forest<'_>, index: usize) -> Vec<Calls> {
    let children = forest.tree().children(index);
    if children.len() < 2 {
        return Vec::new();
    }
    let mut groups: BTreeMap<(String, Option<String>), Calls> = BTreeMap::new();
    for child in children {
        let child = forest.span(*child);
        let statement = child.statement().map(normalized);
        groups.entry((normalized(&child.name), statement)).or_default().add(child);
    }
    let groups = groups.into_iter().map(|((name, statement), calls)| {
        let statement = statement.filter(|it| *it != name).map_or_else(String::new, |it| {
            format!(" (`{}`)", it.chars().take(LONGEST).collect::<String>())
        });
        Calls { name: format!("`{name}`{statement}"), ..calls }
    });
    groups.collect()
}
