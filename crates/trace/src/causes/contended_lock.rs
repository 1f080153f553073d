//! Finds spans of one name that wait for each other, as for a lock or a place in a pool, or that all wait for one long
//! span of another name.
//!
//! A span is assumed to wait in its longest period without a running child, so the rule examines only this gap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;
use floe_waterfall::duration;
use indexmap::IndexMap;
use itertools::Itertools as _;
use rustc_hash::FxHashMap;

use super::{CauseKind, Finding, LEAST, MS, Tested, busy, by_chance, likeliest, name, sum};
use crate::forest::Forest;
use crate::names::{normalized, percentile};
use crate::significance::{Unit, as_f64, as_f64_of, tail};
use crate::span::TraceId;

/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 20;
const CALLS: usize = 5;
/// The minimum duration of a span that others wait for.
const HOLD: u64 = 20 * MS;
/// The tested numbers of calls that a lock or a pool may let run at once.
const PLACES: [usize; 15] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
/// The power of the number of places that corrects the regularity of multiples. With 1, the true number and its multiples
/// would be equal.
const PER_PLACE: f64 = 1.1;
/// At most the number of calls divided by this may overtake other calls.
const OVERTAKING: usize = 50;
/// The permutation test exchanges the durations of whole traces, because parallel calls of a heavy request are slow
/// together, and only within blocks of this many traces, because a period in which all calls are slow is no queue.
const BLOCK: usize = 50;
const PERMUTATIONS: usize = 999;
/// The waits must take at least the sum of the durations divided by this.
const WAITED: u64 = 5;
/// The minimum ratio of the 90th to the 10th percentile of the durations, as a fraction.
const SPREAD: (u64, u64) = (3, 2);
/// The calls of a batch follow each other in less than the mean time between two ends divided by this.
const BATCHED: u64 = 20;
/// At most the number of calls divided by this may end in batches.
const BATCHES: usize = 5;
/// The maximum number of compared spans of one name.
const MOST_CALLS: usize = 2_000;
const MOST_HOLDERS: usize = 200;
const MOST_OF_A_NAME: usize = 20;
/// The minimum number of calls that wait for a holder.
const HELD: usize = 3;

/// Permutations are the same in each run.
const SEED: u64 = 0;

/// The longest gap of a span in which none of its children runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    from: u64,
    to: u64,
    span: usize,
}

impl Wait {
    const fn time(&self) -> u64 {
        self.to - self.from
    }
}

fn longest_gap(forest: &Forest<'_>, index: usize) -> (u64, u64) {
    let start = forest.span(index).start;
    let longest = forest.tree().uncovered(index).min_by_key(|(from, to)| Reverse(to - from));
    longest.unwrap_or((start, start))
}

/// Returns the most plausible queue of each name, with the chance that its order is random. A lock or a pool belongs to
/// one process, but processes may share a called service or a row of a database, so calls are tested by process and
/// across processes. The grouping whose order is less likely to be random is reported.
pub(super) fn contended(forest: &Forest<'_>, all: u64) -> Vec<Option<Tested>> {
    let least = (all / OF_FILE).max(LEAST);
    let mut groups: FxHashMap<(&str, String), Vec<(usize, Wait)>> = FxHashMap::default();
    let mut plain: FxHashMap<&str, String> = FxHashMap::default();
    for (index, span) in forest.recording().spans.iter().enumerate() {
        let (from, to) = longest_gap(forest, index);
        let wait = Wait { from, to, span: index };
        let computes = busy(span).is_some_and(|time| time >= span.duration() / 2);
        if wait.time() >= LEAST && !computes && span.start > 0 {
            let name = plain.entry(&span.name).or_insert_with(|| normalized(&span.name));
            let service = forest.recording().service(span);
            groups.entry((service, name.clone())).or_default().push((span.source, wait));
        }
    }
    let mut groups = groups.into_values().collect_vec();
    groups.sort_unstable();
    let holders = Holders::of(forest);
    groups.into_iter().flat_map(|group| of_name(forest, group, least, &holders)).collect()
}

