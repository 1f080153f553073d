//! Collects the calls of a span, in which the rules find loops and retries. Calls are equal if they have the same
//! operation.

use std::collections::BTreeMap;

use crate::forest::Forest;
use crate::names::percentile;
use crate::operation::{Identities, Operation};
use crate::span::Span;

/// The maximum number of characters of the place in the name of a call.
const LONGEST: usize = 80;
/// The minimum number of failed calls if all but the last call failed.
const FAILED: u64 = 2;

#[derive(Default)]
pub(super) struct Calls {
    /// The name in backticks, with the place of the call.
    pub(super) name: String,
    durations: Vec<u64>,
    /// The time of all calls.
    pub(super) called: u64,
    /// The number of failed calls that another call followed.
    pub(super) failed: usize,
    /// The error type and the status code of the first failed call, or an empty text.
    pub(super) failure: String,
    /// The time from the starts of these calls to the starts of the calls that followed.
    pub(super) retried: u64,
    /// The time before calls after a failed one, and before those after a success, in which no other call ran.
    paused: [u64; 2],
    /// The start of the last call, if it failed.
    last_failed: Option<u64>,
    until: u64,
}

impl Calls {
    /// Adds a call that begins after no other call has run for the time `idle`.
    fn add(&mut self, call: &Span, idle: u64) {
        // Overlapping calls are parallel, not repeated.
        if call.start >= self.until {
            if let Some(start) = self.last_failed {
                self.failed += 1;
                self.retried = self.retried.saturating_add(call.start - start);
            }
            if !self.durations.is_empty() {
                let paused = &mut self.paused[usize::from(self.last_failed.is_none())];
                *paused = paused.saturating_add(idle);
            }
            self.last_failed = call.is_failure().then_some(call.start);
            if self.last_failed.is_some() && self.failure.is_empty() {
                self.failure = call.failure();
            }
            self.durations.push(call.duration());
            self.called = self.called.saturating_add(call.duration());
        }
        self.until = call.end.max(self.until);
    }

    /// Whether each call but the last one failed at least twice, or calls begin late because others failed.
    pub(super) fn is_retried(&self) -> bool {
        let [failed, succeeded] =
            [self.failed, self.count().saturating_sub(self.failed + 1)].map(|it| it as u64);
        let [after_failure, after_success] = self.paused;
        let is_backoff = after_failure >= self.retried / 4
            && after_failure / failed.max(1) / 2 >= after_success / succeeded.max(1);
        failed > 0 && is_backoff || failed >= FAILED && succeeded == 0
    }

    pub(super) const fn count(&self) -> usize {
        self.durations.len()
    }

    /// Returns the time of the calls if each took the median time, because outliers have a cause of their own.
    pub(super) fn usual(&self) -> u64 {
        let mut durations = self.durations.clone();
        durations.sort_unstable();
        let median = percentile(&durations, 50);
        median.saturating_mul(durations.len() as u64).min(self.called)
    }
}

/// Returns the calls of a span, grouped by their operations.
pub(super) fn calls(
    forest: &Forest<'_>,
    index: usize,
    (of_spans, operations): Identities<'_>,
) -> Vec<Calls> {
    let children = forest.tree().children(index);
    if children.len() < 2 {
        return Vec::new();
    }
    let mut groups: BTreeMap<usize, Calls> = BTreeMap::new();
    let mut until = u64::MAX;
    for child in children {
        let operation = of_spans[*child];
        let child = forest.span(*child);
        let idle = child.start.saturating_sub(until);
        until = if until == u64::MAX { child.end } else { until.max(child.end) };
        groups.entry(operation).or_default().add(child, idle);
    }
    let groups = groups.into_iter().map(|(operation, calls)| {
        let Operation { name, place, .. } = &operations[operation];
        let place: String = place.chars().take(LONGEST).collect();
        let place = if place.is_empty() { place } else { format!(" (`{place}`)") };
        Calls { name: format!("`{name}`{place}"), ..calls }
    });
    groups.collect()
}
