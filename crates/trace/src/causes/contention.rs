//! Spans of one name that wait for each other, as below a lock, in a pool, or for a channel.
//!
//! Of each span, the longest time is looked at that no child of it covers: in it, it may wait.

use floe_waterfall::duration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{CauseKind, Finding, LEAST, PART, Profile};
use crate::forest::Forest;
use crate::names::percentile;

/// So many spans that wait for each other are reported, and so many times as there are places.
const WAITERS: usize = 4;
const MOST_PLACES: usize = 64;
/// The most spans of one name that are compared with each other.
const MOST_WAITERS: usize = 10_000;

/// A span, and the longest time that no child covers.
#[derive(Clone, Copy)]
struct Wait {
    span: usize,
    from: u64,
    to: u64,
}

impl Wait {
    const fn time(self) -> u64 {
        self.to - self.from
    }
}

/// The longest time of a span that no child covers.
pub(super) fn longest_gap(forest: &Forest<'_>, index: usize) -> (u64, u64) {
    let span = forest.span(index);
    let mut longest = (span.start, span.start);
    let mut until = span.start;
    let children = forest.children(index).iter().map(|child| {
        let child = forest.span(*child);
        (child.start.min(span.end), child.end.min(span.end))
    });
    for (start, end) in children.chain([(span.end, span.end)]) {
        if start.saturating_sub(until) > longest.1 - longest.0 {
            longest = (until, start);
        }
        until = until.max(end);
    }
    longest
}

/// Returns the spans that wait for others of their name, and all spans that stand in such a queue.
pub(super) fn contended(forest: &Forest<'_>) -> (Vec<Finding>, FxHashSet<usize>) {
    let mut groups: FxHashMap<(&str, &str), Vec<Wait>> = FxHashMap::default();
    let mut least: FxHashMap<usize, u64> = FxHashMap::default();
    for trace in forest.traces() {
        for index in &trace.spans {
            let span = forest.span(*index);
            let (from, to) = longest_gap(forest, *index);
            let wait = Wait {
                span: *index,
                from,
                to,
            };
            let profile = Profile::of(span);
            let computes = profile
                .busy
                .or(profile.cpu)
                .is_some_and(|time| time >= span.duration() / 2);
            let is_starved = profile.max_scheduled >= wait.time() / 2;
            if wait.time() >= LEAST && !is_starved && !computes && span.start > 0 {
                let group = groups
                    .entry((forest.recording().service(span), &span.name))
                    .or_default();
                if group.len() < MOST_WAITERS {
                    group.push(wait);
                    least.insert(*index, (trace.duration() / PART).max(LEAST));
                }
            }
        }
    }
    let mut findings = Vec::new();
    let mut queued = FxHashSet::default();
    for group in groups.into_values() {
        for cluster in clusters(group) {
            let Some((hold, places)) = hold_time(&cluster) else {
                continue;
            };
            for wait in &cluster {
                queued.insert(wait.span);
                let time = wait.time().saturating_sub(hold);
                if time < least.get(&wait.span).copied().unwrap_or(LEAST) {
                    continue;
                }
                let (ends, below) = match places {
                    1 => ("one goes on".to_owned(), "a lock or in a pool of one"),
                    _ => (
                        format!("about {places} go on"),
                        "a semaphore or in a small pool",
                    ),
                };
                let message = format!(
                    "{} spans `{}` wait for each other, up to {}: {ends} every {}, as below {below}",
                    cluster.len(),
                    forest.span(wait.span).name,
                    duration(time),
                    duration(hold)
                );
                findings.push(Finding::new(
                    CauseKind::ContendedLock,
                    wait.span,
                    time,
                    message,
                ));
            }
        }
    }
    (findings, queued)
}

