//! What is different between two sets of runs.
//!
//! A run is a recording: one of a benchmark, of a test, of a day. Spans are compared by their service, their name and
//! the name of their parent; numbers and ids in names count as equal. Calls are counted for each parent, and times for
//! each call, so runs of different lengths can be compared.
//!
//! What is exact has no exception: a name that is in none of the runs of one set, and in half of the other's or more, a
//! number of calls whose ranges do not meet, calls that were parallel. What is statistical is self time: with fifteen or more runs in both sets a value for each run, else
//! one for each call; it is reported if chance explains it in at most one of a hundred comparisons of all names together.

mod ranks;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use self::ranks::{fisher, mann_whitney, signed_ranks};
use crate::forest::Forest;
use crate::names::{normalized, percentile};
use crate::span::Recording;

/// From so many runs in both sets on, a run is a sample. Of fewer, chance alone separates the ranges too often.
const RUNS: usize = 8;
/// The same for times, whose differences are judged by their ranks: of fewer, the clearest order is no surprise.
const TIMED_RUNS: usize = 15;
/// With fewer runs, a name needs so many calls in both sets for its times to be compared.
const CALLS: usize = 30;
/// How likely chance may explain any of the statistical findings.
const CHANCE: f64 = 0.01;
/// How likely chance may explain any of the failures.
const CHANCE_OF_FAILURES: f64 = 0.001;
/// The least change of self time that is reported: of runs, and of the calls of fewer ones, which share what the machine
/// did during their run.
const LEAST_CHANGE: f64 = 0.02;
const LEAST_CHANGE_OF_CALLS: f64 = 0.1;
/// Names with less of the self time of all spans are not compared by time.
const LEAST_SHARE: f64 = 0.005;
/// So many equal calls below one parent, one after the other, are a loop.
const LOOP: usize = 5;
/// The most names that are compared.
const MOST_NAMES: usize = 20_000;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Spans fail that did not.
    Failing,
    /// There are spans of a new name.
    New,
    /// There are no spans of a name any more.
    Gone,
    /// A parent has a loop of calls that it did not have, or a longer one.
    RepeatedCalls,
    /// A parent calls it more often.
    MoreCalls,
    /// A parent calls it less often.
    FewerCalls,
    /// Calls are one after the other that overlapped.
    Serial,
    /// Its self time is longer.
    Slower,
    /// Its self time is shorter.
    Faster,
}

impl ChangeKind {
    /// Returns its name in JSON: `failing`, `new`, `gone`, `repeated_calls`, `more_calls`, `fewer_calls`, `serial`,
    /// `slower` or `faster`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::New => "new",
            Self::Gone => "gone",
            Self::RepeatedCalls => "repeated_calls",
            Self::MoreCalls => "more_calls",
            Self::FewerCalls => "fewer_calls",
            Self::Serial => "serial",
            Self::Slower => "slower",
            Self::Faster => "faster",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Change {
    /// What has changed.
    pub kind: ChangeKind,
    /// The service, or an empty text.
    pub service: String,
    /// The name of the spans, with `*` for numbers and ids.
    pub name: String,
    /// The name of their parent, or an empty text.
    pub parent: String,
    /// How it was, for people.
    pub before: String,
    /// How it is, for people.
    pub after: String,
    /// The factor by which it has changed, where it is a number.
    pub factor: Option<f64>,
    /// How likely chance explains it; `None` for what is exact.
    pub chance: Option<f64>,
    /// How much time it changes in all runs of one set, in nanoseconds, as far as spans say.
    pub weight: u64,
}

/// The comparison of two sets of runs.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Diff {
    /// The differences: failures first, then by how much time they change.
    pub changes: Vec<Change>,
    /// Runs, traces and spans of each set.
    pub coverage: [(usize, usize, usize); 2],
    /// What the comparison could not judge.
    pub notes: Vec<String>,
}

/// Service, name and parent's name.
type Key = (String, String, String);

/// What is known of a name in one run.
#[derive(Clone, Debug, Default)]
struct Of {
    calls: usize,
    errors: usize,
    own: Vec<u64>,
    total: u64,
    /// For each parent, how many calls it has.
    by_parent: Vec<u64>,
    /// The most calls below one parent, one after the other.
    in_a_row: usize,
    /// Parents with several of these calls, and how many of them have two that overlap.
    with_several: usize,
    with_overlap: usize,
}

