//! Spans of one name that wait for each other, as below a lock or in a pool, or for one long span of another name.
//!
//! Of each span, the longest time is looked at that no child of it covers: in it, it may wait.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use super::chance::{Random, as_f64, tail};
use super::{CauseKind, Finding, LEAST, Profile, Tested};
use crate::forest::Forest;
use crate::names::percentile;

/// The numbers of places that are tried, and the part of the calls that may overtake, as a divisor.
const PLACES: [usize; 15] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
const OVERTAKING: usize = 50;
/// Durations change places with others of so many consecutive calls, so often: a time in which all calls are slow is no
/// queue.
const BLOCK: usize = 50;
const PERMUTATIONS: usize = 999;
/// The waits are at least this part of the durations, and the durations differ by this factor, both as (n, of n).
const WAITED: (u64, u64) = (1, 5);
const SPREAD: (u64, u64) = (3, 2);
/// The most spans of one name that are compared, and the most holders.
const MOST_CALLS: usize = 2_000;
const MOST_HOLDERS: usize = 200;
/// So many calls wait for a holder.
const HELD: usize = 3;

/// A span, and the longest time that no child covers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    from: u64,
    to: u64,
    span: usize,
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

/// The names that may be queues, each with how likely chance explains its order.
pub(super) fn contended(forest: &Forest<'_>, least: u64) -> Vec<Tested> {
    // A lock or a pool is one of a process.
    let mut groups: FxHashMap<(u32, &str), Vec<Wait>> = FxHashMap::default();
    for index in 0..forest.recording().spans.len() {
        let span = forest.span(index);
        let (from, to) = longest_gap(forest, index);
        let wait = Wait {
            from,
            to,
            span: index,
        };
        let profile = Profile::of(span);
        let worked = profile.busy.or(profile.cpu);
        let computes = worked.is_some_and(|time| time >= span.duration() / 2);
        let is_starved = profile.max_scheduled >= wait.time() / 2;
        if wait.time() >= LEAST && !is_starved && !computes && span.start > 0 {
            groups
                .entry((span.source, &span.name))
                .or_default()
                .push(wait);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_unstable();
        group.truncate(MOST_CALLS);
    }
    let rule = CauseKind::ContendedLock.rule();
    groups.retain(|group| {
        group.len() >= rule.count && sum(group.iter().map(|it| it.time())) >= least
    });
    groups.sort_unstable();
    let holders = Holders::of(forest);
    let queues = groups.iter().filter_map(|group| {
        in_order(forest, group)
            .into_iter()
            .chain(in_turn(forest, group))
            .min_by(|one, other| one.0.total_cmp(&other.0))
    });
    queues
        .chain(
            groups
                .iter()
                .filter_map(|group| holders.test(forest, group)),
        )
        .collect()
}

fn sum(times: impl Iterator<Item = u64>) -> u64 {
    times.fold(0, u64::saturating_add)
}

/// Calls that wait for one of some places, first come, first served: fewer overtake than if their durations were those
/// of others.
fn in_order(forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
    let starts: Vec<u64> = calls.iter().map(|it| it.from).collect();
    let mut times: Vec<u64> = calls.iter().map(|it| it.time()).collect();
    let mut sorted = times.clone();
    sorted.sort_unstable();
    // Clocks are not exact, nor is the order in which two go on that came together.
    let slack = percentile(&sorted, 50) / 50;
    let queue = Queue::fewest_places(&starts, &times, slack)?;
    let is_spread = percentile(&sorted, 90) / SPREAD.0 >= percentile(&sorted, 10) / SPREAD.1;
    let total = sum(times.iter().copied());
    if queue.waited / WAITED.0 < total / WAITED.1 || !is_spread {
        return None;
    }
    let (mut random, mut more, mut drawn) = (Random::new(), 0, Vec::new());
    while drawn.len() < PERMUTATIONS && more < 2 {
        times
            .chunks_mut(BLOCK)
            .for_each(|block| random.shuffle(block));
        let by_chance = Queue::fewest_places(&starts, &times, slack).map_or(0, |it| it.waited);
        more += usize::from(by_chance >= queue.waited);
        drawn.push(fraction(by_chance, total));
    }
    let many = as_f64(drawn.len());
    let mean = drawn.iter().sum::<f64>() / many;
    let variance = drawn.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / many;
    let z = (fraction(queue.waited, total) - mean) / variance.sqrt();
    // Beyond what so few permutations show, as far as a normal distribution goes.
    let chance = as_f64(more + 1) / (many + 1.0);
    let chance = if more == 0 {
        chance.min(tail(z))
    } else {
        chance
    };
    let times: Vec<u64> = calls.iter().map(|it| it.time()).collect();
    let queue = Queue::most_regular(queue.places, &starts, &times)?;
    Some((2.0 * chance, queue.finding(forest, calls)))
}

fn fraction(part: u64, whole: u64) -> f64 {
    let number = |it: u64| as_f64(usize::try_from(it).unwrap_or(usize::MAX));
    number(part) / number(whole.max(1))
}

/// A queue as the calls that wait in it show it.
struct Queue {
    places: usize,
    waited: u64,
    longest: (u64, usize),
    /// For how long places are taken.
    holds: Vec<u64>,
}

impl Queue {
    /// The queue with the fewest places in which nobody is overtaken.
    fn fewest_places(starts: &[u64], times: &[u64], slack: u64) -> Option<Self> {
        let places = PLACES.into_iter().filter(|it| *it * 2 <= starts.len());
        places
            .map(|places| Self::of(starts, times, places, slack))
            .find_map(|it| it)
    }

    /// The queue with so many places or more whose places are taken for the most regular times.
    fn most_regular(fewest: usize, starts: &[u64], times: &[u64]) -> Option<Self> {
        let places = PLACES
            .into_iter()
            .filter(|it| *it >= fewest && *it * 2 <= starts.len());
        let queues = places.filter_map(|places| Self::of(starts, times, places, u64::MAX / 4));
        queues.min_by(|one, other| one.spread().total_cmp(&other.spread()))
    }

    /// How much the holds differ.
    fn spread(&self) -> f64 {
        let mean = fraction(sum(self.holds.iter().copied()), 1) / as_f64(self.holds.len());
        let squares = self
            .holds
            .iter()
            .map(|it| (fraction(*it, 1) / mean - 1.0).powi(2));
        squares.sum()
    }

    fn of(starts: &[u64], times: &[u64], places: usize, slack: u64) -> Option<Self> {
        let mut queue = Self {
            places,
            waited: 0,
            longest: (0, 0),
            holds: Vec::new(),
        };
        // The latest ends of those who came before. A place is free at the earliest of them.
        let mut latest = BinaryHeap::with_capacity(places + 1);
        let mut overtaking = 0;
        for (at, (start, time)) in starts.iter().zip(times).enumerate() {
            let end = start + time;
            let mut wait = 0;
            if latest.len() == places {
                let Reverse(free) = latest.pop()?;
                overtaking += usize::from(end + slack < free);
                if overtaking * OVERTAKING > starts.len() {
                    return None;
                }
                wait = free.min(end).saturating_sub(*start);
                latest.push(Reverse(free.max(end)));
            } else {
                latest.push(Reverse(end));
            }
            queue.waited = queue.waited.saturating_add(wait);
            queue.longest = queue.longest.max((wait, at));
            queue.holds.push(time - wait);
        }
        Some(queue)
    }

    fn finding(mut self, forest: &Forest<'_>, calls: &[Wait]) -> Finding {
        let span = calls.get(self.longest.1).map_or(0, |it| it.span);
        let waiting = calls.len()
            - self
                .holds
                .iter()
                .zip(calls)
                .filter(|(hold, call)| **hold == call.time())
                .count();
        self.holds.sort_unstable();
        let (go, below) = match self.places {
            1 => ("one goes".to_owned(), "a lock or in a pool of one"),
            places => (
                format!("about {places} go"),
                "a semaphore or in a small pool",
            ),
        };
        let (name, longest) = (&forest.span(span).name, duration(self.longest.0));
        let hold = duration(percentile(&self.holds, 50));
        let message =
            CauseKind::ContendedLock.say(&[&waiting.max(2), name, &longest, &go, &hold, &below]);
        Finding::new(CauseKind::ContendedLock, span, self.waited, message).of_spans(waiting.max(2))
    }
}

/// Calls that go on one at a time, in any order: they come together, and the steps between their ends are too regular.
fn in_turn(forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
    let clusters: Vec<&[Wait]> = clusters(calls);
    let tried = as_f64(clusters.len());
    let found = clusters.into_iter().filter_map(|cluster| {
        let mut ends: Vec<u64> = cluster.iter().map(|it| it.to).collect();
        ends.sort_unstable();
        let ends_apart = ends.windows(2).map(|it| it[1] - it[0]).min()?;
        let starts_apart = cluster.windows(2).map(|it| it[1].from - it[0].from).min()?;
        let steps = u64::try_from(ends.len() - 1).ok()?;
        let hold = (ends.last()? - ends.first()?) / steps;
        if starts_apart > ends_apart / 2 {
            return None;
        }
        // If ends are at random, the shortest of the steps between them is so long with this probability.
        let chance = (1.0 - fraction(ends_apart, hold))
            .max(0.0)
            .powf(as_f64(ends.len() - 2));
        let holds: Vec<u64> = cluster.iter().map(|it| it.time().min(hold)).collect();
        let waits = cluster.iter().map(|it| it.time().saturating_sub(hold));
        let longest = waits.clone().zip(0..).max()?;
        let queue = Queue {
            places: 1,
            waited: sum(waits),
            longest,
            holds,
        };
        Some((2.0 * chance * tried, queue.finding(forest, cluster)))
    });
    found.min_by(|one, other| one.0.total_cmp(&other.0))
}

/// Calls that overlap, directly or through others.
fn clusters(calls: &[Wait]) -> Vec<&[Wait]> {
    let mut until = 0;
    let overlaps = |one: &Wait, other: &Wait| {
        until = one.to.max(until);
        other.from < until
    };
    let clusters = calls.chunk_by(overlaps);
    clusters
        .filter(|it| it.len() >= CauseKind::ContendedLock.rule().count)
        .collect()
}

/// The longest spans, by start, which others may wait for.
struct Holders(Vec<usize>);

impl Holders {
    fn of(forest: &Forest<'_>) -> Self {
        let mut spans: Vec<usize> = (0..forest.recording().spans.len()).collect();
        spans.retain(|it| forest.span(*it).duration() >= CauseKind::ContendedLock.rule().time);
        spans.sort_by_key(|it| Reverse(forest.span(*it).duration()));
        spans.truncate(MOST_HOLDERS);
        Self(spans)
    }

    /// Calls that begin while another span runs and all end just after it, though others take a fraction of that.
    fn test(&self, forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
        let mut times: Vec<u64> = calls.iter().map(|it| it.time()).collect();
        times.sort_unstable();
        let usual = percentile(&times, 50);
        let found = self.0.iter().filter_map(|holder| {
            let it = forest.span(*holder);
            let first = calls.partition_point(|call| call.from <= it.start);
            let after = calls.partition_point(|call| call.from.saturating_add(usual * 2) < it.end);
            let held = calls.get(first..after).filter(|it| it.len() >= HELD)?;
            let name = &*forest.span(held.first()?.span).name;
            let mut chance = as_f64(self.0.len());
            for call in held {
                let rest = it.end - call.from;
                if call.to < it.end || call.to - it.end > rest / 10 + usual * 2 || *it.name == *name {
                    return None;
                }
                let longer = times.len() - times.partition_point(|time| *time < rest);
                chance *= as_f64(longer) / as_f64(times.len());
            }
            let waited = sum(held.iter().map(|call| it.end - call.from));
            let longest = duration(it.end - held.first()?.from);
            let message = format!(
                "{} spans `{name}` waited until `{}` ended, up to {longest}, as for a lock or a server that does one thing at a time",
                held.len(),
                it.name
            );
            let finding = Finding::new(CauseKind::ContendedLock, *holder, waited, message);
            Some((chance, finding.of_spans(held.len())))
        });
        found.min_by(|one, other| one.0.total_cmp(&other.0))
    }
}