/// Tests the calls of a name in each process and across all processes.
fn of_name(
    forest: &Forest<'_>,
    mut group: Vec<(usize, Wait)>,
    least: u64,
    holders: &Holders,
) -> Vec<Option<Tested>> {
    group.sort_unstable();
    let test = |calls: Vec<Wait>| {
        let calls = comparable(calls, least)?;
        let queue = in_order(forest, &calls).into_iter().chain(in_turn(forest, &calls));
        Some([likeliest(queue), holders.test(forest, &calls)])
    };
    let waits = |calls: &[(usize, Wait)]| test(calls.iter().map(|it| it.1).collect());
    let processes = group.chunk_by(|one, other| one.0 == other.0);
    let mut found = processes.filter_map(waits).collect_vec();
    let has_several = group.first().map(|it| it.0) != group.last().map(|it| it.0);
    if has_several {
        let chance = |it: &Option<Tested>| it.as_ref().map_or(1.0, |it| it.0);
        for (at, of_all) in waits(&group).into_iter().flatten().enumerate() {
            let of_each = found.iter().map(|it| chance(&it[at])).fold(1.0, f64::min);
            if chance(&of_all) < of_each {
                for it in &mut found {
                    it[at] = None;
                }
                found.push([of_all, None]);
            }
        }
    }
    found.into_iter().flatten().collect()
}

/// Returns calls sorted by their starts, or `None` if they are too few or take too little time.
fn comparable(mut calls: Vec<Wait>, least: u64) -> Option<Vec<Wait>> {
    calls.sort_unstable();
    calls.truncate(MOST_CALLS);
    (calls.len() >= CALLS && sum(calls.iter().map(Wait::time)) >= least).then_some(calls)
}

/// Tests whether calls wait for one of several places, first come, first served: the calls would then wait longer in
/// total than after their durations are exchanged at random.
fn in_order(forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
    let mut times = calls.iter().map(Wait::time).collect_vec();
    times.sort_unstable();
    // Calls may overtake by this time: clocks are not exact, and calls may continue in another order than they arrive.
    let slack = percentile(&times, 50) / 50;
    // Parallel calls of about one duration end in the order of their starts, too.
    let is_spread = percentile(&times, 90) / SPREAD.0 >= percentile(&times, 10) / SPREAD.1;
    let places = |calls: &[Wait]| {
        let mut places = PLACES.into_iter().filter(|it| *it * 2 <= calls.len());
        places.find_map(|it| Some((it, sum(waits(calls, it, slack)?))))
    };
    let (fewest, waited) = places(calls)?;
    if !is_spread || waited < sum(times) / WAITED {
        return None;
    }
    let mut alike = exchangeable(forest, calls);
    let mut random = Rng::with_seed(SEED);
    let mut more = 0;
    let mut drawn = Vec::new();
    while drawn.len() < PERMUTATIONS && more < 2 {
        let mut shuffled = Vec::with_capacity(calls.len());
        for traces in &mut alike {
            let before = traces.clone();
            random.shuffle(traces);
            for (call, other) in before.iter().flatten().zip(traces.iter().flatten()) {
                let to = call.from.saturating_add(other.time());
                shuffled.push(Wait { to, ..*call });
            }
        }
        shuffled.sort_unstable();
        let by_chance = places(&shuffled).map_or(0, |it| it.1);
        more += usize::from(by_chance >= waited);
        drawn.push(fraction(by_chance, waited));
    }
    let (places, waits) = likeliest_queue(calls, fewest, waited / 2)?;
    let by_chance = Unit::new(&drawn);
    let far = (1.0 - by_chance.mean) / by_chance.deviation();
    // The number of permutations limits the smallest chance, so a normal distribution estimates smaller ones.
    let beyond = if more == 0 { tail(far) } else { 1.0 };
    let chance = (as_f64(more + 1) / as_f64(drawn.len() + 1)).min(beyond);
    Some((chance, queue(forest, calls, &waits, places)?))
}