/// A set of runs.
#[derive(Debug, Default)]
struct Set {
    runs: Vec<FxHashMap<Key, Of>>,
    traces: usize,
    spans: usize,
}

/// Compares two sets of runs.
#[must_use]
pub fn diff(before: &[Recording], after: &[Recording]) -> Diff {
    let sets = [before, after].map(Set::new);
    let mut diff = Diff {
        coverage: [0, 1].map(|it: usize| (sets[it].runs.len(), sets[it].traces, sets[it].spans)),
        ..Diff::default()
    };
    let mut keys: Vec<&Key> = sets
        .iter()
        .flat_map(|set| &set.runs)
        .flat_map(FxHashMap::keys)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > MOST_NAMES {
        diff.notes.push(format!(
            "only {MOST_NAMES} of {} names are compared",
            keys.len()
        ));
        keys.truncate(MOST_NAMES);
    }
    if sets.iter().any(|set| set.spans == 0) {
        diff.notes
            .push("one side has no spans; nothing is compared".to_owned());
        return diff;
    }
    let mut times = Vec::new();
    for key in keys {
        let [before, after] = &sets;
        let (one, other) = (before.of(key), after.of(key));
        match presence(&sets, &one, &other) {
            Some(kind) => {
                // What is below a new name is new with it.
                let parent_has_same = |set: &Set| {
                    set.runs
                        .iter()
                        .flat_map(FxHashMap::keys)
                        .any(|it| it.0 == key.0 && it.1 == key.2)
                };
                let is_below = !key.2.is_empty()
                    && match kind {
                        ChangeKind::New => !parent_has_same(before),
                        _ => !parent_has_same(after),
                    };
                if !is_below {
                    diff.changes.push(change(
                        kind,
                        key,
                        calls_text(&one),
                        calls_text(&other),
                        &one,
                        &other,
                    ));
                }
            }
            None if !one.is_empty() && !other.is_empty() => {
                diff.changes.extend(exact(key, &one, &other));
                times.push(key);
            }
            None => {}
        }
    }
    diff.changes.extend(failing(&sets, &times, &mut diff.notes));
    diff.changes
        .extend(statistical(&sets, &times, &mut diff.notes));
    diff.changes.sort_by_key(|change| {
        let is_failing = change.kind == ChangeKind::Failing;
        (
            !is_failing,
            Reverse(change.weight),
            change.kind,
            change.name.clone(),
        )
    });
    let per_run = sets
        .each_ref()
        .map(|set| set.traces.div_ceil(set.runs.len().max(1)));
    let [least, most] =
        [per_run.iter().min(), per_run.iter().max()].map(|it| it.copied().unwrap_or(0));
    if most > least + least / 5 {
        diff.notes.push(format!(
            "unequal coverage: {} and {} traces a run; calls are compared by parent and times by call",
            per_run[0], per_run[1]
        ));
    }
    diff
}

impl Set {
    fn new(runs: &[Recording]) -> Self {
        let mut set = Self::default();
        for recording in runs {
            let forest = Forest::new(recording);
            set.traces += forest.traces().len();
            set.spans += recording.spans.len();
            set.runs.push(run(&forest));
        }
        set
    }

    /// What is known of a name, of each run that has it.
    fn of(&self, key: &Key) -> Vec<&Of> {
        self.runs.iter().filter_map(|run| run.get(key)).collect()
    }
}

fn run(forest: &Forest<'_>) -> FxHashMap<Key, Of> {
    let recording = forest.recording();
    let mut plain: FxHashMap<&str, String> = FxHashMap::default();
    let names: Vec<String> = recording
        .spans
        .iter()
        .map(|span| {
            plain
                .entry(&span.name)
                .or_insert_with(|| normalized(&span.name))
                .clone()
        })
        .collect();
    let key = |index: usize| {
        let parent = forest.parent(index).map(|parent| names[parent].clone());
        let service = recording.service(forest.span(index)).to_owned();
        (service, names[index].clone(), parent.unwrap_or_default())
    };
    let mut run: FxHashMap<Key, Of> = FxHashMap::default();
    for index in 0..recording.spans.len() {
        let span = forest.span(index);
        let of = run.entry(key(index)).or_default();
        of.calls += 1;
        of.errors += usize::from(span.is_error());
        of.own.push(forest.self_time(index));
        of.total = of.total.saturating_add(span.duration());
        let mut siblings: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for child in forest.children(index) {
            siblings.entry(key(*child)).or_default().push(*child);
        }
        for (key, siblings) in siblings {
            let of = run.entry(key).or_default();
            of.by_parent.push(siblings.len() as u64);
            let (mut in_a_row, mut until, mut overlaps) = (0, 0, false);
            for sibling in &siblings {
                let span = forest.span(*sibling);
                let follows = span.start >= until;
                overlaps |= !follows;
                in_a_row += usize::from(follows);
                until = span.end.max(until);
            }
            of.in_a_row = of.in_a_row.max(in_a_row);
            of.with_several += usize::from(siblings.len() > 1);
            of.with_overlap += usize::from(overlaps);
        }
    }
    run
}

