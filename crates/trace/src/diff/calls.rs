//! Which calls there are, how often, how they are ordered, and whether they fail.

use super::runs::{Calls, Key, Sets};
use super::statistics::{counts, fisher, unlikely};
use super::{Change, ChangeKind, Diff, Tested, as_f64, change, number, weight};

/// How likely chance may explain a new name, or one that is gone.
const CHANCE_OF_PRESENCE: f64 = 0.001;
/// How likely chance may explain any of the failures.
const CHANCE_OF_FAILURES: f64 = 0.005;
/// How likely chance may explain any of the numbers of calls.
const CHANCE_OF_COUNTS: f64 = 0.002;
/// The least change of the part of calls that fail, where chance does not explain it.
const LEAST_FAILURES: f64 = 0.005;
/// The least change of the calls for each parent, and the least factor.
const LEAST_CALLS: f64 = 0.05;
const LEAST_FACTOR: f64 = 1.05;
/// So many equal calls below one parent, one after the other, are a loop.
const LOOP: usize = 5;
/// The most names of a note.
const NAMED: usize = 5;

/// Finds names of one side only, and returns those of both.
pub(super) fn present(sets: &Sets, keys: &[Key], diff: &mut Diff) -> Vec<Key> {
    let mut common = Vec::new();
    let mut rare = Vec::new();
    for key in keys.iter().copied() {
        let runs = [0, 1].map(|side| sets.calls(side, key).count());
        let (here, kind) = match runs {
            [0, _] => (1, ChangeKind::New),
            [_, 0] => (0, ChangeKind::Gone),
            _ => {
                common.push(key);
                continue;
            }
        };
        let parents = [1 - here, here].map(|side| sets.parents(side, key));
        // What is below a new name is new with it.
        if runs[here] * 2 < sets.runs[here].len() || key.1.is_some() && parents[0] == 0 {
            continue;
        }
        let by_parent = |run: &super::runs::Run| run.by_parent(key);
        let having = match key.1 {
            Some(_) => {
                let counts = sets.runs[here].iter().flat_map(by_parent);
                counts.filter(|count| *count > 0.0).count()
            }
            None => sum(sets, here, key, |calls| calls.failed.len()).min(parents[1]),
        };
        if having == parents[1]
            || fisher((0, parents[0]), (having, parents[1])) <= CHANCE_OF_PRESENCE
        {
            let [before, after] =
                [0, 1].map(
                    |side| match sum(sets, side, key, |calls| calls.failed.len()) {
                        0 => "none".to_owned(),
                        1 => "1 call".to_owned(),
                        calls => format!("{calls} calls"),
                    },
                );
            diff.changes.push(change(sets, &[key], kind, before, after));
        } else {
            rare.push(&*sets.names[key.0].name);
        }
    }
    if !rare.is_empty() {
        let more = rare.len().saturating_sub(NAMED);
        rare.truncate(NAMED);
        diff.notes.push(format!(
            "on one side only, which may be chance, as they are rare: {}{}",
            rare.join(", "),
            if more > 0 {
                format!(" and {more} others")
            } else {
                String::new()
            }
        ));
    }
    common
}

/// Finds parents that make more or fewer calls, and calls that are no longer parallel.
pub(super) fn counted(sets: &Sets, keys: &[Key], are_runs: bool, changes: &mut Vec<Change>) {
    let mut tests = Vec::new();
    for key in keys.iter().copied() {
        changes.extend(serial(sets, keys, key));
        if key.1.is_none() || [0, 1].iter().any(|side| sets.parents(*side, key) == 0) {
            continue;
        }
        let sides = [0, 1].map(|side| {
            let runs = sets.runs[side].iter();
            runs.map(|run| run.by_parent(key)).collect::<Vec<_>>()
        });
        let [one, other] = sides.each_ref().map(|runs| range(runs));
        let is_exact = one.is_constant() && other.is_constant();
        if is_exact && (other.mean - one.mean).abs() < LEAST_CALLS {
            continue;
        }
        let in_a_row = [0, 1].map(|side| {
            let rows = sets.calls(side, key).map(|calls| calls.in_a_row);
            rows.max().unwrap_or_default()
        });
        let kind = match other.mean > one.mean {
            true if in_a_row[1] >= LOOP && in_a_row[1] > in_a_row[0] => ChangeKind::RepeatedCalls,
            true => ChangeKind::MoreCalls,
            false => ChangeKind::FewerCalls,
        };
        let text = |side: &Range| format!("{} for each parent", number(side.mean));
        let mut found = change(sets, &[key], kind, text(&one), text(&other));
        let factor = other.mean / one.mean;
        found.factor = Some(factor);
        if is_exact {
            changes.push(found);
            continue;
        }
        let is_enough = (other.mean - one.mean).abs() >= LEAST_CALLS
            && factor.max(factor.recip()) >= LEAST_FACTOR;
        let tested = Tested { found, is_enough };
        tests.push((1.0, counts([&sides[0], &sides[1]], are_runs), tested));
    }
    changes.extend(Tested::changes(unlikely(tests, CHANCE_OF_COUNTS)));
}