/// Waits that overlap, directly or through others, by start.
fn clusters(mut group: Vec<Wait>) -> Vec<Vec<Wait>> {
    group.sort_by_key(|wait| (wait.from, wait.to));
    let mut clusters: Vec<Vec<Wait>> = Vec::new();
    let mut until = 0;
    for wait in group {
        match clusters.last_mut() {
            Some(cluster) if wait.from < until => cluster.push(wait),
            _ => clusters.push(vec![wait]),
        }
        until = wait.to.max(until);
    }
    clusters.retain(|cluster| cluster.len() >= WAITERS);
    clusters
}

/// For how long each of these spans keeps the others waiting, and how many go on at a time, if they wait for each other.
///
/// Below a lock the ends are as far from each other as the lock is held, however close the starts are, and whoever came
/// first goes on first. Spans that are independent of each other end together if they start together, or in any order.
fn hold_time(cluster: &[Wait]) -> Option<(u64, usize)> {
    let mut ends: Vec<u64> = cluster.iter().map(|wait| wait.to).collect();
    ends.sort_unstable();
    let longest = cluster.iter().map(|wait| wait.time()).max()?;
    // The first ones need not wait.
    let shortest = cluster.iter().map(|wait| wait.time()).min()?;
    let many = cluster.len();
    let mut rhythms = (1..=(many / WAITERS).min(MOST_PLACES)).filter_map(|places| {
        let hold = rhythm(&ends, places)?;
        let is_staircase = shortest / 5 * 2 <= hold && longest >= hold.saturating_mul(3);
        is_staircase.then_some((hold, places))
    });
    let (hold, places) = rhythms.next()?;
    if !is_in_turn(cluster) && !is_exact(&ends, hold) {
        return None;
    }
    // Calls that come as regularly as they end say nothing, unless each one begins because another one has ended.
    let started_within = cluster.last()?.from - cluster.first()?.from;
    let ended_within = ends.last()? - ends.first()?;
    let first = ends.first()?;
    let follow = cluster.iter().filter(|wait| {
        let before = ends.partition_point(|end| *end <= wait.from);
        let last = before.checked_sub(1).and_then(|at| ends.get(at));
        wait.from < *first || last.is_some_and(|end| wait.from - end <= hold / 4)
    });
    let closed = follow.count() * 4 >= many * 3;
    (started_within <= ended_within / 2 || closed).then_some((hold, places))
}

/// Whether whoever came first goes on first, more or less.
fn is_in_turn(cluster: &[Wait]) -> bool {
    let mut order: Vec<usize> = (0..cluster.len()).collect();
    order.sort_by_key(|at| cluster.get(*at).map(|wait| wait.to));
    let turns = order.iter().enumerate();
    let displaced: usize = turns.map(|(to, from)| to.abs_diff(*from)).sum();
    // The mean of what chance would do, less about two standard deviations (Spearman's footrule).
    let many = cluster.len();
    displaced <= (many.pow(2) / 3).saturating_sub(many.saturating_pow(3).isqrt() * 2 / 5)
}

/// Whether every step between two ends is the same, to a tenth. A lock may let anybody go first.
fn is_exact(ends: &[u64], hold: u64) -> bool {
    let mut steps = ends.windows(2).map(|pair| pair[1] - pair[0]);
    steps.all(|step| step.abs_diff(hold) <= hold / 10)
}

/// For how long each of so many places is taken, if that is regular.
fn rhythm(ends: &[u64], places: usize) -> Option<u64> {
    let ended = ends.iter().zip(ends.iter().skip(places));
    let mut steps: Vec<u64> = ended.map(|(before, after)| after - before).collect();
    steps.sort_unstable();
    let hold = percentile(&steps, 50);
    let (low, high) = (percentile(&steps, 25), percentile(&steps, 75));
    // Sums of several steps are more regular by chance, too.
    let is_regular = if places == 1 {
        low >= hold / 2 && high / 2 <= hold
    } else {
        low >= hold / 4 * 3 && high / 4 * 3 <= hold
    };
    (hold > 0 && is_regular).then_some(hold)
}