/// Whether a name is in at least half of the runs of one set and in none of the other.
fn presence(sets: &[Set; 2], before: &[&Of], after: &[&Of]) -> Option<ChangeKind> {
    let has = |of: &[&Of]| of.iter().filter(|of| of.calls > 0).count();
    let is_common = |runs: usize, set: &Set| runs > 0 && runs * 2 >= set.runs.len();
    match (has(before), has(after)) {
        (0, runs) if is_common(runs, &sets[1]) => Some(ChangeKind::New),
        (runs, 0) if is_common(runs, &sets[0]) => Some(ChangeKind::Gone),
        _ => None,
    }
}

fn change(
    kind: ChangeKind,
    key: &Key,
    before: String,
    after: String,
    one: &[&Of],
    other: &[&Of],
) -> Change {
    let time = |of: &[&Of]| of.iter().map(|of| of.total).fold(0, u64::saturating_add);
    Change {
        kind,
        service: key.0.clone(),
        name: key.1.clone(),
        parent: key.2.clone(),
        before,
        after,
        factor: None,
        chance: None,
        weight: time(one).abs_diff(time(other)),
    }
}

fn calls_text(of: &[&Of]) -> String {
    match of.iter().map(|of| of.calls).sum::<usize>() {
        0 => "none".to_owned(),
        1 => "1 call".to_owned(),
        calls => format!("{calls} calls"),
    }
}

/// Names that fail more often than chance explains.
fn failing(sets: &[Set; 2], keys: &[&Key], notes: &mut Vec<String>) -> Vec<Change> {
    let of = |key: &Key| sets.each_ref().map(|set| set.of(key));
    let count = |of: &[&Of]| {
        let errors: usize = of.iter().map(|of| of.errors).sum();
        (errors, of.iter().map(|of| of.calls).sum::<usize>())
    };
    let rate = |(errors, calls): (usize, usize)| ratio(errors as u64, calls.max(1) as u64);
    let failed = keys.iter().filter_map(|key| {
        let of = of(key);
        let counts = of.each_ref().map(|of| count(of));
        (rate(counts[1]) > rate(counts[0])).then_some((key, of, counts))
    });
    let failed: Vec<_> = failed.collect();
    let most = CHANCE_OF_FAILURES / as_f64(failed.len().max(1));
    let mut changes = Vec::new();
    for (key, [before, after], counts) in &failed {
        let chance = if before.len() >= RUNS && after.len() >= RUNS {
            // Failures of one run often have one cause, so a run is one sample.
            let rates = [before, after].map(|of| {
                let rates = of.iter().map(|of| rate((of.errors, of.calls)));
                rates.collect::<Vec<f64>>()
            });
            mann_whitney(&rates[0], &rates[1])
        } else {
            fisher(counts[0], counts[1])
        };
        let [was, is] = counts.map(|(errors, calls)| format!("{errors} of {calls} failed"));
        let is_plain = counts[0].0 == 0 && rate(counts[1]) >= 0.5;
        if chance <= most || is_plain {
            let mut found = change(ChangeKind::Failing, key, was, is, before, after);
            found.chance = (!is_plain).then_some(chance);
            changes.push(found);
        } else if counts[0].0 == 0 {
            let name = &key.1;
            notes.push(format!(
                "{name}: {is}, and none before, which may be chance"
            ));
        }
    }
    changes
}