/// Returns groups of traces whose durations can be exchanged: those of a block with equally many calls. A trace that no
/// other one equals exchanges the durations of its calls, each of which counts as a trace.
fn exchangeable(forest: &Forest<'_>, calls: &[Wait]) -> Vec<Vec<Vec<Wait>>> {
    let mut traces: IndexMap<TraceId, Vec<Wait>> = IndexMap::new();
    for call in calls {
        traces.entry(forest.span(call.span).trace).or_default().push(*call);
    }
    let mut alike: IndexMap<(usize, usize), Vec<Vec<Wait>>> = IndexMap::new();
    for (at, trace) in traces.into_values().enumerate() {
        alike.entry((at / BLOCK, trace.len())).or_default().push(trace);
    }
    let alone = |trace: &Vec<Wait>| {
        let blocks = trace.chunks(BLOCK);
        blocks.map(|block| block.iter().map(|it| vec![*it]).collect()).collect_vec()
    };
    let groups = alike.into_values().flat_map(|traces| match &*traces {
        [trace] => alone(trace),
        _ => vec![traces],
    });
    groups.collect()
}

/// Returns the number of places for which the times in a place are most regular, and the waits. With a multiple of the
/// true number, each time is a sum, which is more regular by the square root of the multiple; this is corrected.
fn likeliest_queue(calls: &[Wait], fewest: usize, least: u64) -> Option<(usize, Vec<u64>)> {
    let places = PLACES.into_iter().filter(|it| *it >= fewest && *it * 2 <= calls.len());
    let queues = places.filter_map(|it| {
        let waits = waits(calls, it, u64::MAX / 4)?;
        let holds = calls.iter().zip(&waits).map(|(call, wait)| fraction(call.time() - wait, 1));
        let holds = Unit::new(&holds.collect_vec());
        let spread = (holds.deviation() / holds.mean).powi(2) * as_f64(it).powf(PER_PLACE);
        (sum(waits.iter().copied()) >= least).then_some((spread, it, waits))
    });
    let most_regular = queues.min_by(|one, other| one.0.total_cmp(&other.0))?;
    Some((most_regular.1, most_regular.2))
}

fn fraction(part: u64, whole: u64) -> f64 {
    as_f64_of(part) / as_f64_of(whole.max(1))
}

/// Returns the wait of each call for one of the places, or `None` if too many calls overtake others.
fn waits(calls: &[Wait], places: usize, slack: u64) -> Option<Vec<u64>> {
    // The latest ends of the earlier calls. A place is free at the earliest of these ends.
    let mut latest = BinaryHeap::with_capacity(places + 1);
    let mut waits = Vec::with_capacity(calls.len());
    let mut overtaking = 0;
    for call in calls {
        let free = if latest.len() < places { 0 } else { latest.pop().map_or(0, |Reverse(it)| it) };
        overtaking += usize::from(call.to.saturating_add(slack) < free);
        if overtaking * OVERTAKING > calls.len() {
            return None;
        }
        waits.push(free.min(call.to).saturating_sub(call.from));
        latest.push(Reverse(free.max(call.to)));
    }
    Some(waits)
}

/// Returns the finding about calls with these waits.
fn queue(forest: &Forest<'_>, calls: &[Wait], waits: &[u64], places: usize) -> Option<Finding> {
    let (longest, span) = waits.iter().zip(calls).max().map(|(wait, call)| (*wait, call.span))?;
    let mut holds = calls.iter().zip(waits).map(|(call, wait)| call.time() - wait).collect_vec();
    holds.sort_unstable();
    let hold = percentile(&holds, 50);
    let step = sum(holds.iter().copied()) / (holds.len() * places) as u64;
    let mut ends = calls.iter().map(|it| it.to).collect_vec();
    ends.sort_unstable();
    // The calls of a batch end together, more of them than a queue has places.
    let together = ends.chunk_by(|one, other| other - one < step / BATCHED);
    let batched: usize = together.map(<[u64]>::len).filter(|it| *it > places).sum();
    if batched * BATCHES > calls.len() {
        return None;
    }
    let at = calls
        .iter()
        .zip(waits)
        .filter(|it| *it.1 > 0)
        .map(|(call, wait)| (call.span, *wait))
        .collect_vec();
    let many = at.len();
    let name = &forest.span(span).name;
    let longest = duration(longest);
    // Of several places, the spans do not show the number.
    let proceed = match places {
        1 => format!("one proceeds every {}, as with a lock or a pool of one", duration(hold)),
        _ => "several proceed at a time, as with a semaphore or a small pool".to_owned(),
    };
    let message = format!("{many} spans `{name}` wait for each other, up to {longest}: {proceed}");
    Some(Finding::new(CauseKind::ContendedLock, OF_FILE, at, message).of(span))
}