/// Finds names that fail more often.
pub(super) fn failing(sets: &Sets, keys: &[Key], are_runs: bool, diff: &mut Diff) {
    let mut tests = Vec::new();
    for key in keys.iter().copied() {
        let sides = [0, 1].map(|side| {
            let runs = sets.calls(side, key);
            runs.map(|calls| calls.failed.clone()).collect::<Vec<_>>()
        });
        let [one, other] = sides.each_ref().map(|runs| range(runs));
        if other.mean <= one.mean {
            continue;
        }
        let text = |side: &Range| format!("{} of {} failed", number(side.sum), side.values);
        let found = change(sets, &[key], ChangeKind::Failing, text(&one), text(&other));
        if one.most <= 0.0 && other.mean >= 0.5 {
            diff.changes.push(found);
            continue;
        }
        let tested = Tested {
            found,
            is_enough: other.mean - one.mean >= LEAST_FAILURES,
        };
        // Only more failures are looked for, so chance is half of what it is in both directions.
        let chance = counts([&sides[0], &sides[1]], are_runs) / 2.0;
        tests.push((1.0, chance, tested));
    }
    let new: Vec<(String, String)> = tests
        .iter()
        .filter(|test| test.2.found.before.starts_with("0 of"))
        .map(|test| (test.2.found.name.clone(), test.2.found.after.clone()))
        .collect();
    let changes: Vec<Change> = Tested::changes(unlikely(tests, CHANCE_OF_FAILURES)).collect();
    for (name, is) in new {
        if !changes.iter().any(|it| it.name == name && it.after == is) {
            diff.notes.push(format!(
                "{name}: {is}, and none before, which may be chance"
            ));
        }
    }
    diff.changes.extend(changes);
}

/// What numbers there are.
struct Range {
    least: f64,
    most: f64,
    sum: f64,
    values: usize,
    mean: f64,
}

impl Range {
    fn is_constant(&self) -> bool {
        self.least.total_cmp(&self.most).is_eq()
    }
}

fn range(runs: &[Vec<f64>]) -> Range {
    let values = || runs.iter().flatten().copied();
    let (sum, count) = (values().sum::<f64>(), values().count());
    Range {
        least: values().fold(f64::INFINITY, f64::min),
        most: values().fold(0.0, f64::max),
        sum,
        values: count,
        mean: sum / as_f64(count.max(1)),
    }
}

fn sum(sets: &Sets, side: usize, key: Key, of: fn(&Calls) -> usize) -> usize {
    sets.calls(side, key).map(of).sum()
}

/// Calls that used to overlap.
fn serial(sets: &Sets, keys: &[Key], key: Key) -> Option<Change> {
    let [was, is] = [0, 1].map(|side| {
        let several = sum(sets, side, key, |calls| calls.with_several);
        let overlap = sum(sets, side, key, |calls| calls.with_overlap);
        (several > 0).then(|| as_f64(overlap) / as_f64(several))
    });
    (was? >= 0.9 && is? <= 0.1).then(|| {
        let [before, after] = ["parallel", "one after the other"].map(str::to_owned);
        let mut found = change(sets, &[key], ChangeKind::Serial, before, after);
        // The calls take as long as before; their parents take longer.
        let parents = keys.iter().copied().filter(|it| Some(it.0) == key.1);
        found.weight = weight(sets, &parents.collect::<Vec<_>>(), |calls| calls.total);
        found
    })
}