/// What holds in every run of one set, and in none of the other.
fn exact(key: &Key, before: &[&Of], after: &[&Of]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |kind, one: String, other: String, factor| {
        let mut found = change(kind, key, one, other, before, after);
        found.factor = factor;
        changes.push(found);
    };
    let [was, is] = [before, after].map(|of| of.iter().map(|of| of.in_a_row).fold(0, usize::max));
    let ranges = [before, after].map(calls_of_parents);
    let apart = |[one, other]: &[(f64, f64); 2]| other.0 > one.1 || other.1 < one.0;
    if let [Some(one), Some(other)] = ranges
        && apart(&[one, other])
    {
        let text = |(least, most): (f64, f64)| {
            if least.total_cmp(&most).is_eq() {
                format!("{} for each parent", number(least))
            } else {
                format!("{} to {} for each parent", number(least), number(most))
            }
        };
        let kind = match other.0 > one.1 {
            true if is >= LOOP && is > was => ChangeKind::RepeatedCalls,
            true => ChangeKind::MoreCalls,
            false => ChangeKind::FewerCalls,
        };
        let middle = |(least, most): (f64, f64)| f64::midpoint(least, most);
        add(
            kind,
            text(one),
            text(other),
            Some(middle(other) / middle(one)),
        );
    }
    let [was, is] = [before, after].map(|of| {
        let several: usize = of.iter().map(|of| of.with_several).sum();
        let overlap: usize = of.iter().map(|of| of.with_overlap).sum();
        (several > 0).then(|| ratio(overlap as u64, several as u64))
    });
    if let (Some(was), Some(is)) = (was, is)
        && was >= 0.9
        && is <= 0.1
    {
        add(
            ChangeKind::Serial,
            "parallel".to_owned(),
            "one after the other".to_owned(),
            None,
        );
    }
    changes
}

/// The range of calls for each parent: of the runs' means if there are enough runs, else of all parents.
fn calls_of_parents(of: &[&Of]) -> Option<(f64, f64)> {
    let mean = |counts: &[u64]| {
        let sum: u64 = counts.iter().sum();
        ratio(sum, counts.len().max(1) as u64)
    };
    let values: Vec<f64> = if of.len() >= RUNS {
        let of = of.iter().filter(|of| !of.by_parent.is_empty());
        of.map(|of| mean(&of.by_parent)).collect()
    } else {
        of.iter()
            .flat_map(|of| &of.by_parent)
            .map(|calls| as_f64_of(*calls))
            .collect()
    };
    let least = values.iter().copied().reduce(f64::min)?;
    let most = values.iter().copied().reduce(f64::max)?;
    Some((least, most))
}

/// Names whose self time has changed by more than chance explains.
fn statistical(sets: &[Set; 2], keys: &[&Key], notes: &mut Vec<String>) -> Vec<Change> {
    let own = |set: &Set, key: &Key| -> u64 {
        let all = set.of(key).into_iter().flat_map(|of| &of.own);
        all.copied().fold(0, u64::saturating_add)
    };
    let totals = sets.each_ref().map(|set| {
        keys.iter()
            .map(|key| own(set, key))
            .fold(0, u64::saturating_add)
            .max(1)
    });
    // A name is one row, wherever it is called from: what is slower is the function.
    let mut names: BTreeMap<(&str, &str), Vec<&Key>> = BTreeMap::new();
    for key in keys {
        names.entry((&key.0, &key.1)).or_default().push(key);
    }
    let of_name = |set: &Set, keys: &[&Key]| {
        let own = keys.iter().map(|key| own(set, key));
        own.fold(0, u64::saturating_add)
    };
    let mut tested = Vec::new();
    let mut too_few = 0;
    for keys in names.into_values() {
        let share = |at: usize| ratio(of_name(&sets[at], &keys), totals[at]);
        if share(0) < LEAST_SHARE && share(1) < LEAST_SHARE {
            continue;
        }
        match compared(sets, &keys) {
            Some(compared) => tested.push((keys, compared)),
            None => too_few += 1,
        }
    }
    if too_few > 0 {
        notes.push(format!(
            "the times of {too_few} names are not compared: expected {TIMED_RUNS} runs or {CALLS} calls on both sides, found fewer"
        ));
    }
    // The least likely one is judged as one of all, the next one as one of the others, and so on (Holm's method).
    tested.sort_by(|one, other| one.1.chance.total_cmp(&other.1.chance));
    let mut changes = Vec::new();
    let many = tested.len();
    for (rank, (keys, compared)) in tested.into_iter().enumerate() {
        if compared.chance * as_f64(many - rank) > CHANCE {
            break;
        }
        let factor = compared.after / compared.before.max(1.0);
        if (factor - 1.0).abs() < compared.least_change {
            continue;
        }
        let kind = if factor > 1.0 {
            ChangeKind::Slower
        } else {
            ChangeKind::Faster
        };
        changes.push(Change {
            kind,
            service: keys[0].0.clone(),
            name: keys[0].1.clone(),
            parent: match &*keys {
                [key] => key.2.clone(),
                _ => String::new(),
            },
            before: duration(rounded(compared.before)),
            after: duration(rounded(compared.after)),
            factor: Some(factor),
            chance: Some((compared.chance * as_f64(many)).min(1.0)),
            weight: of_name(&sets[0], &keys).abs_diff(of_name(&sets[1], &keys)),
        });
    }
    changes
}