/// Tests whether calls run one at a time, in any order: they start together, but the steps between their ends are too
/// regular to be random.
fn in_turn(forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
    let mut until = 0;
    let clusters = calls
        .chunk_by(|one, other| {
            until = one.to.max(until);
            other.from < until
        })
        .filter(|it| it.len() >= CALLS)
        .collect_vec();
    let found = clusters.iter().filter_map(|cluster| {
        let mut ends = cluster.iter().map(|it| it.to).collect_vec();
        ends.sort_unstable();
        let ends_apart = ends.windows(2).map(|it| it[1] - it[0]).min()?;
        let starts_apart = cluster.windows(2).map(|it| it[1].from - it[0].from).min()?;
        let hold = (ends.last()? - ends.first()?) / u64::try_from(ends.len() - 1).ok()?;
        // This is the probability that the shortest step between random ends is at least this long.
        let chance = (1.0 - fraction(ends_apart, hold)).max(0.0).powf(as_f64(ends.len() - 2));
        let waits = cluster.iter().map(|it| it.time().saturating_sub(hold)).collect_vec();
        let chance = chance * as_f64(clusters.len());
        let found = (starts_apart <= ends_apart / 2).then(|| queue(forest, cluster, &waits, 1));
        Some((chance, found??))
    });
    found.min_by(by_chance)
}

/// The longest spans, for which others may wait.
struct Holders(Vec<usize>);

impl Holders {
    fn of(forest: &Forest<'_>) -> Self {
        let mut spans = (0..forest.recording().spans.len()).collect_vec();
        spans.retain(|it| forest.span(*it).duration() >= HOLD);
        spans.sort_by_key(|it| Reverse(forest.span(*it).duration()));
        // Requests that are always long must not displace a span that is rare.
        let mut known = FxHashMap::default();
        spans.retain(|it| {
            let many = known.entry(name(forest, *it)).or_insert(0);
            *many += 1;
            *many <= MOST_OF_A_NAME
        });
        spans.truncate(MOST_HOLDERS);
        Self(spans)
    }

    /// Tests whether calls that begin during another span all end just after that span ends, although other calls of
    /// the name are much quicker.
    fn test(&self, forest: &Forest<'_>, calls: &[Wait]) -> Option<Tested> {
        let mut times = calls.iter().map(Wait::time).collect_vec();
        times.sort_unstable();
        let twice = percentile(&times, 50).saturating_mul(2);
        let found = self
            .0
            .iter()
            .filter_map(|holder| {
                let it = forest.span(*holder);
                let first = calls.partition_point(|call| call.from <= it.start);
                let after = calls.partition_point(|call| call.from.saturating_add(twice) < it.end);
                let held = calls.get(first..after).filter(|it| it.len() >= HELD)?;
                let mut chance = as_f64(self.0.len());
                for call in held {
                    let rest = it.end - call.from;
                    let until = rest.saturating_add((rest / 10).saturating_add(twice));
                    let is_held = (rest..=until).contains(&call.time());
                    if !is_held || name(forest, call.span) == name(forest, *holder) {
                        return None;
                    }
                    let at = |most: u64| times.partition_point(|time| *time < most);
                    let alike = at(until.saturating_add(1)) - at(rest);
                    chance *= as_f64(alike) / as_f64(times.len());
                }
                let held = held.iter().map(|call| (call.span, it.end - call.from));
                Some((chance, *holder, held.collect_vec()))
            })
            .collect_vec();
        let (chance, holder, held) = found.iter().min_by(|one, other| one.0.total_cmp(&other.0))?;
        // Statements that block all others are often repeated.
        let alike = found.iter().filter(|it| name(forest, it.1) == name(forest, *holder));
        let at = alike.flat_map(|it| it.2.clone()).collect_vec();
        let longest = duration(at.iter().map(|it| it.1).max()?);
        let waiting = &forest.span(held.first()?.0).name;
        let many = at.len();
        let of = &forest.span(*holder).name;
        let message = format!(
            "{many} spans `{waiting}` waited until `{of}` ended, up to {longest}, as for a lock or a server that handles one request at a time"
        );
        let finding = Finding::new(CauseKind::ContendedLock, OF_FILE, at, message).of(*holder);
        Some((*chance, finding))
    }
}