/// Two middle times, and how likely chance explains their difference.
struct Compared {
    before: f64,
    after: f64,
    chance: f64,
    least_change: f64,
}

/// Compares the self times of a name. Those below each parent are divided by what is typical there, so it does not matter
/// how often each parent calls it.
fn compared(sets: &[Set; 2], keys: &[&Key]) -> Option<Compared> {
    let are_runs = sets.iter().all(|set| set.runs.len() >= TIMED_RUNS);
    // The lower quartile of a run: what else the machine did makes times longer, never shorter.
    let of_run = |of: &Of| {
        let mut own = of.own.clone();
        own.sort_unstable();
        as_f64_of(percentile(&own, 25))
    };
    let of_call = |own: &u64| as_f64_of(*own);
    let typical: Vec<(&Key, f64)> = keys
        .iter()
        .map(|key| {
            let all = sets.iter().flat_map(|set| set.of(key));
            let values = if are_runs {
                all.map(of_run).collect()
            } else {
                all.flat_map(|of| of.own.iter().map(of_call)).collect()
            };
            (*key, middle(values))
        })
        .filter(|(_, typical)| *typical > 0.0)
        .collect();
    let [before, after] = sets.each_ref().map(|set| -> Vec<f64> {
        if are_runs {
            let runs = set.runs.iter().map(|run| {
                let there = typical
                    .iter()
                    .filter_map(|(key, typical)| Some((run.get(*key)?, typical)));
                there.fold((0.0, 0.0), |(sum, of), (it, typical)| {
                    (sum + of_run(it), of + typical)
                })
            });
            runs.filter(|(_, of)| *of > 0.0)
                .map(|(sum, of)| sum / of)
                .collect()
        } else {
            let calls = typical.iter().flat_map(|(key, typical)| {
                let own = set.of(key).into_iter().flat_map(|of| &of.own);
                own.map(move |own| of_call(own) / typical)
            });
            calls.collect()
        }
    });
    let enough = if are_runs { TIMED_RUNS } else { CALLS };
    if before.len() < enough || after.len() < enough {
        return None;
    }
    let chance = if are_runs && before.len() == after.len() {
        // Runs in turns share what the machine did at the time.
        signed_ranks(&before, &after)
    } else {
        mann_whitney(&before, &after)
    };
    let whole: f64 = typical.iter().map(|(_, typical)| typical).sum();
    Some(Compared {
        before: middle(before) * whole,
        after: middle(after) * whole,
        chance,
        least_change: if are_runs {
            LEAST_CHANGE
        } else {
            LEAST_CHANGE_OF_CALLS
        },
    })
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn ratio(part: u64, whole: u64) -> f64 {
    as_f64_of(part) / as_f64_of(whole)
}

fn as_f64(count: usize) -> f64 {
    as_f64_of(count as u64)
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
const fn as_f64_of(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and saturates"
)]
const fn rounded(number: f64) -> u64 {
    number as u64
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_in_names_are_equal() {
        for (name, plain) in [
            ("GET /orders/4711", "GET /orders/*"),
            ("job 5b8efff7-9803-8103-d269-b633813fc60c", "job *"),
            ("chunk-17 of 20", "chunk-17 of *"),
            ("h2 md5 utf8", "h2 md5 utf8"),
            ("deadbeef decade", "deadbeef decade"),
            ("load 0042_a", "load *_a"),
            ("", ""),
        ] {
            assert_eq!(normalized(name), plain);
        }
    }
}
